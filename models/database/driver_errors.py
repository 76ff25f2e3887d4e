"""What the database said when it refused something: told by its codes, never by its words."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Constraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from models.base import Base

#: Serialization failure, deadlock, lock not available; on MariaDB and MySQL deadlock, lock wait
#: timeout, row changed since it was read.
_COLLISIONS = ("40001", "40P01", "55P03", 1213, 1205, 1020)
#: SQLite: busy, locked.
_COLLISIONS_SQLITE = (5, 6)

_UNIQUE = ("23505", 1062, 1586, "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
_REFERENCE = ("23503", 1216, 1217, 1451, 1452, "SQLITE_CONSTRAINT_FOREIGNKEY")
_CHECK = ("23514", 3819, 4025, "SQLITE_CONSTRAINT_CHECK")


@dataclass(frozen=True)
class Violation:
    """A constraint that a write would have violated."""

    is_unique: bool
    is_reference: bool
    #: Where the driver names the constraint: its table and columns.
    table: str = ""
    columns: tuple[str, ...] = ()


def codes_of(error: DBAPIError) -> set[Any]:
    """What the driver calls an error: by SQLSTATE, by the server's number, by SQLite's name."""
    driver: Any = error.driver_exception or error.orig
    number = error.orig.args[0] if error.orig is not None and error.orig.args else None
    codes = {getattr(driver, "sqlstate", None), getattr(driver, "sqlite_errorname", None)}
    # PostgreSQL's and SQLite's drivers have the message there.
    return codes | {number} if isinstance(number, int) else codes


def is_write_conflict(error: DBAPIError) -> bool:
    """Whether a write met another one, and may well succeed when it is done again."""
    driver: Any = error.driver_exception or error.orig
    # SQLite's codes have what kind of busy it is above the lowest byte.
    is_busy = (getattr(driver, "sqlite_errorcode", None) or 0) & 0xFF in _COLLISIONS_SQLITE
    return is_busy or bool(codes_of(error).intersection(_COLLISIONS))


def constraint_violation(error: DBAPIError) -> Violation | None:
    """The constraint that a write would have violated; null for any other error."""
    driver: Any = error.driver_exception or error.orig
    codes = codes_of(error)
    kinds = [bool(codes.intersection(kind)) for kind in (_UNIQUE, _REFERENCE, _CHECK)]
    if not any(kinds):
        return None
    constraint = _named(driver) or _primary_key(error)
    if constraint is None:
        return Violation(kinds[0], kinds[1])
    columns = tuple(column.name for column in constraint.columns)
    return Violation(kinds[0], kinds[1], constraint.table.name, columns)


def _named(driver: Any) -> Any:
    """The constraint of ours that an error names.

    asyncpg has the name apart. SQLite's and MariaDB's drivers have it in the message alone, and
    SQLite's names the columns: there the names of our own constraints are looked for.
    """
    name = getattr(driver, "constraint_name", None)
    if name is not None:
        return _constraints().get(name)
    message = _message(driver)
    for name, constraint in _constraints().items():
        columns = ", ".join(
            f"{constraint.table.name}.{column.name}" for column in constraint.columns
        )
        if _cites(message, name) or message.endswith(f": {columns}"):
            return constraint
    return None


def _message(driver: Any) -> str:
    return next((part for part in reversed(driver.args) if isinstance(part, str)), "")


def _cites(message: str, name: str) -> bool:
    """Whether a message names a constraint: in quotes, after its table's name on MySQL."""
    return re.search(rf"['`.]{name}['`]", message) is not None


def _primary_key(error: DBAPIError) -> Any:
    """The key of the table that a statement of ours inserts into.

    MariaDB calls each table's primary key PRIMARY.
    """
    into = re.match(r"INSERT INTO (\w+) ", error.statement or "")
    if into is None or not _cites(_message(error.orig), "PRIMARY"):
        return None
    return Base.metadata.tables[into[1]].primary_key


@cache
def _constraints() -> dict[str, Any]:
    """The constraints by name."""
    named: dict[str, Constraint] = {}
    kinds = (UniqueConstraint, PrimaryKeyConstraint, ForeignKeyConstraint)
    for table in Base.metadata.tables.values():
        for constraint in table.constraints:
            if isinstance(constraint, kinds):
                named[str(constraint.name)] = constraint
    return named


#: Classes of SQLSTATE: connection exception, insufficient resources, operator intervention.
_OUT_OF_REACH = ("08", "53", "57")
#: MySQL's and MariaDB's errors of the same meaning, from the client and from the server.
_OUT_OF_REACH_MYSQL = (1040, 1053, 2002, 2003, 2006, 2013, 2014)
_QUERY_CANCELED = "57014"


#: A statement that took longer than allowed, as each database says it.
_TIMED_OUT = ("57014", 1969, 3024, "SQLITE_INTERRUPT")


def is_timeout(error: BaseException) -> bool:
    """Whether an error says that a statement took longer than it may."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    return bool(codes_of(error).intersection(_TIMED_OUT))


def is_connection_lost(error: BaseException) -> bool:
    """Whether a connection was found dead that the pool had kept: another one will do."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def is_unreachable(error: BaseException) -> bool:
    """Whether an error says that the server gave no answer, rather than what it answered."""
    if isinstance(error, (PoolTimeout, OSError)):
        return True
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    return (
        error.connection_invalidated
        or (state.startswith(_OUT_OF_REACH) and state != _QUERY_CANCELED)
        or bool(codes_of(error).intersection(_OUT_OF_REACH_MYSQL))
    )
