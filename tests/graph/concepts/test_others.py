"""What the mutations of everything but tasks do."""

from typing import Any

import pytest

from models.database import Database
from tests.support.office import Office, dump, ids

pytestmark = pytest.mark.usefixtures("roles_read_once")


async def test_a_new_workspace_has_the_usual_states_and_an_owner(office: Office) -> None:
    selection = """
      sequence workspace {
        slug name sequence viewerRole states { name category position }
        members { nodes { role user { handle email } } }
      }
    """
    given = {"slug": "new-team", "name": " New team "}
    payload = await office.done("workspaceCreate", selection, input=given)
    workspace = payload["workspace"]
    assert payload["sequence"] == workspace["sequence"] == 9
    assert workspace["name"] == "New team"
    assert workspace["viewerRole"] == "OWNER"
    owner = {"role": "OWNER", "user": {"handle": "member", "email": "member@x.example"}}
    assert workspace["members"] == {"nodes": [owner]}
    assert [state["name"] for state in workspace["states"]] == [
        "Triage", "Backlog", "Todo", "In Progress", "In Review", "Done", "Canceled",
    ]  # fmt: skip


async def test_what_was_made_before_in_a_request_can_be_used_after_it(office: Office) -> None:
    key = "workspace_" + "b" * 32
    asked = """
      mutation ($key: ID!) {
        workspaceCreate(input: {id: $key, slug: "fresh", name: "Fresh"}) { workspace { id } }
        labelCreate(input: {workspaceId: $key, name: "new"}) { label { name } errors { code } }
      }
    """
    data = await office.api.ask(asked, office.tokens["member"], key=key)
    assert data == {
        "workspaceCreate": {"workspace": {"id": key}},
        "labelCreate": {"label": {"name": "new"}, "errors": []},
    }


async def test_a_workspace_is_renamed(office: Office) -> None:
    after = await office.sequence()
    given = {"id": office.gid("workspace"), "name": "Bureau", "slug": "office"}
    payload = await office.done("workspaceUpdate", "workspace { name }", who="admin", input=given)
    assert payload["workspace"] == {"name": "Bureau"}
    assert await office.fields(after) == [("UPDATED", "Workspace", {"name": ("Office", "Bureau")})]


class TestMembers:
    MEMBER = "member { role user { handle } workspace { slug } }"

    async def test_they_come_change_and_go(self, office: Office) -> None:
        after = await office.sequence()
        where = {"workspaceId": office.gid("workspace")}
        who = where | {"userId": office.gid("outsider")}
        added = await office.done("memberAdd", self.MEMBER, who="admin", input=who)
        assert added["member"] == {
            "role": "MEMBER",
            "user": {"handle": "outsider"},
            "workspace": {"slug": "office"},
        }
        raised = await office.done(
            "memberUpdate", self.MEMBER, who="owner", input=who | {"role": "OWNER"}
        )
        assert raised["member"]["role"] == "OWNER"
        # Now there are two owners, so either may leave: nothing is seen of them then.
        left = await office.done(
            "memberRemove", "member { role } sequence", who="outsider", input=who
        )
        assert left["member"] == {"role": "OWNER"}
        assert await office.fields(after) == [
            (
                "CREATED",
                "Membership",
                {
                    "joinedAt": (None, (await office.fields(after))[0][2]["joinedAt"][1]),
                    "role": (None, "MEMBER"),
                    "userId": (None, office.gid("outsider")),
                },
            ),
            ("UPDATED", "Membership", {"role": ("MEMBER", "OWNER")}),
            (
                "DELETED",
                "Membership",
                {
                    "joinedAt": ((await office.fields(after))[0][2]["joinedAt"][1], None),
                    "role": ("OWNER", None),
                    "userId": (office.gid("outsider"), None),
                },
            ),
        ]

    async def test_by_handle_and_by_address(self, office: Office) -> None:
        where = {"workspaceId": office.gid("foreign")}
        for name, value in (("handle", "guest"), ("email", "member@x.example")):
            given = where | {name: value, "role": "GUEST"}
            payload = await office.done("memberAdd", self.MEMBER, who="outsider", input=given)
            assert payload["member"]["role"] == "GUEST"

    async def test_a_new_role_holds_within_the_request(self, office: Office) -> None:
        asked = """
          mutation ($workspace: ID!, $user: ID!) {
            memberUpdate(input: {workspaceId: $workspace, userId: $user, role: GUEST}) {
              member { role workspace { viewerRole } }
            }
            labelCreate(input: {workspaceId: $workspace, name: "x"}) { errors { code } }
          }
        """
        keys = {"workspace": office.gid("workspace"), "user": office.gid("admin")}
        data = await office.api.ask(asked, office.tokens["admin"], **keys)
        assert data == {
            "memberUpdate": {"member": {"role": "GUEST", "workspace": {"viewerRole": "GUEST"}}},
            "labelCreate": {"errors": [{"code": "FORBIDDEN"}]},
        }


