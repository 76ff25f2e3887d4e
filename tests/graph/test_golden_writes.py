"""The SQL of frequent mutations: its order, and what it locks.

The files in `statements` show the statements in order. Rows are written before their workspace is
locked, except on MariaDB (see `numbers_before_rows`), and access is confirmed after that.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.orm.exc import StaleDataError

from models import Label
from models.base import table_of
from models.database import Database
from models.log.change import Change
from models.log.recorder import recorder_of
from models.log.row_updates import after_update
from models.workspace import Workspace
from tests.support.client import Statements
from tests.support.office import Office, dump

pytestmark = pytest.mark.usefixtures("roles_read_once")

GOLDEN = Path(__file__).parent / "statements"

INPUTS: dict[str, Any] = {
    "taskCreate": {"projectId": "project", "title": "New"},
    "taskUpdate": {"id": "task", "title": "Renamed"},
}


@pytest.mark.parametrize("mutation", INPUTS)
async def test_statements_are_as_recorded(office: Office, kind: str, mutation: str) -> None:
    given = INPUTS[mutation]
    ids = {name: office.gid(given[name]) for name in ("id", "projectId") if name in given}
    with Statements(office.api.database) as statements:
        await office.must_write(mutation, "errors { code }", input=given | ids)
    # Authentication has tests of its own.
    statements.sent = [sql for sql in statements.sent if "access_tokens.digest" not in sql]
    file = GOLDEN / f"{mutation}.{kind}.sql"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(f"{statements}\n")
    assert f"{statements}\n" == file.read_text()


async def test_row_is_updated_before_its_workspace_is_locked(database: Database, kind: str) -> None:
    if kind != "postgresql":
        pytest.skip("only PostgreSQL executes both in one statement")
    table = table_of(Workspace)
    numbers = update(table).where(table.c.id == bindparam("workspace"))
    numbers = numbers.values(sequence=table.c.sequence + 1)
    sql = after_update(numbers, Label, ("name",)).compile(database.write_engine.sync_engine)
    statement = str(sql)
    for position in reversed(range(1, 5)):
        statement = statement.replace(f"${position}", "NULL")
    async with database.write_engine.connect() as connection:
        plan = (await connection.execute(text(f"EXPLAIN (COSTS OFF) {statement}"))).scalars().all()
    # The outer update starts only if the inner one has returned the row.
    assert any("One-Time Filter" in line for line in plan), plan


async def test_update_of_a_deleted_row_is_not_logged(office: Office, database: Database) -> None:
    key = office.rows["bug"].id
    before = await dump(database)

    async def rename_a_deleted_label() -> None:
        async with database.writes.begin() as session:
            label = await session.get_one(Label, key)
            options = {"synchronize_session": False}
            await session.execute(delete(Label).where(Label.id == key), execution_options=options)
            label.name = "late"

    with pytest.raises(StaleDataError):
        await rename_a_deleted_label()
    assert await dump(database) == before


async def test_several_rows_and_columns_are_updated_at_once(
    office: Office, database: Database
) -> None:
    workspace = office.workspace
    labels = [await office.world.make_label(workspace) for _ in range(3)]
    with Statements(database) as statements:
        async with database.writes.begin() as session:
            rows = [await session.get_one(Label, label.id) for label in labels]
            rows[0].name = "renamed"
            rows[1].color = "#000000"
            statements.clear()
            # The third stays as it is.
            rows[2].color = labels[2].color
            await session.flush()
            assert len(recorder_of(session).changes) == 2
    updates = [sql for sql in statements.sent if sql.startswith("UPDATE labels")]
    assert len(updates) == 1
    async with database.reads() as session:
        stored = [await session.get_one(Label, label.id) for label in labels]
        assert [(row.name, row.color, row.version) for row in stored] == [
            ("renamed", labels[0].color, 2),
            (labels[1].name, "#000000", 2),
            (labels[2].name, labels[2].color, 1),
        ]
        keys = [label.id for label in labels]
        changes = select(func.count()).where(Change.subject_id.in_(keys))
        assert await session.scalar(changes.where(Change.kind == "UPDATED")) == 2
