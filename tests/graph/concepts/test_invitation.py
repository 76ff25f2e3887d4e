"""Invitations, and the limits on the workspaces of a user."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from models import Invitation, Role, User
from models.base import Base, now
from models.database import Database
from models.limits import LIMITS
from tests.support.client import Statements
from tests.support.command import taskloom
from tests.support.office import Office, dump, gid, id_of, input_of
from tests.support.refusals.case import refuses
from tests.support.world import NOON, World

pytestmark = pytest.mark.usefixtures("roles_read_once")

FIELDS = {
    "admins": {
        "Invitation": (
            "id handle email role workspace workspaceName inviter createdAt viewerCanAccept "
            "viewerCanDelete"
        ),
        "InvitationConnection": "nodes edges pageInfo totalCount count",
        "InvitationEdge": "cursor node",
        "Workspace": "invitations",
    },
    "own": {"User": "invitations"},
}
MUTATIONS = {
    "invitationAccept": frozenset({"outsider"}),
    "invitationDecline": frozenset({"outsider"}),
    "invitationCancel": frozenset({"admin", "owner", "bound"}),
}
REJECTIONS = [
    refuses("invitationAccept", id_of("@invitation"), "NOT_FOUND id"),
    # The administrator sees the invitation; it is not theirs.
    refuses("invitationAccept", id_of("@invitation"), "NOT_FOUND id", who="admin"),
    refuses("invitationAccept", id_of("@task"), "NOT_FOUND id", who="outsider"),
    refuses("invitationDecline", id_of("@invitation"), "NOT_FOUND id", who="owner"),
    refuses("invitationCancel", id_of("@invitation"), "NOT_FOUND id"),
    # The invited user may decline it, and not cancel it.
    refuses("invitationCancel", id_of("@invitation"), "FORBIDDEN id", who="outsider"),
    refuses("invitationCancel", id_of("@foreign_invitation"), "NOT_FOUND id", who="admin"),
    refuses(
        "memberAdd",
        input_of(workspaceId="@workspace", handle="outsider"),
        "UNIQUE input.handle",
        who="admin",
    ),
]


async def add_to_office(world: World, rows: dict[str, Any]) -> None:
    rows["invitation"] = await invite(world, rows["workspace"], rows["outsider"], rows["admin"])
    rows["invitation_by_email"] = await invite(
        world, rows["workspace"], None, rows["admin"], handle=None, email="nobody@x.example"
    )
    rows["second_invitation"] = await invite(
        world, rows["workspace"], rows["outsider"], rows["admin"], handle=None, email="o@x.example"
    )
    rows["foreign_invitation"] = await invite(
        world, rows["foreign"], rows["guest"], rows["outsider"]
    )


async def add_rows(world: World, rows: dict[str, list[Base]]) -> None:
    workspace: Any = rows["Workspace"][0]
    author: Any = rows["User"][2]
    other = await world.make_user()
    rows["Invitation"] = [await invite(world, workspace, other, author)]


async def invite(
    world: World, workspace: Any, user: User | None, inviter: Any, **columns: Any
) -> Invitation:
    named = {"handle": user.handle if user else None, "role": Role.MEMBER} | columns
    invitation = Invitation(
        workspace_id=workspace.id,
        user_id=user.id if user else None,
        inviter_id=inviter.id,
        created_at=NOON,
        **named,
    )
    await world.save(invitation)
    return invitation


OWN = """{ viewer { invitations { nodes {
  id handle email role workspaceName workspace { slug } inviter { handle }
} } } }"""
OF_WORKSPACE = """query ($slug: String!) { workspace(slug: $slug) { invitations { nodes {
  handle email role workspaceName workspace { slug } inviter { handle }
} } } }"""


async def own_invitations(office: Office, who: str) -> list[dict[str, Any]]:
    data = await office.api.ask(OWN, office.tokens[who])
    nodes: list[dict[str, Any]] = data["viewer"]["invitations"]["nodes"]
    return nodes


async def test_user_is_invited_and_accepts(office: Office) -> None:
    after = await office.sequence()
    invitation, _ = await own_invitations(office, "outsider")
    assert invitation == {
        "id": office.gid("invitation"),
        "handle": "outsider",
        "email": None,
        "role": "MEMBER",
        "workspaceName": "Office",
        # The outsider is no member yet.
        "workspace": None,
        "inviter": None,
    }
    selection = "sequence invitation { id } member { role workspace { slug viewerRole } }"
    payload = await office.must_write(
        "invitationAccept", selection, "outsider", id=invitation["id"]
    )
    assert payload["member"] == {
        "role": "MEMBER",
        "workspace": {"slug": "office", "viewerRole": "MEMBER"},
    }
    assert payload["invitation"] is None
    assert await own_invitations(office, "outsider") == []
    changes = await office.changes(after)
    assert [(change["kind"], change["subjectType"]) for change in changes] == [
        # They were invited by handle and by address.
        ("DELETED", "Invitation"),
        ("DELETED", "Invitation"),
        ("CREATED", "Membership"),
    ]
    assert changes[2]["actor"] == {"handle": "outsider"}


async def test_handle_and_address_are_not_in_the_log(office: Office) -> None:
    after = await office.sequence()
    values = {"workspaceId": office.gid("workspace"), "email": "Somebody@x.example"}
    await office.must_write("memberAdd", who="admin", input=values)
    [change] = await office.changes(after)
    assert (change["kind"], change["subjectType"]) == ("CREATED", "Invitation")
    names = {field["name"] for field in change["fields"]}
    assert names == {"createdAt", "inviterId", "role"}


async def test_invitation_does_not_reveal_whether_a_user_exists(
    office: Office, world: World
) -> None:
    await world.make_user(handle="hidden", email="hidden@x.example")
    where = {"workspaceId": office.gid("workspace")}
    selection = """errors { code } member { id } invitation {
      handle email role workspaceName workspace { slug } inviter { handle }
    }"""
    answers: dict[str, list[Any]] = {"handle": [], "email": []}
    for name, values in (
        ("handle", ("hidden", "absent")),
        ("email", ("hidden@x.example", "absent@x.example")),
    ):
        for value in values:
            for dry_run in (True, False):
                with Statements(office.api.database) as statements:
                    payload = await office.write(
                        "memberAdd", selection, "admin", input=where | {name: value}, dryRun=dry_run
                    )
                assert payload["invitation"].pop(name) == value
                answers[name].append((payload, len(statements) - dry_run))
        # Inviting again is refused in both cases.
        for value in values:
            payload = await office.write(
                "memberAdd", "errors { code message }", "admin", input=where | {name: value}
            )
            answers[name].append(payload)
    for seen in answers.values():
        assert seen[0:2] == seen[2:4]
        assert seen[4] == seen[5]


async def test_invitations_are_shown_to_administrators_and_the_invited(office: Office) -> None:
    for who, count in (("owner", 3), ("admin", 3), ("member", 0), ("guest", 0), ("bound", 3)):
        data = await office.api.ask(OF_WORKSPACE, office.tokens[who], slug="office")
        assert len(data["workspace"]["invitations"]["nodes"]) == count, who
    nodes = (await office.api.ask(OF_WORKSPACE, office.tokens["admin"], slug="office"))[
        "workspace"
    ]["invitations"]["nodes"]
    assert nodes[1] == {
        "handle": None,
        "email": "nobody@x.example",
        "role": "MEMBER",
        "workspaceName": "Office",
        "workspace": {"slug": "office"},
        "inviter": {"handle": "admin"},
    }
    # Not those of another user, nor with a token of another workspace.
    query = "query ($id: ID!) { node(id: $id) { ... on User { invitations { totalCount } } } }"
    data = await office.api.ask(query, office.tokens["owner"], id=office.gid("guest"))
    assert data["node"]["invitations"] == {"totalCount": 0}
    bound = await office.world.make_token(office.guest, workspace=office.workspace)
    data = await office.api.ask("{ viewer { invitations { totalCount } } }", bound)
    assert data["viewer"]["invitations"] == {"totalCount": 0}
    assert await office.api.ask("{ viewer { invitations { totalCount } } }") == {"viewer": None}


async def test_anonymous_callers_see_no_invitations(office: Office) -> None:
    query = "query ($id: ID!) { node(id: $id) { id } }"
    for name in ("invitation", "invitation_by_email"):
        assert await office.api.ask(query, id=office.gid(name)) == {"node": None}


async def test_address_of_a_future_user_is_theirs(office: Office, world: World) -> None:
    user = await world.make_user(email="Nobody@x.example")
    later = await world.make_user(handle="later")
    office.tokens |= {
        "invited": await world.make_token(user),
        "later": await world.make_token(later),
    }
    [invitation] = await own_invitations(office, "invited")
    assert invitation["email"] == "nobody@x.example"
    # A handle was chosen by its user, who need not be the one who was meant.
    values = {"workspaceId": office.gid("workspace"), "handle": "chosen"}
    await office.must_write("memberAdd", who="admin", input=values)
    chosen = await world.make_user(handle="chosen")
    office.tokens["chosen"] = await world.make_token(chosen)
    assert await own_invitations(office, "chosen") == []


async def test_user_added_by_an_operator_gets_and_loses_invitations(
    office: Office, url: str
) -> None:
    await taskloom(url, "user", "add", "invited", "--email", "nobody@x.example")
    added = await taskloom(url, "token", "create", "--user", "invited")
    office.tokens["invited"] = added.out.strip()
    [invitation] = await own_invitations(office, "invited")
    assert invitation["email"] == "nobody@x.example"
    # As a member they need it no longer.
    await taskloom(url, "user", "add", "invited", "--workspace", "office")
    assert await own_invitations(office, "invited") == []


async def test_invitation_by_handle_and_address_is_accepted_once(office: Office) -> None:
    values = {"workspaceId": office.gid("foreign"), "email": "guest@x.example", "role": "ADMIN"}
    await office.must_write("memberAdd", who="outsider", input=values)
    first, second = await own_invitations(office, "guest")
    payloads = await asyncio.gather(
        *(office.write("invitationAccept", who="guest", id=one["id"]) for one in (first, second))
    )
    codes = sorted(str([error["code"] for error in one["errors"]]) for one in payloads)
    assert codes in (["['NOT_FOUND']", "[]"], ["['UNIQUE']", "[]"])
    assert await own_invitations(office, "guest") == []


@pytest.mark.parametrize("change", ["removed", "demoted", "disabled"])
async def test_invitation_ends_with_the_role_of_the_inviter(
    office: Office, database: Database, change: str
) -> None:
    who = {"workspaceId": office.gid("workspace"), "userId": office.gid("admin")}
    if change == "removed":
        await office.must_write("memberRemove", "sequence", "owner", input=who)
    elif change == "disabled":
        await database.write(disable(office.admin))
    else:
        await office.must_write("memberUpdate", who="owner", input=who | {"role": "MEMBER"})
    before = await dump(database)
    payload = await office.write(
        "invitationAccept", "errors { code message path }", "outsider", id=office.gid("invitation")
    )
    message = "The user who invited you may no longer add members. Ask for a new invitation."
    assert payload["errors"] == [{"code": "INVALID", "message": message, "path": ["id"]}]
    assert await dump(database) == before


def disable(user: User) -> Any:
    async def work(session: AsyncSession) -> None:
        disabled = update(User).where(User.id == user.id).values(disabled_at=now())
        await session.execute(disabled)

    return work


async def test_declining_does_not_reveal_whose_address_was_invited(
    office: Office, world: World
) -> None:
    friend = await world.make_user(handle="friend", email="friend@x.example")
    shared = await world.make_workspace()
    for user in (friend, office.owner):
        await world.make_member(shared, user)
    office.tokens["friend"] = await world.make_token(friend)
    after = await office.sequence()
    values = {"workspaceId": office.gid("workspace"), "email": "friend@x.example"}
    await office.must_write("memberAdd", who="owner", input=values)
    [invitation] = await own_invitations(office, "friend")
    selection = "sequence invitation { email workspaceName }"
    payload = await office.must_write("invitationDecline", selection, "friend", id=invitation["id"])
    assert payload["invitation"] == {"email": "friend@x.example", "workspaceName": "Office"}
    created, deleted = await office.changes(after)
    assert (created["kind"], created["actor"]) == ("CREATED", {"handle": "owner"})
    # The owner can see who `friend` is, and does not learn that they were invited.
    assert (deleted["kind"], deleted["actor"]) == ("DELETED", None)


async def test_users_own_and_belong_to_a_limited_number_of_workspaces(
    office: Office, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The outsider owns one workspace.
    monkeypatch.setattr(LIMITS, "owned_workspaces", 1)
    new = {"slug": "second", "name": "Second"}
    before = await dump(database)
    payload = await office.write(
        "workspaceCreate", "errors { code message path }", "outsider", input=new
    )
    message = "A user can own at most 1 workspaces."
    assert payload["errors"] == [{"code": "TOO_MANY", "message": message, "path": ["input"]}]
    monkeypatch.setattr(LIMITS, "owned_workspaces", 100)
    monkeypatch.setattr(LIMITS, "joined_workspaces", 1)
    message = "A user can belong to at most 1 workspaces."
    for name, arguments, path in (
        ("workspaceCreate", {"input": new}, ["input"]),
        ("invitationAccept", {"id": office.gid("invitation")}, ["id"]),
    ):
        payload = await office.write(name, "errors { code message path }", "outsider", **arguments)
        assert payload["errors"] == [{"code": "TOO_MANY", "message": message, "path": path}]
    assert await dump(database) == before


async def test_concurrent_workspaces_count_one_another(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LIMITS, "owned_workspaces", 3)
    made = await asyncio.gather(
        *(
            office.write(
                "workspaceCreate",
                "errors { code }",
                "outsider",
                input={"slug": f"new-{n}", "name": "New"},
            )
            for n in range(6)
        )
    )
    assert sum(payload["errors"] == [] for payload in made) == 2


async def test_member_is_invited_by_the_id_of_a_visible_user_only(
    office: Office, world: World
) -> None:
    where = {"workspaceId": office.gid("foreign"), "userId": office.gid("guest")}
    payload = await office.write("memberAdd", "errors { code path }", "outsider", input=where)
    assert payload["errors"] == [{"code": "NOT_FOUND", "path": ["input", "userId"]}]
    shared = await world.make_workspace()
    await world.make_member(shared, office.outsider, Role.OWNER)
    friend = await world.make_user(handle="friend")
    await world.make_member(shared, friend)
    named = {"workspaceId": office.gid("foreign"), "user": {"id": gid(friend)}}
    payload = await office.must_write("memberAdd", "invitation { handle }", "outsider", input=named)
    assert payload["invitation"] == {"handle": "friend"}