async def test_a_project_is_made_changed_and_put_away(office: Office) -> None:
    selection = "project { key name description version archivedAt lead { handle } }"
    given: dict[str, Any] = {
        "workspaceId": office.gid("workspace"),
        "key": "NEW",
        "name": "New",
        "description": "What for",
        "leadId": office.gid("guest"),
    }
    payload = await office.done("projectCreate", f"{selection} project {{ id }}", input=given)
    project = payload["project"]
    key = project.pop("id")
    assert project == {
        "key": "NEW", "name": "New", "description": "What for", "version": 1,
        "archivedAt": None, "lead": {"handle": "guest"},
    }  # fmt: skip
    given = {"id": key, "expectedVersion": 1, "leadId": None, "key": "NEWER"}
    changed = (await office.done("projectUpdate", selection, input=given))["project"]
    assert changed == project | {"lead": None, "key": "NEWER", "version": 2}
    put_away = (await office.done("projectArchive", selection, id=key))["project"]
    assert put_away["archivedAt"] is not None
    back = (await office.done("projectUnarchive", selection, id=key))["project"]
    assert back == changed | {"version": 4}


async def test_a_task_made_does_not_change_its_project(office: Office) -> None:
    asked = "query ($id: ID!) { node(id: $id) { ... on Project { version } } }"
    given = {"projectId": office.gid("project"), "title": "x"}
    await office.done("taskCreate", input=given)
    data = await office.api.ask(asked, office.tokens["guest"], id=office.gid("project"))
    assert data == {"node": {"version": 1}}


async def test_comments(office: Office) -> None:
    selection = "comment { id body editedAt author { handle } task { key } viewerCanUpdate }"
    given = {"taskId": office.gid("task"), "body": "  *well* \n"}
    comment = (await office.done("commentCreate", selection, who="guest", input=given))["comment"]
    key = comment.pop("id")
    assert comment == {
        "body": "  *well* \n", "editedAt": None, "author": {"handle": "guest"},
        "task": {"key": "WEB-2"}, "viewerCanUpdate": True,
    }  # fmt: skip
    given = {"id": key, "body": "better"}
    changed = (await office.done("commentUpdate", selection, who="guest", input=given))["comment"]
    assert changed["body"] == "better"
    assert changed["editedAt"] is not None
    gone = await office.done("commentDelete", selection, who="owner", id=key)
    assert gone["comment"] == changed | {"id": key, "viewerCanUpdate": False}


async def test_a_label_that_goes_is_taken_off_its_tasks(office: Office) -> None:
    for name in ("task", "child"):
        given = {"id": office.gid(name), "labelIds": ids(office.bug, office.docs)}
        await office.done("taskUpdate", input=given)
    after = await office.sequence()
    payload = await office.done("labelDelete", "label { name color }", id=office.gid("bug"))
    assert payload["label"] == {"name": "bug", "color": "#abcdef"}
    both = sorted(ids(office.bug, office.docs))
    fields = {"labelIds": (both, ids(office.docs))}
    told = await office.fields(after)
    assert told[:2] == [("UPDATED", "Task", fields)] * 2
    assert told[2][:2] == ("DELETED", "Label")
    asked = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Task { version labels { name } } } }"
    keys = ids(office.task, office.child)
    data = await office.api.ask(asked, office.tokens["guest"], ids=keys)
    versions = [node["version"] for node in data["nodes"]]
    assert versions == [3, 4]
    assert [node["labels"] for node in data["nodes"]] == [[{"name": "docs"}]] * 2


