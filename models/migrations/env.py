"""Alembic's entry: runs the migrations on the connection that `models.migrations` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import String

from models import Base
from models.columns import types
from models.migrations import VERSION_TABLE, is_described

NAMED = {
    repr(make()): f"types.{make.__name__}()"
    for make in (
        types.uuid_type,
        types.timestamp,
        types.long_text,
        types.json_type,
        types.big_integer,
    )
}


def render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Writes a column's type in a new migration by our own name for it."""
    if kind != "type":
        return False
    if isinstance(item, types.OrderedEnum):
        return "sa.SmallInteger()"
    name = f"types.line({item.length})" if type(item) is String else NAMED.get(repr(item), "")
    if name:
        autogen.imports.add("from models.columns import types")
    return name or False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    render_item=render,
    include_object=is_described,
    # SQLite alters a table by making it anew.
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
