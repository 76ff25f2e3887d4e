"""Reverting changes."""

from typing import Any

import pytest

from models import Change
from models.database import Database
from tests.support.office import Office, dump, ids

pytestmark = pytest.mark.usefixtures("roles_read_once")

REVERT = """
  sequence change { sequence kind actor { handle } fields { name before after } }
  subject { __typename ... on Task { title deletedAt version } ... on Label { name } }
"""


async def revert(office: Office, sequence: int, who: str = "member") -> dict[str, Any]:
    where = {"workspace": office.workspace.slug, "sequence": sequence}
    return await office.write("changeRevert", f"errors {{ code message }} {REVERT}", who, **where)


async def can_revert(office: Office, sequence: int, who: str) -> bool:
    query = """
      query ($slug: String!, $after: Int!) {
        workspace(slug: $slug) { changes(after: $after, first: 1) { nodes { viewerCanRevert } } }
      }
    """
    where = {"slug": office.workspace.slug, "after": sequence - 1}
    data = await office.api.ask(query, office.tokens[who], **where)
    [change] = data["workspace"]["changes"]["nodes"]
    allowed: bool = change["viewerCanRevert"]
    return allowed


async def test_update_is_reverted_and_the_revert_too(office: Office) -> None:
    values = {
        "id": office.gid("task"),
        "title": "New",
        "stateId": office.gid("finished"),
        "assigneeIds": ids(office.guest),
        "labelIds": ids(office.bug),
        "parentId": None,
    }
    sequence = (await office.must_write("taskUpdate", input=values))["sequence"]
    payload = await revert(office, sequence)
    assert payload["errors"] == []
    assert payload["sequence"] == payload["change"]["sequence"] == sequence + 1
    task = {"__typename": "Task", "title": "task", "deletedAt": None, "version": 3}
    assert payload["subject"] == task
    [change, reverse] = await office.changes(sequence - 1)
    assert reverse["kind"] == "UPDATED"
    assert [(field["name"], field["after"], field["before"]) for field in change["fields"]] == [
        (field["name"], field["before"], field["after"]) for field in reverse["fields"]
    ]
    again = await revert(office, sequence + 1)
    assert again["subject"] == task | {"title": "New", "version": 4}


async def test_conflict_names_fields_that_changed_later(office: Office, database: Database) -> None:
    key = office.gid("task")
    first = await office.must_write("taskUpdate", input={"id": key, "title": "New", "body": "New"})
    await office.must_write("taskUpdate", input={"id": key, "title": "Newer", "priority": "LOW"})
    before = await dump(database)
    payload = await revert(office, first["sequence"])
    message = "These fields have changed since: title. The change cannot be reverted."
    assert payload["errors"] == [{"code": "CONFLICT", "message": message}]
    assert await dump(database) == before


async def test_deletion_and_archiving_are_reverted(office: Office) -> None:
    deleted = await office.must_write("taskDelete", id=office.gid("task"))
    payload = await revert(office, deleted["sequence"])
    assert payload["change"]["kind"] == "RESTORED"
    assert payload["subject"]["deletedAt"] is None
    archived = await office.must_write("taskArchive", id=office.gid("task"))
    payload = await revert(office, archived["sequence"])
    assert payload["change"]["kind"] == "UNARCHIVED"
    archived_project = await office.must_write("projectArchive", id=office.gid("project"))
    assert (await revert(office, archived_project["sequence"]))["change"]["kind"] == "UNARCHIVED"


async def test_deleted_object_is_created_again_with_its_id(office: Office) -> None:
    for name, mutation in (
        ("docs", "labelDelete"),
        ("milestone", "milestoneDelete"),
        ("remark", "commentDelete"),
        ("event", "eventDelete"),
    ):
        deleted = await office.must_write(mutation, id=office.gid(name))
        payload = await revert(office, deleted["sequence"])
        assert payload["errors"] == []
        assert payload["change"]["kind"] == "RESTORED"
        query = "query ($id: ID!) { node(id: $id) { id } }"
        data = await office.api.ask(query, office.tokens["member"], id=office.gid(name))
        assert data == {"node": {"id": office.gid(name)}}
        again = await revert(office, deleted["sequence"])
        assert [error["code"] for error in again["errors"]] == ["CONFLICT"]


async def test_null_of_a_field_that_is_never_null_now_is_its_default(
    office: Office, database: Database
) -> None:
    """Descriptions of labels were null once."""
    key = office.gid("docs")
    updated = await office.must_write("labelUpdate", input={"id": key, "description": "Words"})
    deleted = await office.must_write("labelDelete", id=office.gid("bug"))
    async with database.writes.begin() as session:
        for sequence, after in ((updated["sequence"], "Words"), (deleted["sequence"], None)):
            change = await session.get_one(Change, (office.workspace.id, sequence))
            change.fields = change.fields | {"description": [None, after]}
    assert (await revert(office, updated["sequence"]))["errors"] == []
    assert (await revert(office, deleted["sequence"]))["errors"] == []
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Label { description } } }"
    data = await office.api.ask(query, office.tokens["member"], ids=[key, office.gid("bug")])
    assert data["nodes"] == [{"description": ""}, {"description": ""}]


