"""The meaning of database errors, read from their codes rather than their messages."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Constraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from models.base import Base

#: PostgreSQL: serialization failure, deadlock, lock not available. MariaDB and MySQL: deadlock,
#: lock wait timeout, row changed since it was read.
_CONFLICTS = ("40001", "40P01", "55P03", 1213, 1205, 1020)
#: SQLITE_BUSY and SQLITE_LOCKED.
_CONFLICTS_SQLITE = (5, 6)

_UNIQUE = ("23505", 1062, 1586, "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
_REFERENCE = ("23503", 1216, 1217, 1451, 1452, "SQLITE_CONSTRAINT_FOREIGNKEY")
_CHECK = ("23514", 3819, 4025, "SQLITE_CONSTRAINT_CHECK")

#: A statement ran longer than allowed.
_TIMED_OUT = ("57014", 1969, 3024, "SQLITE_INTERRUPT")

#: Classes of SQLSTATE: connection exception, insufficient resources, operator intervention.
_UNREACHABLE_CLASSES = ("08", "53", "57")
#: A canceled query is in the class of operator intervention, but the server did answer.
_QUERY_CANCELED = "57014"
#: The same errors of MariaDB and MySQL, from the client and from the server.
_UNREACHABLE_MYSQL = (1040, 1053, 2002, 2003, 2006, 2013, 2014)


@dataclass(frozen=True)
class Violation:
    """A constraint that a write violated."""

    is_unique: bool
    is_reference: bool
    #: The constraint's table and columns; empty if the error does not identify the constraint.
    table: str = ""
    columns: tuple[str, ...] = ()


def is_write_conflict(error: DBAPIError) -> bool:
    """Whether a write conflicted with another transaction, so that a retry may succeed."""
    driver = _driver_error(error)
    # An extended result code of SQLite has the primary code in its lowest byte.
    is_busy = (getattr(driver, "sqlite_errorcode", None) or 0) & 0xFF in _CONFLICTS_SQLITE
    return is_busy or bool(_error_codes(error).intersection(_CONFLICTS))


def is_timeout(error: BaseException) -> bool:
    """Whether a statement ran longer than allowed."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    return bool(_error_codes(error).intersection(_TIMED_OUT))


def is_connection_lost(error: BaseException) -> bool:
    """Whether the connection died, before or during the statement. Another one may work."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def is_unreachable(error: BaseException) -> bool:
    """Whether the server could not be reached, or could not take the statement."""
    if isinstance(error, (PoolTimeout, OSError)):
        return True
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    return (
        error.connection_invalidated
        or (state.startswith(_UNREACHABLE_CLASSES) and state != _QUERY_CANCELED)
        or bool(_error_codes(error).intersection(_UNREACHABLE_MYSQL))
    )


def constraint_violation(error: DBAPIError) -> Violation | None:
    """Return the constraint that a write violated, or None for any other error."""
    codes = _error_codes(error)
    is_unique, is_reference, is_check = (
        bool(codes.intersection(kind)) for kind in (_UNIQUE, _REFERENCE, _CHECK)
    )
    if not (is_unique or is_reference or is_check):
        return None
    constraint = _named_constraint(error) or _primary_key(error)
    if constraint is None:
        return Violation(is_unique, is_reference)
    columns = tuple(column.name for column in constraint.columns)
    return Violation(is_unique, is_reference, constraint.table.name, columns)


def is_unique_violation(error: DBAPIError) -> bool:
    """Whether a write violated a unique constraint: another row has the value."""
    return bool(_error_codes(error).intersection(_UNIQUE))


def _driver_error(error: DBAPIError) -> Any:
    """Return the driver's error, or the one that SQLAlchemy raises in place of one."""
    try:
        return error.driver_exception or error.orig
    except ValueError:
        return error.orig


def _error_codes(error: DBAPIError) -> set[Any]:
    """Return an error's SQLSTATE, MariaDB's or MySQL's number, and SQLite's error name, if any."""
    driver = _driver_error(error)
    codes = {getattr(driver, "sqlstate", None), getattr(driver, "sqlite_errorname", None)}
    # The drivers of PostgreSQL and SQLite have the message as the first argument.
    number = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return codes | {number} if isinstance(number, int) else codes


def _named_constraint(error: DBAPIError) -> Any:
    """Return the constraint that an error names, or None.

    asyncpg gives the name as an attribute. The other drivers have it only in the message, which
    is searched for the names of our constraints; SQLite's message lists the columns instead.
    """
    driver = _driver_error(error)
    name = getattr(driver, "constraint_name", None)
    if name is not None:
        return _constraints_by_name().get(name)
    message = _message(driver)
    for name, constraint in _constraints_by_name().items():
        columns = ", ".join(
            f"{constraint.table.name}.{column.name}" for column in constraint.columns
        )
        if _quotes(message, name) or message.endswith(f": {columns}"):
            return constraint
    return None


def _primary_key(error: DBAPIError) -> Any:
    """Return the primary key of the table that the failed INSERT names, or None.

    MariaDB calls every table's primary key PRIMARY.
    """
    insert = re.match(r"INSERT INTO (\w+) ", error.statement or "")
    if insert is None or not _quotes(_message(error.orig), "PRIMARY"):
        return None
    return Base.metadata.tables[insert[1]].primary_key


def _message(driver: Any) -> str:
    return next((part for part in reversed(driver.args) if isinstance(part, str)), "")


def _quotes(message: str, name: str) -> bool:
    """Whether a message has a name in quotes. MySQL puts the table and a dot before it."""
    return re.search(rf"['`.]{name}['`]", message) is not None


@cache
def _constraints_by_name() -> dict[str, Any]:
    named: dict[str, Constraint] = {}
    kinds = (UniqueConstraint, PrimaryKeyConstraint, ForeignKeyConstraint)
    for table in Base.metadata.tables.values():
        for constraint in table.constraints:
            if isinstance(constraint, kinds):
                named[str(constraint.name)] = constraint
    return named
