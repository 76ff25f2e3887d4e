"""What holds of every mutation: statements, dry runs, sending again, the log."""

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

#: What the driver says to begin and end a transaction, where it is seen at all.
FRAME = ("BEGIN", "COMMIT", "ROLLBACK")


def test_every_mutation_has_an_example() -> None:
    assert {example.mutation for example in examples()} == workspace_mutations()


async def test_number_of_statements_is_as_recorded(office: Office, kind: str) -> None:
    """Authorization, log and reading the id of what was written included."""
    counts = []
    async for example, arguments in one_by_one(office):
        with Statements(office.api.database) as statements:
            await office.must_write(example.mutation, who=example.who, **arguments)
        sent = [one for one in statements.sent if not one.startswith(FRAME)]
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
        asked = {"who": example.who, **arguments}
        tried = await office.write(example.mutation, dryRun=True, **asked)
        assert await dump(database) == before, example.mutation
        done = await office.must_write(example.mutation, **asked)
        assert None not in done.values(), example.mutation
        if not re.search("Create|Add", example.mutation):
            # What is made has another id each time.
            assert tried == done | {"sequence": None}, example.mutation


async def test_repeated_idempotency_key_returns_the_same_payload_and_writes_nothing(
    office: Office, database: Database
) -> None:
    async for example, arguments in one_by_one(office):
        asked = {"who": example.who, "idempotencyKey": f"key {example.mutation}", **arguments}
        first = await office.must_write(example.mutation, **asked)
        before = await dump(database)
        assert await office.write(example.mutation, **asked) == first
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
            assert {change["actor"]["handle"] for change in changes} == {example.who}
        # An admin told by the log alone knows every field of every object.
        assert await log.catch_up() == await stored(database, office), example.mutation
    assert await replay(office) == log.objects


async def test_refused_mutation_does_not_roll_back_earlier_ones(office: Office) -> None:
    answer = "errors { code } task { key }"
    fields = [
        f'{name}: taskCreate(input: {{projectId: $id, title: "{title}"}}) {{ {answer} }}'
        for name, title in (("one", "1"), ("two", ""), ("three", "3"))
    ]
    asked = f"mutation ($id: ID!) {{ {' '.join(fields)} }}"
    data = await office.api.ask(asked, office.tokens["member"], id=office.gid("project"))
    assert data == {
        "one": {"errors": [], "task": {"key": "WEB-6"}},
        "two": {"errors": [{"code": "REQUIRED"}], "task": None},
        "three": {"errors": [], "task": {"key": "WEB-7"}},
    }
