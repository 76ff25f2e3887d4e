"""Generates the next migration from the difference between the models and the newest migration.

All migrations run on an empty SQLite database, which Alembic compares with the models. The new
migration must run on every database, so its column types come from the models and from the older
migrations, not from SQLite.
"""

import re
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, create_engine, event
from sqlalchemy.types import NullType, TypeEngine

from models.base import Base
from models.migrations import alembic_config
from models.migrations.operations import (
    Checks,
    MigrationError,
    SchemaChange,
    checks_of,
    without_check,
)
from models.migrations.sqlite import REBUILT

VERSIONS = Path(__file__).parent / "versions"
ROOT = VERSIONS.parent.parent.parent
MAX_LINE = 100


def generate(
    message: str, *, metadata: MetaData = Base.metadata, versions: Path = VERSIONS
) -> Path:
    """Write the next migration to the folder `versions`, formatted, and return its file.

    Raises a `MigrationError` if the models do not differ from the newest migration, or if the
    migration would fail on tables that have rows.
    """
    title = message.strip().rstrip(".")
    if not re.search(r"\w", title):
        raise MigrationError('describe the migration: make migration m="add reactions"')
    declared = DeclaredTypes()
    with _empty_database() as connection:
        settings = _settings(connection, metadata, versions)
        newest = ScriptDirectory.from_config(settings).get_current_head() or "0000"
        with declared.recorded():
            command.upgrade(settings, "head")
        change = SchemaChange(checks_of(connection), _checks_of_models(metadata))
        with declared.reflected():
            script = command.revision(
                settings,
                title[0].upper() + title[1:],
                autogenerate=True,
                rev_id=f"{int(newest) + 1:04}",
                version_path=versions,
                process_revision_directives=change.complete,
            )
    if script is None or isinstance(script, list):
        raise MigrationError(
            f"the models do not differ from the newest migration, {newest}; nothing was written"
        )
    file = Path(script.path)
    file.write_text(_formatted(file.read_text(), file.name))
    return file


class DeclaredTypes:
    """The column types that the migrations declare: SQLite reflects a UUID as a BLOB."""

    def __init__(self) -> None:
        self._types: dict[tuple[str, str], TypeEngine[Any]] = {}

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Record the type of each column that is added to a table."""
        event.listen(Column, "after_parent_attach", self._record)
        try:
            yield
        finally:
            event.remove(Column, "after_parent_attach", self._record)

    @contextmanager
    def reflected(self) -> Iterator[None]:
        """Reflect tables with the recorded types."""
        event.listen(Table, "column_reflect", self._reflect)
        try:
            yield
        finally:
            event.remove(Table, "column_reflect", self._reflect)

    def _record(self, column: Column[Any], table: Table) -> None:
        if not isinstance(column.type, NullType):
            name = table.name.removeprefix(REBUILT)
            self._types[name, column.name] = without_check(column.type)

    def _reflect(self, inspector: object, table: Table, column: dict[str, Any]) -> None:
        column["type"] = self._types.get((table.name, column["name"]), column["type"])


def _settings(connection: Connection, metadata: MetaData, versions: Path) -> Config:
    settings = alembic_config(connection)
    settings.set_main_option("version_locations", str(versions))
    settings.set_main_option("path_separator", "newline")
    settings.attributes["metadata"] = metadata
    settings.cmd_opts = Namespace(quiet=True)
    return settings


@contextmanager
def _empty_database() -> Iterator[Connection]:
    """Open a SQLite database in memory."""
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _checks_of_models(metadata: MetaData) -> Checks:
    with _empty_database() as connection:
        metadata.create_all(connection)
        return checks_of(connection)


def _formatted(source: str, name: str) -> str:
    """Return a migration formatted as the other ones, whatever folder it is in."""
    source = (
        re.sub(r"\n *# ###.*", "", source)
        .replace(", schema=None", "")
        .replace(", unique=False", "")
    )
    for arguments in (["check", "--fix", "--quiet", "--select", "F401,I"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *arguments, "--stdin-filename", f"{VERSIONS / name}"]
        done = subprocess.run(
            [*ruff, "-"], input=source, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
        )
        source = done.stdout
    lines = source.splitlines()
    long = [f"{line}  # noqa: E501" if len(line) > MAX_LINE else line for line in lines]
    return "\n".join([*long, ""])
