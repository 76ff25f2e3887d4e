"""Regression tests of mutations: concurrent writers, former members, unusual input."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import delete

from models import Membership
from models.database import Database
from tests.support.client import Statements
from tests.support.office import Office, dump, ids
from tests.support.stress import StressTest

pytestmark = pytest.mark.usefixtures("roles_read_once")


async def revert(office: Office, sequence: int, who: str = "member") -> dict[str, Any]:
    where = {"workspace": office.workspace.slug, "sequence": sequence}
    selection = "errors { code } change { subjectId kind } subject { id }"
    return await office.write("changeRevert", selection, who, **where)


@pytest.mark.parametrize(
    ("mutation", "arguments"),
    [
        ("labelCreate", lambda o: {"input": {"workspaceId": o.gid("workspace"), "name": "x"}}),
        ("labelDelete", lambda o: {"id": o.gid("bug")}),
        (
            "commentCreate",
            lambda o: {
                "input": {"id": "comment_" + "a" * 32, "taskId": o.gid("task"), "body": "x"}
            },
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_concurrent_requests_with_one_key_get_the_same_payload(
    office: Office, database: Database, mutation: str, arguments: Any
) -> None:
    writing = (office.write(mutation, idempotencyKey="k", **arguments(office)) for _ in range(20))
    payloads = await asyncio.gather(*writing)
    assert payloads[0]["errors"] == []
    assert all(payload == payloads[0] for payload in payloads)
    await StressTest(office).check(database)


async def test_uninvited_user_cannot_revert_the_update(office: Office) -> None:
    values = {"id": office.gid("event"), "attendeeIds": []}
    sequence = (await office.must_write("eventUpdate", input=values))["sequence"]
    assert (await revert(office, sequence, "guest"))["errors"] == [{"code": "FORBIDDEN"}]
    assert (await revert(office, sequence))["errors"] == []


async def test_only_the_deleter_can_restore_a_comment(office: Office) -> None:
    values = {"taskId": office.gid("task"), "body": "mine"}
    created = await office.must_write("commentCreate", who="guest", input=values)
    deleted = await office.must_write("commentDelete", who="admin", id=created["comment"]["id"])
    for who in ("guest", "member", "owner"):
        assert (await revert(office, deleted["sequence"], who))["errors"] == [{"code": "FORBIDDEN"}]
    assert (await revert(office, deleted["sequence"], "admin"))["errors"] == []


async def test_event_deletion_deletes_attendances_of_former_members(
    office: Office, database: Database
) -> None:
    removal = {"workspaceId": office.gid("workspace"), "userId": office.gid("guest")}
    await office.must_write("memberRemove", who="admin", input=removal)
    after = await office.sequence()
    await office.must_write("eventDelete", id=office.gid("event"))
    kinds = [(kind, subject) for kind, subject, _ in await office.fields(after)]
    assert kinds == [("DELETED", "Attendance"), ("DELETED", "Event")]
    await StressTest(office).check(database)


async def test_workspace_update_is_reverted(office: Office) -> None:
    values = {"id": office.gid("workspace"), "name": "Bureau"}
    sequence = (await office.must_write("workspaceUpdate", who="admin", input=values))["sequence"]
    assert (await revert(office, sequence))["errors"] == [{"code": "FORBIDDEN"}]
    payload = await revert(office, sequence, "admin")
    assert payload["subject"] == {"id": office.gid("workspace")}


async def test_removed_membership_is_returned_with_its_relations(office: Office) -> None:
    selection = "member { role user { handle } workspace { slug name } }"
    where = {"workspaceId": office.gid("workspace")}
    removed = where | {"userId": office.gid("guest")}
    asked: dict[str, Any] = {"who": "admin", "idempotencyKey": "k", "input": removed}
    for _ in range(2):
        payload = await office.must_write("memberRemove", selection, **asked)
        assert payload["member"] == {
            "role": "GUEST",
            "user": {"handle": "guest"},
            "workspace": {"slug": "office", "name": "Office"},
        }
    removal = where | {"userId": office.gid("admin")}
    payload = await office.must_write("memberRemove", selection, who="admin", input=removal)
    assert payload["member"]["workspace"] == {"slug": "office", "name": "Office"}


async def test_former_member_does_not_see_a_remembered_payload(
    office: Office, database: Database
) -> None:
    asked: dict[str, Any] = {"idempotencyKey": "k", "id": office.gid("remark")}
    deleted = await office.must_write("commentDelete", "comment { body } sequence", **asked)
    assert deleted["comment"] == {"body": "mine"}
    async with database.writes.begin() as session:
        await session.execute(delete(Membership).where(Membership.user_id == office.member.id))
    payload = await office.must_write("commentDelete", "comment { body } sequence", **asked)
    assert payload == deleted | {"comment": None}


async def test_id_of_a_purged_task_is_not_used_again(office: Office, database: Database) -> None:
    key = office.gid("foreign_task")
    await office.must_write("taskDelete", who="outsider", id=key, permanently=True)
    before = await dump(database)
    values = {"id": key, "projectId": office.gid("project"), "title": "Ours"}
    payload = await office.write("taskCreate", input=values)
    assert payload["errors"] == [{"code": "INVALID", "path": ["input", "id"]}]
    assert await dump(database) == before


async def test_revert_cannot_refer_to_deleted_tasks(office: Office, database: Database) -> None:
    removed_parent = await office.must_write(
        "taskUpdate", input={"id": office.gid("task"), "parentId": None}
    )
    deleted_comment = await office.must_write("commentDelete", id=office.gid("remark"))
    ends = {"taskId": office.gid("parent"), "kind": "BLOCKS", "otherId": office.gid("child")}
    deleted_link = await office.must_write("taskLinkDelete", input=ends)
    await office.must_write("taskDelete", id=office.gid("parent"))
    await office.must_write("taskDelete", id=office.gid("task"))
    await office.must_write("taskDelete", id=office.gid("child"))
    before = await dump(database)
    for payload in (deleted_comment, deleted_link):
        [error] = (await revert(office, payload["sequence"]))["errors"]
        assert error["code"] in ("CONFLICT", "INVALID")
    assert await dump(database) == before
    await office.must_write("taskRestore", id=office.gid("task"))
    [error] = (await revert(office, removed_parent["sequence"]))["errors"]
    assert error["code"] == "CONFLICT"


async def test_batch_may_swap_parent_and_child(office: Office) -> None:
    rows = [
        {"id": office.gid("task"), "parentId": None},
        {"id": office.gid("parent"), "parentId": office.gid("task")},
    ]
    payload = await office.write("taskBatchUpdate", "count errors { code }", input={"rows": rows})
    assert payload == {"count": 2, "errors": []}


async def test_batch_has_a_sequence_when_its_first_row_fails(office: Office) -> None:
    rows = [
        {"id": office.gid("task"), "title": "x", "expectedVersion": 9},
        {"id": office.gid("child"), "title": "y"},
    ]
    values = {"rows": rows, "errorPolicy": "REJECT_FAILED_ROWS"}
    after = await office.sequence()
    payload = await office.write("taskBatchUpdate", "count sequence", input=values)
    assert payload == {"count": 1, "sequence": after + 1}


async def test_reverted_link_returns_the_change_of_its_subject(office: Office) -> None:
    for near, far in (("task", "linked"), ("linked", "child")):
        ends = {"taskId": office.gid(near), "kind": "RELATES_TO", "otherId": office.gid(far)}
        created = await office.must_write("taskLinkCreate", input=ends)
        for sequence in (created["sequence"], created["sequence"] + 2):
            payload = await revert(office, sequence)
            assert payload["change"]["subjectId"] == payload["subject"]["id"]


async def test_statements_do_not_grow_with_stale_rows(
    office: Office, statements: Statements
) -> None:
    tasks = [
        await office.world.make_task(office.project, office.todo, number=100 + n) for n in range(20)
    ]
    counts = []
    for some in (tasks[:1], tasks):
        rows = [{"id": key, "expectedVersion": 0, "title": "x"} for key in ids(*some)]
        statements.clear()
        payload = await office.write("taskBatchUpdate", "errors { code }", input={"rows": rows})
        assert {error["code"] for error in payload["errors"]} == {"CONFLICT"}
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_concurrent_state_deletions_succeed(office: Office) -> None:
    for _ in range(3):
        values = {"workspaceId": office.gid("workspace"), "category": "BACKLOG"}
        created = [
            await office.must_write(
                "stateCreate", "state { id }", who="admin", input=values | {"name": f"s{n}"}
            )
            for n in range(4)
        ]
        deleting = (
            office.write("stateDelete", who="admin", id=payload["state"]["id"])
            for payload in created
        )
        assert [payload["errors"] for payload in await asyncio.gather(*deleting)] == [[]] * 4


async def test_each_mutation_of_a_request_reads_current_rows(office: Office) -> None:
    asked = """
      mutation ($task: ID!, $label: ID!) {
        one: taskUpdate(input: {id: $task, labelIds: [$label]}) { task { labels { name } } }
        two: labelUpdate(input: {id: $label, name: "renamed"}) { label { name } }
        three: taskUpdate(input: {id: $task, expectedVersion: 1}) {
          task { labels { name } } errors { code }
        }
      }
    """
    keys = {"task": office.gid("task"), "label": office.gid("bug")}
    data = await office.api.ask(asked, office.tokens["member"], **keys)
    assert data["one"] == {"task": {"labels": [{"name": "bug"}]}}
    assert data["three"]["task"] == {"labels": [{"name": "renamed"}]}
    assert data["three"]["errors"] == [{"code": "CONFLICT"}]


async def test_removed_member_is_refused_within_a_running_request(
    office: Office, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.context.ROLES_FRESH_SECONDS", 0)
    key = office.gid("workspace")
    fields = " ".join(
        f'm{n}: labelCreate(input: {{workspaceId: "{key}", name: "m{n}"}}) {{ errors {{ code }} }}'
        for n in range(50)
    )
    writing = asyncio.ensure_future(
        office.api.ask(f"mutation {{ {fields} }}", office.tokens["member"])
    )
    values = {"workspaceId": key, "userId": office.gid("member")}
    removed = await office.must_write("memberRemove", who="admin", input=values)
    answers = [payload["errors"] for payload in (await writing).values()]
    assert answers[-1] == [{"code": "NOT_FOUND"}]
    later = await office.changes(removed["sequence"])
    # A mutation that had started before the removal may finish.
    assert len(later) <= 1


async def test_canceled_writes_do_not_block_others(office: Office, database: Database) -> None:
    values = {"projectId": office.gid("project"), "title": "Cut"}
    asked: dict[str, Any] = {"input": values}
    for n in range(60):
        writing = asyncio.ensure_future(office.write("taskCreate", dryRun=n % 3 == 0, **asked))
        await asyncio.sleep(n % 20 / 1000)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    await asyncio.wait_for(office.must_write("taskCreate", **asked), timeout=10)
    await StressTest(office).check(database)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
async def test_date_times_beyond_the_range_of_a_database_are_refused(
    office: Office, moment: str
) -> None:
    values = {
        "workspaceId": office.gid("workspace"), "title": "x", "startsAt": moment, "endsAt": moment,
    }  # fmt: skip
    payload = await office.write("eventCreate", input=values)
    assert [error["code"] for error in payload["errors"]] == ["INVALID", "INVALID"]


async def test_positions_have_bounds(office: Office) -> None:
    values: dict[str, Any] = {"workspaceId": office.gid("workspace"), "category": "BACKLOG"}
    for position, errors in ((2**31 - 1, 1), (-1, 1), (1_000_000, 0), (None, 0)):
        state = values | {"name": f"at {position}", "position": position}
        payload = await office.write("stateCreate", who="admin", input=state)
        assert len(payload["errors"]) == errors
    asked = "query ($slug: String!) { workspace(slug: $slug) { states { position } } }"
    data = await office.api.ask(asked, office.tokens["guest"], slug="office")
    assert [state["position"] for state in data["workspace"]["states"]][-2:] == [1_000_000] * 2


async def test_unknown_change_is_not_found(office: Office) -> None:
    for workspace, sequence in (("x\0y", -1), ("office", 0), ("Not A Slug", 2**31 - 1)):
        payload = await office.write("changeRevert", workspace=workspace, sequence=sequence)
        assert payload["errors"] == [{"code": "NOT_FOUND", "path": ["sequence"]}]


async def test_invisible_title_is_refused(office: Office) -> None:
    for title in ("\u200b", "\u00a0\u2003", "\u0301"):
        payload = await office.write("taskUpdate", input={"id": office.gid("task"), "title": title})
        assert payload["errors"] == [{"code": "REQUIRED", "path": ["input", "title"]}]
    for title in ("…", "🙂", "ß"):
        await office.must_write("taskUpdate", input={"id": office.gid("task"), "title": title})


async def test_dates_have_one_format(office: Office) -> None:
    asked = """
      mutation ($id: ID!, $day: Date) {
        taskUpdate(input: {id: $id, dueOn: $day}) { task { dueOn } }
      }
    """
    for day in ("2026-W47-5", "20261120", "2026-11-20T00:00:00Z"):
        code, _ = await office.api.refusal(
            asked, office.tokens["member"], id=office.gid("task"), day=day
        )
        assert code == "BAD_USER_INPUT"
