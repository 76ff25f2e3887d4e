"""Properties of every mutation: number of statements, dry runs, idempotency, the log."""

import os
import re
from pathlib import Path

import pytest

from models.database import Database
from tests.support.client import Statements
from tests.support.examples import examples, one_by_one
from tests.support.log_replay import Replay, replay, stored
from tests.support.office import Office, dump, workspace_mutations

pytestmark = pytest.mark.usefixtures("roles_read_once")

GOLDEN = Path(__file__).parent / "statements"

#: Statements that begin and end a transaction. Not all drivers send them visibly.
TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK")


def test_every_mutation_has_an_example() -> None:
    assert {example.mutation for example in examples()} == workspace_mutations()


async def test_number_of_statements_is_as_recorded(office: Office, kind: str) -> None:
    """The number includes authorization, the log and reading the ID of the result."""
    counts = []
    async for example, arguments in one_by_one(office):
        with Statements(office.api.database) as statements:
            await office.must_write(example.mutation, who=example.who, **arguments)
        sent = [sql for sql in statements.sent if not sql.startswith(TRANSACTION)]
        counts.append(f"{example.mutation} {len(sent)}\n")
    file = GOLDEN / f"{kind}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text("".join(counts))
    assert "".join(counts) == file.read_text()


async def test_dry_run_returns_the_same_payload_and_writes_nothing(
    office: Office, database: Database
) -> None:
    async for example, arguments in one_by_one(office):
        before = await dump(database)
        call = {"who": example.who, **arguments}
        preview = await office.write(example.mutation, dryRun=True, **call)
        assert await dump(database) == before, example.mutation
        payload = await office.must_write(example.mutation, **call)
        written = payload.keys() - {"errors", "sequence"}
        assert payload["sequence"], example.mutation
        assert not written or any(payload[name] for name in written), example.mutation
        if not re.search("Create|Add|Accept", example.mutation):
            # New objects get another ID each time.
            assert preview == payload | {"sequence": None}, example.mutation


async def test_repeated_idempotency_key_returns_the_same_payload_and_writes_nothing(
    office: Office, database: Database
) -> None:
    async for example, arguments in one_by_one(office):
        call = {"who": example.who, "idempotencyKey": f"key {example.mutation}", **arguments}
        first = await office.must_write(example.mutation, **call)
        before = await dump(database)
        assert await office.write(example.mutation, **call) == first
        assert await dump(database) == before, example.mutation


async def test_log_records_every_field_of_every_change(office: Office, database: Database) -> None:
    log = Replay(office)
    async for example, arguments in one_by_one(office):
        before = await office.sequence()
        payload = await office.must_write(example.mutation, who=example.who, **arguments)
        if example.mutation != "workspaceCreate":
            changes = await office.changes(before)
            numbers = [change["sequence"] for change in changes]
            assert numbers == list(range(before + 1, before + 1 + len(numbers)))
            assert payload["sequence"] == numbers[-1] == await office.sequence()
            actors = {change["actor"] and change["actor"]["handle"] for change in changes}
            # Who declines an invitation is not a member, and is hidden from the members.
            assert actors == {None if example.mutation == "invitationDecline" else example.who}
        assert await log.catch_up() == await stored(database, office), example.mutation
    assert await replay(office) == log.objects


async def test_refused_mutation_does_not_roll_back_earlier_ones(office: Office) -> None:
    selection = "errors { code } task { key }"
    fields = [
        f'{name}: taskCreate(input: {{projectId: $id, title: "{title}"}}) {{ {selection} }}'
        for name, title in (("one", "1"), ("two", ""), ("three", "3"))
    ]
    mutation = f"mutation ($id: ID!) {{ {' '.join(fields)} }}"
    data = await office.api.ask(mutation, office.tokens["member"], id=office.gid("project"))
    assert data == {
        "one": {"errors": [], "task": {"key": "WEB-6"}},
        "two": {"errors": [{"code": "REQUIRED"}], "task": None},
        "three": {"errors": [], "task": {"key": "WEB-7"}},
    }
