"""Idempotency keys of mutations."""

import asyncio
from typing import Any

import pytest

from models.database import Database
from tests.support.office import ERRORS, Office, dump

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


async def test_each_answer_to_one_key_is_the_same(office: Office) -> None:
    """Also if the mutation changes what its viewer can see."""
    workspace = "workspace { slug viewerRole states { name } } sequence"
    member = "member { role user { handle } workspace { slug viewerRole } } sequence"
    own = {"workspaceId": office.gid("workspace"), "userId": office.gid("admin")}
    for name, selection, who, values in (
        ("workspaceCreate", workspace, "owner", {"slug": "new", "name": "New"}),
        ("memberUpdate", member, "admin", own | {"role": "MEMBER"}),
        ("memberRemove", member, "admin", own),
    ):
        asked: dict[str, Any] = {"idempotencyKey": name, "input": values}
        first, *others = await asyncio.gather(
            *(office.write(name, f"{ERRORS} {selection}", who, **asked) for _ in range(4))
        )
        assert first["errors"] == []
        assert None not in first.values()
        later = await office.write(name, f"{ERRORS} {selection}", who, **asked)
        assert [*others, later] == [first] * 4


async def test_refusal_of_a_used_key_says_so(office: Office, database: Database) -> None:
    values = {"slug": "new", "name": "New"}
    selection = "errors { code message path } workspace { slug }"
    await office.must_write("workspaceCreate", who="owner", idempotencyKey="k", input=values)
    before = await dump(database)
    payload = await office.write(
        "workspaceCreate",
        selection,
        "owner",
        idempotencyKey="k",
        input=values | {"name": "Newer"},
    )
    message = "This key was used for another mutation or input. Use a new key."
    error = {"code": "INVALID", "message": message, "path": ["idempotencyKey"]}
    assert payload == {"errors": [error], "workspace": None}
    assert await dump(database) == before


async def test_permanently_deleted_texts_are_not_remembered(
    office: Office, database: Database
) -> None:
    call = {"id": office.gid("task"), "permanently": True, "idempotencyKey": "purge"}
    selection = "task { id title body }"
    await office.must_write("taskUpdate", input={"id": call["id"], "title": "secret"})
    first = await office.must_write("taskDelete", selection, "admin", **call)
    assert first["task"]["title"] == "secret"
    again = await office.must_write("taskDelete", selection, "admin", **call)
    assert again["task"] == {"id": call["id"], "title": "", "body": ""}
    assert "secret" not in str(await dump(database))