async def test_labels(office: Office) -> None:
    selection = "label { name color description }"
    given: dict[str, Any] = {"workspaceId": office.gid("workspace"), "name": " new "}
    label = (await office.done("labelCreate", selection, input=given))["label"]
    assert label == {"name": "new", "color": "#8a8f98", "description": None}
    given = {"id": office.gid("docs"), "color": "#000000", "description": "Words"}
    label = (await office.done("labelUpdate", selection, input=given))["label"]
    assert label == {"name": "docs", "color": "#000000", "description": "Words"}


async def test_milestones(office: Office) -> None:
    selection = "milestone { title description dueOn closedAt project { key } }"
    given: dict[str, Any] = {
        "projectId": office.gid("project"), "title": "new", "dueOn": "2026-05-01",
    }  # fmt: skip
    made = (await office.done("milestoneCreate", selection, input=given))["milestone"]
    assert made == {
        "title": "new", "description": "", "dueOn": "2026-05-01", "closedAt": None,
        "project": {"key": "WEB"},
    }  # fmt: skip
    key = office.gid("milestone")
    closed = await office.done("milestoneUpdate", selection, input={"id": key, "isClosed": True})
    assert closed["milestone"]["closedAt"] is not None
    again = await office.done("milestoneUpdate", selection, input={"id": key, "isClosed": True})
    assert again == closed
    opened = await office.done("milestoneUpdate", selection, input={"id": key, "isClosed": False})
    assert opened["milestone"]["closedAt"] is None
    after = await office.sequence()
    await office.done("milestoneDelete", selection, id=key)
    told = await office.fields(after)
    assert told[0] == ("UPDATED", "Task", {"milestoneId": (key, None)})
    assert told[1][:2] == ("DELETED", "Milestone")


async def test_states(office: Office) -> None:
    selection = "state { name category color position }"
    given: dict[str, Any] = {
        "workspaceId": office.gid("workspace"), "name": "new", "category": "STARTED",
    }  # fmt: skip
    made = (await office.done("stateCreate", selection, who="admin", input=given))["state"]
    last = office.empty.position
    assert made == {
        "name": "new", "category": "STARTED", "color": "#8a8f98", "position": last + 1,
    }  # fmt: skip
    given = {"id": office.gid("empty"), "position": 0, "name": "first"}
    changed = (await office.done("stateUpdate", selection, who="admin", input=given))["state"]
    assert (changed["name"], changed["position"]) == ("first", 0)
    gone = await office.done("stateDelete", selection, who="admin", id=office.gid("empty"))
    assert gone["state"] == changed


class TestEvents:
    EVENT = """
      event {
        title description location startsAt endsAt project { key } organizer { handle }
        attendees { nodes { response user { handle } } }
      }
    """

    def attendees(self, payload: dict[str, Any]) -> dict[str, str]:
        nodes = payload["event"]["attendees"]["nodes"]
        return {node["user"]["handle"]: node["response"] for node in nodes}

    async def test_one_is_made_with_its_invitations(self, office: Office) -> None:
        given = {
            "workspaceId": office.gid("workspace"),
            "title": "Plan",
            "location": "Room 1",
            "projectId": office.gid("project"),
            "startsAt": "2026-03-02T13:00:00+01:00",
            "endsAt": "2026-03-02T12:00:00Z",
            "attendeeIds": ids(office.guest, office.admin),
        }
        payload = await office.done("eventCreate", self.EVENT, input=given)
        assert self.attendees(payload) == {"guest": "PENDING", "admin": "PENDING"}
        payload["event"].pop("attendees")
        assert payload["event"] == {
            "title": "Plan", "description": "", "location": "Room 1",
            "startsAt": "2026-03-02T12:00:00Z", "endsAt": "2026-03-02T12:00:00Z",
            "project": {"key": "WEB"}, "organizer": {"handle": "member"},
        }  # fmt: skip

    async def test_who_stays_keeps_their_answer(self, office: Office) -> None:
        key = office.gid("event")
        answer = {"eventId": key, "response": "ACCEPTED"}
        answered = await office.done("eventRespond", self.EVENT, who="guest", input=answer)
        assert self.attendees(answered) == {"guest": "ACCEPTED"}
        given = {"id": key, "attendeeIds": ids(office.guest, office.admin)}
        changed = await office.done("eventUpdate", self.EVENT, input=given)
        assert self.attendees(changed) == {"guest": "ACCEPTED", "admin": "PENDING"}
        given = {
            "id": key,
            "addedAttendeeIds": ids(office.owner),
            "removedAttendeeIds": ids(office.guest),
        }
        changed = await office.done("eventUpdate", self.EVENT, input=given)
        assert self.attendees(changed) == {"owner": "PENDING", "admin": "PENDING"}

    async def test_its_answers_go_with_it(self, office: Office) -> None:
        after = await office.sequence()
        payload = await office.done("eventDelete", "event { title }", id=office.gid("event"))
        assert payload["event"] == {"title": "Review"}
        kinds = [(kind, subject) for kind, subject, _ in await office.fields(after)]
        assert kinds == [("DELETED", "Attendance"), ("DELETED", "Event")]


