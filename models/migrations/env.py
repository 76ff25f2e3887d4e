"""Alembic's entry point: runs migrations on the connection that `models.migrations` passes."""

from alembic import context

from models import Base
from models.migrations import VERSION_TABLE, is_described, render_type

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    render_item=render_type,
    include_object=is_described,
    # SQLite cannot alter most parts of a table, so migrations copy the table instead.
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
