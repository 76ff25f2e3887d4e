"""The database's plans of statements, without the values of their parameters."""

import logging
import re
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy.exc import SQLAlchemyError

from models.database import Database

#: A text or a number in a condition. Digits within names and `$1` are neither.
VALUE = re.compile(
    r"'(?:[^']|'')*'(?:::\w+(?:\[\])?)?|0x[0-9a-fA-F]+|(?<![\w$.])-?\d+(?:\.\d+)?(?![\w.])"
)
#: The keys of PostgreSQL's plans whose texts are names or words, and no conditions.
NAMES = frozenset({
    "Node Type", "Parent Relationship", "Relation Name", "Schema", "Alias", "Index Name",
    "Join Type", "Strategy", "Partial Mode", "Scan Direction", "CTE Name", "Subplan Name",
    "Command", "Operation", "Function Name",
})  # fmt: skip
#: The columns of MariaDB's plans, which have no values.
COLUMNS = (
    "id", "selectType", "table", "type", "possibleKeys", "key", "keyLength", "ref", "rows", "extra",
)  # fmt: skip
PREFIXES = {
    "postgresql": "EXPLAIN (FORMAT JSON) ",
    "sqlite": "EXPLAIN QUERY PLAN ",
    # Its plans as JSON have texts that are no valid JSON.
    "mysql": "EXPLAIN ",
}

logger = logging.getLogger("taskloom.trace")


async def explain(database: Database, sql: str, parameters: Any) -> Any:
    """Return how the database executes a SELECT statement; None if it is none, or it cannot say."""
    if not sql.lstrip().upper().startswith(("SELECT", "WITH", "(")):
        return None
    statement = PREFIXES[database.kind] + sql
    try:
        rows = await database.fetch_rows(statement, parameters)
    except SQLAlchemyError:
        # Such as for a statement that locks rows, which connections for reads must not.
        return None
    try:
        return _readable(database, rows)
    except (KeyError, IndexError, ValueError) as error:
        logger.warning("the database's plan cannot be read: %r", error)
        return None


def _readable(database: Database, rows: Sequence[Any]) -> Any:
    if database.kind == "sqlite":
        return [{"id": row[0], "parent": row[1], "detail": row[3]} for row in rows]
    if database.kind == "mysql":
        return [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    found = rows[0][0]
    plan = orjson.loads(found) if isinstance(found, str | bytes) else found
    return redact(plan)


def redact(plan: Any, key: str = "") -> Any:
    """Replace the values of parameters in a plan by question marks."""
    if isinstance(plan, dict):
        return {name: redact(value, name) for name, value in plan.items()}
    if isinstance(plan, list):
        return [redact(value, key) for value in plan]
    if isinstance(plan, str) and key not in NAMES:
        return VALUE.sub("?", plan)
    return plan
