"""Alembic's entry point: runs migrations on the connection that `models.migrations` provides."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Boolean, DefaultClause, String
from sqlalchemy.types import TypeEngine

from models import Base
from models.columns import types
from models.migrations import VERSION_TABLE, is_described


def signature(item: TypeEngine[Any]) -> str:
    """Return a text that is equal for equal types, including their variants per database."""
    return f"{item!r} {dict(item._variant_mapping)!r}"


NAMED_TYPES = {
    signature(make()): f"types.{make.__name__}()"
    for make in (
        types.uuid_type,
        types.timestamp,
        types.long_text,
        types.json_type,
        types.big_integer,
        types.sha256_type,
    )
}


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Render a column type or default in a generated migration; False for Alembic's rendering."""
    if kind == "type":
        name = type_name(item)
        if name and name.startswith("types."):
            autogen.imports.add("from models.columns import types")
        return name or False
    if kind == "server_default" and isinstance(item, DefaultClause):
        return boolean_default(item)
    return False


def type_name(item: TypeEngine[Any]) -> str | None:
    """Return the expression for one of our column types, or None for any other type."""
    if isinstance(item, types.OrderedEnum):
        return "sa.SmallInteger()"
    length = item.length if isinstance(item, String) else None
    if length and signature(item) == signature(types.short_text(length)):
        return f"types.short_text({length})"
    return NAMED_TYPES.get(signature(item))


def boolean_default(default: DefaultClause) -> str | Literal[False]:
    """Render the default of a boolean column, which SQLite would render as 0 or 1."""
    column = default.column
    if column is None or not isinstance(column.type, Boolean):
        return False
    text = str(default.arg).strip("()").lower()
    return {"0": "sa.false()", "false": "sa.false()", "1": "sa.true()", "true": "sa.true()"}.get(
        text, False
    )


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes.get("metadata", Base.metadata),
    version_table=VERSION_TABLE,
    render_item=render_item,
    include_object=is_described,
    compare_server_default=True,
    # SQLite needs batch mode to alter a table. The other databases run it as plain ALTER TABLE.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