class TestKeys:
    """Idempotency keys."""

    async def test_other_input_is_refused(self, office: Office, database: Database) -> None:
        key = office.gid("task")
        first = {"id": key, "title": "one"}
        await office.done("taskUpdate", idempotencyKey="k", input=first)
        before = await dump(database)
        for mutation, arguments in (
            ("taskUpdate", {"input": first | {"title": "two"}}),
            ("taskUpdate", {"input": first | {"body": None}}),
            ("taskArchive", {"id": key}),
        ):
            payload = await office.write(mutation, idempotencyKey="k", **arguments)
            assert payload["errors"] == [{"code": "INVALID", "path": ["idempotencyKey"]}]
        assert await dump(database) == before

    async def test_a_refused_write_does_not_use_its_key_up(self, office: Office) -> None:
        key = office.gid("task")
        refused = await office.write(
            "taskUpdate", idempotencyKey="k", input={"id": key, "title": ""}
        )
        assert refused["errors"] == [{"code": "REQUIRED", "path": ["input", "title"]}]
        await office.done("taskUpdate", idempotencyKey="k", input={"id": key, "title": "one"})

    async def test_others_have_keys_of_their_own(self, office: Office) -> None:
        given = {"projectId": office.gid("project"), "title": "x"}
        made = [
            await office.done("taskCreate", who=who, idempotencyKey="k", input=given)
            for who in ("member", "admin", "owner", "member")
        ]
        keys = [payload["task"]["id"] for payload in made]
        assert len(set(keys)) == 3
        assert keys[0] == keys[3]

    async def test_what_cannot_be_a_key_is_refused(self, office: Office) -> None:
        given = {"id": office.gid("task"), "title": "x"}
        for key in ("", "x" * 256, "a\nb", "\0"):
            payload = await office.write("taskUpdate", idempotencyKey=key, input=given)
            assert payload["errors"] == [{"code": "INVALID", "path": ["idempotencyKey"]}]

    async def test_a_dry_run_uses_no_key_up(self, office: Office) -> None:
        given = {"id": office.gid("task"), "title": "x"}
        asked: dict[str, Any] = {"idempotencyKey": "k", "input": given}
        await office.done("taskUpdate", dryRun=True, **asked)
        payload = await office.done("taskUpdate", "sequence task { title }", **asked)
        assert payload["task"] == {"title": "x"}
        assert payload["sequence"] is not None


async def test_a_dry_run_is_undone_before_the_next_field(office: Office) -> None:
    asked = """
      mutation ($id: ID!) {
        one: taskUpdate(input: {id: $id, title: "tried"}, dryRun: true) {
          sequence
          task { title version changes { totalCount } project { tasks { nodes { title } } } }
        }
        two: taskUpdate(input: {id: $id, body: "done"}) { task { title version } }
        three: taskUpdate(input: {id: $id, body: "again"}, dryRun: true) { task { version } }
      }
    """
    data = await office.api.ask(asked, office.tokens["member"], id=office.gid("task"))
    tried = data["one"]["task"]
    assert "tried" in [node["title"] for node in tried.pop("project")["tasks"]["nodes"]]
    assert tried == {"title": "tried", "version": 2, "changes": {"totalCount": 1}}
    assert data["one"]["sequence"] is None
    assert data["two"]["task"] == {"title": "task", "version": 2}
    assert data["three"]["task"] == {"version": 3}
    asked = "query ($id: ID!) { node(id: $id) { ... on Task { title body version } } }"
    data = await office.api.ask(asked, office.tokens["member"], id=office.gid("task"))
    assert data["node"] == {"title": "task", "body": "done", "version": 2}