async def test_viewer_can_revert_what_the_rule_of_the_object_allows(office: Office) -> None:
    """A reaction that was deleted with its comment may be restored by its user only."""
    await office.must_write(
        "reactionAdd", who="guest", input={"commentId": office.gid("remark"), "emoji": "🎉"}
    )
    start = await office.sequence()
    await office.must_write("commentDelete", who="admin", id=office.gid("remark"))
    for number, change in enumerate(await office.changes(start), start=start + 1):
        for who in ("owner", "admin", "member", "guest", "reader"):
            payload = await revert_preview(office, number, who)
            codes = {error["code"] for error in payload["errors"]}
            allowed = "FORBIDDEN" not in codes
            assert await can_revert(office, number, who) == allowed, (change["subjectType"], who)


async def revert_preview(office: Office, sequence: int, who: str) -> dict[str, Any]:
    where = {"workspace": office.workspace.slug, "sequence": sequence, "dryRun": True}
    return await office.write("changeRevert", "errors { code }", who, **where)


async def test_name_taken_since_is_refused(office: Office, database: Database) -> None:
    deleted = await office.must_write("labelDelete", id=office.gid("docs"))
    values = {"workspaceId": office.gid("workspace"), "name": "docs"}
    await office.must_write("labelCreate", input=values)
    before = await dump(database)
    assert [error["code"] for error in (await revert(office, deleted["sequence"]))["errors"]] == [
        "UNIQUE"
    ]
    assert await dump(database) == before


async def test_link_is_reverted_on_both_tasks(office: Office) -> None:
    ends = {"taskId": office.gid("task"), "kind": "BLOCKS", "otherId": office.gid("linked")}
    made = await office.must_write("taskLinkCreate", input=ends)
    payload = await revert(office, made["sequence"])
    assert payload["errors"] == []
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Task { links { kind } } } }"
    both = ids(office.task, office.linked)
    data = await office.api.ask(query, office.tokens["member"], ids=both)
    assert data == {"nodes": [{"links": []}, {"links": []}]}
    again = await revert(office, payload["sequence"])
    assert again["errors"] == []
    data = await office.api.ask(query, office.tokens["member"], ids=both)
    links = [[{"kind": "BLOCKS"}], [{"kind": "BLOCKED_BY"}]]
    assert [node["links"] for node in data["nodes"]] == links


async def test_revert_to_invalid_values_is_refused(office: Office, database: Database) -> None:
    key = office.gid("task")
    bug = office.gid("bug")
    await office.must_write("taskUpdate", input={"id": key, "labelIds": [bug]})
    without_label = await office.must_write("taskUpdate", input={"id": key, "labelIds": []})
    without_parent = await office.must_write("taskUpdate", input={"id": key, "parentId": None})
    without_milestone = await office.must_write(
        "taskUpdate", input={"id": key, "milestoneId": None}
    )
    await office.must_write("labelDelete", id=bug)
    await office.must_write("milestoneDelete", id=office.gid("milestone"))
    await office.must_write("taskUpdate", input={"id": office.gid("parent"), "parentId": key})
    before = await dump(database)
    for payload, field in (
        (without_label, "labelIds"),
        (without_parent, "parentId"),
        (without_milestone, "milestoneId"),
    ):
        [error] = (await revert(office, payload["sequence"]))["errors"]
        assert error["code"] == "CONFLICT"
        assert field in error["message"]
    assert await dump(database) == before


async def test_revert_requires_the_permission_of_the_change(
    office: Office, database: Database
) -> None:
    renamed = await office.must_write(
        "stateUpdate", who="admin", input={"id": office.gid("todo"), "name": "next"}
    )
    edited = await office.must_write(
        "commentUpdate", input={"id": office.gid("remark"), "body": "x"}
    )
    task = await office.must_write("taskUpdate", input={"id": office.gid("task"), "title": "x"})
    promoted = await office.must_write(
        "memberUpdate",
        who="owner",
        input={
            "workspaceId": office.gid("workspace"),
            "userId": office.gid("guest"),
            "role": "ADMIN",
        },
    )
    before = await dump(database)
    for payload, who, code in (
        (renamed, "member", "FORBIDDEN"),
        (edited, "owner", "FORBIDDEN"),
        (promoted, "owner", "INVALID"),
        (task, "outsider", "NOT_FOUND"),
        (task, "reader", "FORBIDDEN"),
    ):
        refused = await revert(office, payload["sequence"], who)
        assert [error["code"] for error in refused["errors"]] == [code]
        if who != "outsider":
            assert await can_revert(office, payload["sequence"], who) is False
    assert await dump(database) == before
    for payload, who in ((renamed, "admin"), (edited, "member"), (task, "member"), (task, "bound")):
        assert await can_revert(office, payload["sequence"], who) is True
    created = await office.must_write("labelCreate", input={
        "workspaceId": office.gid("workspace"), "name": "new",
    })  # fmt: skip
    assert await can_revert(office, created["sequence"], "owner") is False
    assert (await revert(office, renamed["sequence"], "admin"))["errors"] == []
    assert (await revert(office, edited["sequence"]))["errors"] == []
