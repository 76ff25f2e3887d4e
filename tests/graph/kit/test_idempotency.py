"""Idempotency keys of mutations."""

from typing import Any

import pytest

from models.database import Database
from tests.support.office import Office, dump

pytestmark = pytest.mark.usefixtures("roles_read_once")


async def test_key_with_different_input_is_refused(office: Office, database: Database) -> None:
    key = office.gid("task")
    first = {"id": key, "title": "one"}
    await office.must_write("taskUpdate", idempotencyKey="k", input=first)
    before = await dump(database)
    for mutation, arguments in (
        ("taskUpdate", {"input": first | {"title": "two"}}),
        ("taskUpdate", {"input": first | {"body": None}}),
        ("taskArchive", {"id": key}),
    ):
        payload = await office.write(mutation, idempotencyKey="k", **arguments)
        assert payload["errors"] == [{"code": "INVALID", "path": ["idempotencyKey"]}]
    assert await dump(database) == before


async def test_refused_mutation_does_not_use_up_its_key(office: Office) -> None:
    key = office.gid("task")
    refused = await office.write("taskUpdate", idempotencyKey="k", input={"id": key, "title": ""})
    assert refused["errors"] == [{"code": "REQUIRED", "path": ["input", "title"]}]
    await office.must_write("taskUpdate", idempotencyKey="k", input={"id": key, "title": "one"})


async def test_keys_of_different_users_are_separate(office: Office) -> None:
    values = {"projectId": office.gid("project"), "title": "x"}
    payloads = [
        await office.must_write("taskCreate", who=who, idempotencyKey="k", input=values)
        for who in ("member", "admin", "owner", "member")
    ]
    keys = [payload["task"]["id"] for payload in payloads]
    assert len(set(keys)) == 3
    assert keys[0] == keys[3]


async def test_invalid_key_is_refused(office: Office) -> None:
    values = {"id": office.gid("task"), "title": "x"}
    for key in ("", "x" * 256, "a\nb", "\0"):
        payload = await office.write("taskUpdate", idempotencyKey=key, input=values)
        assert payload["errors"] == [{"code": "INVALID", "path": ["idempotencyKey"]}]


async def test_dry_run_does_not_use_up_its_key(office: Office) -> None:
    values = {"id": office.gid("task"), "title": "x"}
    arguments: dict[str, Any] = {"idempotencyKey": "k", "input": values}
    await office.must_write("taskUpdate", dryRun=True, **arguments)
    payload = await office.must_write("taskUpdate", "sequence task { title }", **arguments)
    assert payload["task"] == {"title": "x"}
    assert payload["sequence"] is not None
