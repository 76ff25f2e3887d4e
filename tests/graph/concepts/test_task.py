"""Mutations of tasks and links between tasks."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import update

from graph.kit.writing import id_set
from models import Task
from models.base import now
from models.database import Database
from models.purge import TRASH_LIFETIME, purge
from tests.support.office import Office, dump, gid, ids

pytestmark = pytest.mark.usefixtures("roles_read_once")

TASK = """
  task {
    key number title body priority estimate dueOn version closedAt startedAt archivedAt deletedAt
    state { name } creator { handle } assignees { handle } labels { name }
    milestone { title } parent { key } links { kind task { key } }
  }
"""


async def test_new_task_has_the_input_values(office: Office) -> None:
    values = {
        "id": "task_" + "a" * 32,
        "projectId": office.gid("project"),
        "title": "  Paint it  ",
        "body": "*blue*\n",
        "stateId": office.gid("todo"),
        "priority": "LOW",
        "estimate": 2.5,
        "dueOn": "2026-04-01",
        "assigneeIds": ids(office.member, office.guest, office.member),
        "labelIds": ids(office.docs, office.bug),
        "milestoneId": office.gid("milestone"),
        "parentId": office.gid("task"),
    }
    after = await office.sequence()
    payload = await office.must_write("taskCreate", f"{TASK} sequence", input=values)
    assert payload["sequence"] == after + 1
    assert payload["task"] == {
        "key": "WEB-6",
        "number": 6,
        "title": "Paint it",
        "body": "*blue*\n",
        "priority": "LOW",
        "estimate": 2.5,
        "dueOn": "2026-04-01",
        "version": 1,
        "closedAt": None,
        "startedAt": None,
        "archivedAt": None,
        "deletedAt": None,
        "state": {"name": "todo"},
        "creator": {"handle": "member"},
        "assignees": [{"handle": "guest"}, {"handle": "member"}],
        "labels": [{"name": "bug"}, {"name": "docs"}],
        "milestone": {"title": "one"},
        "parent": {"key": "WEB-2"},
        "links": [],
    }
    [(kind, subject, fields)] = await office.fields(after)
    assert (kind, subject) == ("CREATED", "Task")
    assert fields["title"] == (None, "Paint it")
    assert fields["labelIds"] == (None, sorted(ids(office.bug, office.docs)))
    assert fields["parentId"] == (None, office.gid("task"))
    assert fields["priority"] == (None, "LOW")


async def test_new_task_is_last_in_the_first_state(office: Office) -> None:
    selection = "task { rank state { name } body }"
    payloads = [
        await office.must_write(
            "taskCreate", selection, input={"projectId": office.gid("project"), "title": title}
        )
        for title in ("one", "two")
    ]
    assert [payload["task"]["state"]["name"] for payload in payloads] == ["triage", "triage"]
    assert "a5" < payloads[0]["task"]["rank"] < payloads[1]["task"]["rank"]
    assert payloads[0]["task"]["body"] == ""


async def test_update_changes_only_the_input_fields(office: Office) -> None:
    after = await office.sequence()
    values = {"id": office.gid("task"), "title": "New", "milestoneId": None, "estimate": 0}
    payload = await office.must_write("taskUpdate", f"{TASK} sequence", input=values)
    task = payload["task"]
    assert (task["title"], task["milestone"], task["estimate"]) == ("New", None, 0)
    assert (task["parent"], task["version"]) == ({"key": "WEB-1"}, 2)
    changed = {
        "title": ("task", "New"),
        "estimate": (None, 0),
        "milestoneId": (office.gid("milestone"), None),
    }
    assert await office.fields(after) == [("UPDATED", "Task", changed)]


async def test_update_without_effect_logs_no_change(office: Office, database: Database) -> None:
    before = await dump(database)
    values = {
        "id": office.gid("task"),
        "title": " task ",
        "stateId": office.gid("todo"),
        "assigneeIds": [],
        "removedLabelIds": [office.gid("bug")],
    }
    payload = await office.must_write("taskUpdate", "sequence task { version }", input=values)
    assert payload == {"errors": [], "sequence": None, "task": {"version": 1}}
    assert await dump(database) == before


async def test_added_and_removed_ids_merge_and_a_full_list_replaces(office: Office) -> None:
    key = {"id": office.gid("task")}
    selection = "task { labels { name } assignees { handle } version }"

    async def labels(**values: Any) -> list[str]:
        payload = await office.must_write("taskUpdate", selection, input=key | values)
        return [label["name"] for label in payload["task"]["labels"]]

    bug, docs = office.gid("bug"), office.gid("docs")
    assert await labels(addedLabelIds=[bug]) == ["bug"]
    assert await labels(addedLabelIds=[docs, bug]) == ["bug", "docs"]
    assert await labels(removedLabelIds=[bug]) == ["docs"]
    assert await labels(labelIds=[bug]) == ["bug"]
    assert await labels(labelIds=[bug], addedLabelIds=[docs], removedLabelIds=[bug]) == ["docs"]
    assert await labels(labelIds=None) == []
    people = ids(office.guest, office.owner)
    payload = await office.must_write("taskUpdate", selection, input=key | {"assigneeIds": people})
    assert payload["task"]["assignees"] == [{"handle": "guest"}, {"handle": "owner"}]
    assert payload["task"]["version"] == 8


async def test_task_cannot_get_too_many_labels(
    office: Office, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(id_set, "MAX_IDS", 1)
    key = {"id": office.gid("task")}
    await office.must_write("taskUpdate", input=key | {"addedLabelIds": ids(office.bug)})
    before = await dump(database)
    values = key | {"title": "x", "addedLabelIds": ids(office.docs)}
    payload = await office.write("taskUpdate", "errors { code message path }", input=values)
    message = "There can be at most 1, not 2."
    assert payload["errors"] == [
        {"code": "TOO_MANY", "message": message, "path": ["input", "addedLabelIds"]}
    ]
    assert await dump(database) == before


async def test_state_sets_started_at_and_closed_at(office: Office) -> None:
    selection = "task { startedAt closedAt }"

    async def enter(name: str) -> tuple[Any, Any]:
        values = {"id": office.gid("task"), "stateId": office.gid(name)}
        task = (await office.must_write("taskUpdate", selection, input=values))["task"]
        return task["startedAt"], task["closedAt"]

    assert await enter("triage") == (None, None)
    started, closed = await enter("doing")
    assert started is not None
    assert closed is None
    started_again, closed = await enter("finished")
    assert started_again == started
    assert closed > started
    assert await enter("canceled") == (started, closed)
    assert await enter("todo") == (started, None)
    again, reclosed = await enter("finished")
    assert again == started
    assert reclosed > closed


class TestExpectedVersion:
    async def test_current_version_is_accepted(self, office: Office) -> None:
        values = {"id": office.gid("task"), "expectedVersion": 1, "title": "x"}
        payload = await office.must_write("taskUpdate", "task { version }", input=values)
        assert payload["task"] == {"version": 2}

    async def test_stale_version_returns_the_task_and_the_conflicting_fields(
        self, office: Office, database: Database
    ) -> None:
        key = office.gid("task")
        await office.must_write("taskUpdate", input={"id": key, "title": "theirs"})
        await office.must_write(
            "taskUpdate", input={"id": key, "addedLabelIds": [office.gid("bug")]}
        )
        before = await dump(database)
        mine = {
            "id": key,
            "expectedVersion": 1,
            "title": "mine",
            "body": "mine",
            "removedLabelIds": [office.gid("docs")],
        }
        selection = "task { title version } sequence errors { message code path fields }"
        payload = await office.write("taskUpdate", selection, input=mine)
        assert payload["task"] == {"title": "theirs", "version": 3}
        assert payload["sequence"] is None
        assert payload["errors"] == [
            {
                "code": "CONFLICT",
                "message": "The current version is 3, not 1. Changed since: labelIds, title.",
                "path": ["input", "expectedVersion"],
                "fields": ["labelIds", "title"],
            }
        ]
        assert await dump(database) == before


class TestBatches:
    ROWS = "count sequence errors { code path } results { errors { code path } task { title } }"

    def rows(self, office: Office) -> list[dict[str, Any]]:
        return [
            {"id": office.gid("task"), "title": "one"},
            {"id": office.gid("child"), "title": ""},
            {"id": office.gid("parent"), "expectedVersion": 9, "title": "late"},
            {"id": office.gid("linked"), "title": "four"},
        ]

    async def test_one_invalid_row_rejects_the_batch(
        self, office: Office, database: Database
    ) -> None:
        before = await dump(database)
        payload = await office.write(
            "taskBatchUpdate", self.ROWS, input={"rows": self.rows(office)}
        )
        late = [{"code": "CONFLICT", "path": ["input", "rows", "2", "expectedVersion"]}]
        missing = [{"code": "REQUIRED", "path": ["input", "rows", "1", "title"]}]
        assert payload == {
            "count": 0,
            "sequence": None,
            "errors": missing + late,
            "results": [
                {"errors": [], "task": None},
                {"errors": missing, "task": None},
                {"errors": late, "task": {"title": "parent"}},
                {"errors": [], "task": None},
            ],
        }
        assert await dump(database) == before

    async def test_failed_rows_can_be_rejected_individually(self, office: Office) -> None:
        after = await office.sequence()
        values = {"rows": self.rows(office), "errorPolicy": "REJECT_FAILED_ROWS"}
        payload = await office.write("taskBatchUpdate", self.ROWS, input=values)
        assert (payload["count"], payload["errors"]) == (2, [])
        assert payload["sequence"] == after + 2
        assert [len(row["errors"]) for row in payload["results"]] == [0, 1, 1, 0]
        titles = [row["task"] and row["task"]["title"] for row in payload["results"]]
        assert titles == ["one", None, "parent", "four"]
        assert await office.fields(after) == [
            ("UPDATED", "Task", {"title": ("task", "one")}),
            ("UPDATED", "Task", {"title": ("linked", "four")}),
        ]

    async def test_empty_batch_succeeds(self, office: Office) -> None:
        payload = await office.write("taskBatchUpdate", self.ROWS, input={"rows": []})
        assert payload == {"count": 0, "sequence": None, "errors": [], "results": []}

    async def test_fifty_rows_take_as_many_statements_as_three(
        self, office: Office, statements: Any
    ) -> None:
        tasks = [
            await office.world.make_task(office.project, office.todo, number=100 + n)
            for n in range(50)
        ]
        counts = []
        for count in (3, 50):
            rows = [
                {
                    "id": gid(task),
                    **([{"title": f"t{count}"}, {"priority": "HIGH"}][index % 2]),
                    "stateId": office.gid("doing" if count == 3 else "finished"),
                    "addedLabelIds": ids(office.bug if count == 3 else office.docs),
                    "addedAssigneeIds": ids(office.guest if count == 3 else office.member),
                    "milestoneId": office.gid("milestone") if count == 3 else None,
                    "parentId": office.gid("linked" if count == 3 else "parent"),
                }
                for index, task in enumerate(tasks[:count])
            ]
            statements.clear()
            payload = await office.write("taskBatchUpdate", "count", input={"rows": rows})
            assert payload == {"count": count}
            counts.append(len(statements))
        # The second batch sets no milestone, so none is read.
        assert counts[1] == counts[0] - 1


class TestTrash:
    async def test_task_is_deleted_and_restored(self, office: Office) -> None:
        after = await office.sequence()
        selection = "task { deletedAt version }"
        key = office.gid("task")
        deleted = await office.must_write("taskDelete", selection, id=key)
        assert deleted["task"]["deletedAt"] is not None
        again = await office.must_write("taskDelete", f"{selection} sequence", id=key)
        assert again == deleted | {"sequence": None}
        restored = await office.must_write("taskRestore", selection, id=key)
        assert restored["task"] == {"deletedAt": None, "version": 3}
        kinds = [change["kind"] for change in await office.changes(after)]
        assert kinds == ["DELETED", "RESTORED"]

    async def test_permanent_deletion_deletes_dependents(self, office: Office) -> None:
        await office.must_write(
            "taskLinkCreate",
            input={
                "taskId": office.gid("task"),
                "kind": "BLOCKS",
                "otherId": office.gid("linked"),
            },
        )
        after = await office.sequence()
        selection = "sequence task { title version comments { totalCount } }"
        arguments = {"id": office.gid("task"), "permanently": True}
        payload = await office.must_write("taskDelete", selection, who="admin", **arguments)
        assert payload["task"] == {"title": "task", "version": 2, "comments": {"totalCount": 0}}
        changes = await office.fields(after)
        assert payload["sequence"] == after + 5
        assert {(kind, subject) for kind, subject, _ in changes[:2]} == {("UPDATED", "Task")}
        link = {"kind": "BLOCKED_BY", "taskId": office.gid("task")}
        assert {"links": ([link], [])} in [fields for _, _, fields in changes]
        assert {"parentId": (office.gid("task"), None)} in [fields for _, _, fields in changes]
        assert [(kind, subject) for kind, subject, _ in changes[2:]] == [
            ("PURGED", "Reaction"),
            ("PURGED", "Comment"),
            ("PURGED", "Task"),
        ]
        query = "query ($id: ID!) { node(id: $id) { id } }"
        data = await office.api.ask(query, office.tokens["owner"], id=office.gid("task"))
        assert data == {"node": None}

    async def test_task_is_purged_after_thirty_days_in_the_trash(
        self, office: Office, database: Database
    ) -> None:
        old = now() - TRASH_LIFETIME - timedelta(minutes=1)
        for name, deleted_at in (("task", old), ("child", old + timedelta(minutes=2))):
            async with database.writes.begin() as session:
                statement = update(Task).where(Task.id == office.rows[name].id)
                await session.execute(statement.values(deleted_at=deleted_at))
        done = await purge(database)
        assert (done.tasks, done.expired) == (1, 0)
        assert (await purge(database)).tasks == 0
        query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
        keys = ids(office.task, office.child, office.trashed)
        data = await office.api.ask(query, office.tokens["owner"], ids=keys)
        assert [node is None for node in data["nodes"]] == [True, False, False]
        actors = [change["actor"] for change in await office.changes(await office.sequence() - 1)]
        assert actors == [None]


async def test_task_is_archived_and_unarchived(office: Office) -> None:
    after = await office.sequence()
    selection = "task { archivedAt version } sequence"
    archived = await office.must_write("taskArchive", selection, id=office.gid("task"))
    again = await office.must_write("taskArchive", selection, id=office.gid("task"))
    assert again["task"] == archived["task"]
    assert again["sequence"] is None
    restored = await office.must_write("taskUnarchive", selection, id=office.gid("task"))
    assert restored["task"] == {"archivedAt": None, "version": 3}
    kinds = [change["kind"] for change in await office.changes(after)]
    assert kinds == ["ARCHIVED", "UNARCHIVED"]


class TestLinks:
    LINK = "link { kind task { key links { kind task { key } } } } sequence"

    async def test_both_tasks_show_the_link(self, office: Office) -> None:
        ends = {"taskId": office.gid("task"), "otherId": office.gid("linked")}
        values = ends | {"kind": "BLOCKED_BY"}
        payload = await office.must_write("taskLinkCreate", self.LINK, input=values)
        far = {"key": "WEB-5", "links": [{"kind": "BLOCKS", "task": {"key": "WEB-2"}}]}
        assert payload["link"] == {"kind": "BLOCKED_BY", "task": far}
        again = await office.must_write("taskLinkCreate", self.LINK, input=values)
        assert again == payload | {"sequence": None}

    async def test_link_can_be_deleted_from_either_task(self, office: Office) -> None:
        values = {
            "taskId": office.gid("child"),
            "kind": "BLOCKED_BY",
            "otherId": office.gid("parent"),
        }
        payload = await office.must_write("taskLinkDelete", self.LINK, input=values)
        far = {"key": "WEB-1", "links": []}
        assert payload["link"] == {"kind": "BLOCKED_BY", "task": far}

    async def test_relates_to_links_may_form_a_cycle(self, office: Office) -> None:
        names = ("task", "child", "linked", "task")
        for near, far in pairwise(names):
            values = {"taskId": office.gid(near), "otherId": office.gid(far), "kind": "RELATES_TO"}
            await office.must_write("taskLinkCreate", input=values)
