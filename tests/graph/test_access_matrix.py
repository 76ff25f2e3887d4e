"""Permissions: every field of the schema and every mutation, for every kind of caller."""

import json
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLObjectType

from graph.auth import passwords
from graph.kit.node import node_id
from graph.kit.writing.mutation import REQUIRED_PERMISSIONS
from graph.schema import schema
from models import AccessToken, Base, Password, Role, Scope, Session
from models.base import now
from models.database import Database
from tests.conftest import NO_LIMITS
from tests.graph.test_every_field import everything_of
from tests.support.client import Api
from tests.support.everything import Everything, make_credentials, make_everything
from tests.support.examples import one_by_one
from tests.support.executors import both_executors  # noqa: F401
from tests.support.office import Office, document, dump, payload_selection
from tests.support.permissions import ACTIONS, ADMINS, ANYONE, BY_ROLE, MEMBERS, MUTATIONS, OWN
from tests.support.schema_walk import SCHEMA
from tests.support.sockets import connected, opened, streaming
from tests.support.viewer_can import VIEWER_CAN, WITHOUT_VIEWER_CAN, compare_viewer_can
from tests.support.world import World

#: Callers whose credential is invalid.
REFUSED = ("expired", "disabled", "revoked")
OUTSIDE = ("anonymous", "outsider", "foreign")
INSIDE = ("guest", "member", "admin", "owner", "reader", "bound")


@pytest.fixture
def settings() -> dict[str, Any]:
    return NO_LIMITS


@pytest.fixture(autouse=True)
def read_roles_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.context.ROLES_FRESH_SECONDS", 3600)


def entries(*tables: dict[str, str]) -> list[str]:
    return [
        f"{kind}.{name}" for table in tables for kind, names in table.items()
        for name in names.split()
    ]  # fmt: skip


def test_every_field_has_one_entry() -> None:
    listed = entries(MEMBERS, OWN, BY_ROLE, ADMINS, ANYONE)
    fields = [
        f"{kind.name}.{name}"
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, GraphQLObjectType) and is_read(kind)
        for name in kind.fields
    ]
    assert sorted(listed) == sorted(fields)


def is_read(kind: GraphQLObjectType) -> bool:
    """Whether a type can be read by queries, that is, is no payload of a mutation."""
    written = kind.name.endswith("Payload") or kind.name in ("UserError", "TaskBatchResult")
    return not kind.name.startswith("__") and kind.name != "Mutation" and not written


def test_every_mutation_has_an_entry_and_declares_its_permission() -> None:
    mutations: Any = SCHEMA.mutation_type
    assert sorted(MUTATIONS | ACTIONS) == sorted(mutations.fields)
    definition: Any = schema.get_type_by_name("Mutation")
    assert len(REQUIRED_PERMISSIONS) == len(definition.fields)
    assert {name for name, one in mutations.fields.items() if "dryRun" not in one.args} == set(
        ACTIONS
    )


def test_every_mutation_has_a_field_that_says_who_may_run_it() -> None:
    assert sorted([*VIEWER_CAN, *WITHOUT_VIEWER_CAN]) == sorted(MUTATIONS | ACTIONS)
    for kind, field in VIEWER_CAN.values():
        declared: Any = SCHEMA.type_map[kind]
        assert field in declared.fields


async def tokens_of(world: World, people: dict[str, Any], own: Any, foreign: Any) -> dict[str, Any]:
    """A token of each caller; None for anonymous ones.

    The token `foreign` is limited to another workspace. Its user is an owner of both.
    """
    owner, traveler = people["owner"], await world.make_user()
    for workspace in (own, foreign):
        await world.make_member(workspace, traveler, Role.OWNER)
    made: dict[str, Any] = {name: await world.make_token(user) for name, user in people.items()}
    made["reader"] = await world.make_token(owner, scope=Scope.READ)
    made["bound"] = await world.make_token(owner, workspace=own)
    made["foreign"] = await world.make_token(traveler, workspace=foreign)
    made["expired"] = await world.make_token(owner, expires_at=now() - timedelta(seconds=1))
    made["revoked"] = await world.make_token(owner, revoked_at=now())
    disabled = await world.make_user(disabled_at=now())
    await world.make_member(own, disabled, Role.OWNER)
    made["disabled"] = await world.make_token(disabled)
    return made | {"anonymous": None}


NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"


class TestReading:
    @pytest.fixture
    def kind(self) -> str:
        """Visibility on all databases is tested in test_every_field.py."""
        return "sqlite"

    @pytest.fixture
    async def team(self, world: World) -> Everything:
        return await make_everything(world, "ash")

    @pytest.fixture
    async def tokens(self, world: World, team: Everything) -> dict[str, Any]:
        people: dict[str, Any] = {"owner": team.owner}
        for role in (Role.ADMIN, Role.MEMBER, Role.GUEST):
            people[role.name.lower()] = await world.make_member(team.workspace, role=role)
        people["outsider"] = await world.make_user()
        foreign = await world.make_workspace()
        await world.make_member(foreign, people["outsider"], Role.OWNER)
        return await tokens_of(world, people, team.workspace, foreign)

    async def test_members_see_the_same_values_and_others_nothing(
        self, api: Api, team: Everything, tokens: dict[str, Any]
    ) -> None:
        own = {kind: team.rows.pop(kind) for kind in ("AccessToken", "Session", "Invitation")}
        ids = [node_id(row) for rows in team.rows.values() for row in rows]
        seen = {}
        for who in INSIDE:
            answer = await everything_of(api, tokens[who], ids)
            assert None not in answer["nodes"], who
            seen[who] = json.dumps(common_fields(answer), sort_keys=True)
        assert "ash" in seen["owner"]
        for who in INSIDE:
            assert seen[who] == seen["owner"], who
        hidden = [*ids, *(node_id(row) for rows in own.values() for row in rows)]
        for who in OUTSIDE:
            answer = await api.ask(NODES, tokens[who], ids=hidden)
            assert answer["nodes"] == [None] * len(hidden), who
            roots = f'{{ workspace(slug: "{team.workspace.slug}") {{ id }} viewer {{ handle }} }}'
            answer = await api.ask(roots, tokens[who])
            assert answer["workspace"] is None, who
            assert "ash" not in json.dumps(answer), who
        for who in REFUSED:
            response = await api.post({"query": "{ __typename }"}, tokens[who])
            assert response.status_code == 401, who

    async def test_emails_are_shown_to_administrators_and_their_user(
        self, api: Api, team: Everything, tokens: dict[str, Any]
    ) -> None:
        query = "query ($id: ID!) { node(id: $id) { ... on User { email } } viewer { email } }"
        key = node_id(team.rows["User"][0])
        for who in INSIDE:
            data = await api.ask(query, tokens[who], id=key)
            sees = who in ("admin", "owner", "reader", "bound")
            assert (data["node"]["email"] is not None) == sees, who
        for who in OUTSIDE:
            assert (await api.ask(query, tokens[who], id=key))["node"] is None
        own = await api.ask(query, tokens["owner"], id=key)
        assert own["viewer"] == {"email": "owner@ash.example"}

    async def test_credentials_are_shown_only_to_their_user(
        self, api: Api, world: World, team: Everything, tokens: dict[str, Any]
    ) -> None:
        own = await make_credentials(world, team.owner, team.workspace, "own")
        ids = [node_id(row) for row in (own["AccessToken"][0], own["Session"][0])]
        listing = """
          query ($id: ID!) { node(id: $id) { ... on User {
            accessTokens { totalCount } sessions { totalCount }
          } } }
        """
        for who in (*INSIDE, *OUTSIDE):
            answer = await api.ask(NODES, tokens[who], ids=ids)
            assert (None not in answer["nodes"]) == (who == "owner"), who
            data = await api.ask(listing, tokens[who], id=node_id(team.owner))
            counts = None if data["node"] is None else [
                one["totalCount"] > 0 for one in data["node"].values()
            ]  # fmt: skip
            sees = [True, True] if who == "owner" else [False, False]
            assert counts == (None if who in OUTSIDE else sees), who

    async def test_members_follow_the_changes_and_others_are_told_of_no_workspace(
        self, api: Api, team: Everything, tokens: dict[str, Any]
    ) -> None:
        """What they see of a change is compared by `test_members_see_the_same_values`."""
        slug = team.workspace.slug
        for who in INSIDE:
            async with connected(api.app, tokens[who]) as socket:
                await socket.subscribe(workspace=slug, after=0)
                assert await socket.sequences(2) == [1, 2], who
        for who in OUTSIDE:
            async with connected(api.app, tokens[who]) as socket:
                await socket.subscribe(workspace=slug, after=0)
                assert (await socket.error())[0] == "NOT_FOUND", who
            async with streaming(api.app, tokens[who], workspace=slug, after=0) as stream:
                answer = json.loads(await stream.rest())
                assert (stream.status, answer["errors"][0]["extensions"]["code"]) == (
                    400,
                    "NOT_FOUND",
                ), who
        for who in REFUSED:
            async with opened(api.app) as socket:
                payload = {"Authorization": f"Bearer {tokens[who]}"}
                await socket.send(type="connection_init", payload=payload)
                assert (await socket.closed()).code == 4401, who
            async with streaming(api.app, tokens[who], workspace=slug) as stream:
                assert stream.status == 401, who

    async def test_viewer_role_is_that_of_the_caller(
        self, api: Api, team: Everything, tokens: dict[str, Any]
    ) -> None:
        query = "query ($slug: String!) { workspace(slug: $slug) { viewerRole } }"
        for who in INSIDE:
            role = {"reader": "OWNER", "bound": "OWNER"}.get(who, who.upper())
            data = await api.ask(query, tokens[who], slug=team.workspace.slug)
            assert data == {"workspace": {"viewerRole": role}}, who


def common_fields(value: Any) -> Any:
    """A response without the fields that differ between members."""
    if isinstance(value, list):
        return [common_fields(item) for item in value]
    if not isinstance(value, dict):
        return value
    names = {entry.split(".")[1] for entry in entries(OWN, BY_ROLE, ADMINS)} - AMBIGUOUS
    return {
        name: common_fields(inner)
        for name, inner in value.items()
        if name.split("_")[-1] not in names
    }


#: Names of such fields that other types have too.
AMBIGUOUS = {"id", "name", "workspace", "createdAt", "nodes", "edges", "pageInfo", "totalCount",
         "count", "cursor", "node"}  # fmt: skip


#: Mutations without a workspace, of users who are no members yet, or run while the outsider is one.
SEEN_BY_OUTSIDERS = {
    "workspaceCreate",
    "invitationAccept",
    "invitationDecline",
    "memberUpdate",
    "memberRemove",
}


class TestWriting:
    @pytest.fixture
    def kind(self) -> str:
        """Refusals on all databases are tested in test_refusals.py."""
        return "sqlite"

    @pytest.fixture
    async def everybody(self, office: Office) -> Office:
        people = {
            name: office.rows[name] for name in ("owner", "admin", "member", "guest", "outsider")
        }
        tokens = await tokens_of(office.world, people, office.workspace, office.foreign)
        office.tokens |= tokens
        return office

    async def test_each_mutation_is_allowed_for_the_listed_users_only(
        self, everybody: Office, database: Database
    ) -> None:
        office = everybody
        async for example, arguments in one_by_one(office):
            name = example.mutation
            before = await dump(database)
            for who in (*INSIDE, *OUTSIDE, *REFUSED):
                if who in MUTATIONS[name]:
                    continue
                code = await code_of(office, name, who, arguments)
                expected = {"NOT_FOUND", "FORBIDDEN"}
                if who in (*REFUSED, "anonymous"):
                    expected = {"UNAUTHENTICATED"}
                elif who == "reader":
                    expected = {"FORBIDDEN"}
                elif who in OUTSIDE and name not in SEEN_BY_OUTSIDERS:
                    expected = {"NOT_FOUND"}
                assert code in expected, f"{name} by {who}"
            await compare_viewer_can(office, name, arguments, INSIDE)
            for who in MUTATIONS[name]:
                code = await code_of(office, name, who, {**arguments, "dryRun": True})
                assert code is None, f"{name} by {who}"
            assert await dump(database) == before, name
            await office.must_write(name, who=example.who, **arguments)

    async def test_each_action_is_allowed_for_the_listed_users_only(
        self, everybody: Office, database: Database
    ) -> None:
        office, world = everybody, everybody.world
        hash_of = passwords.hash_password("a password")
        await world.save(Password(user_id=office.guest.id, hash=hash_of))
        for name, allowed in ACTIONS.items():
            for who in (*INSIDE, *OUTSIDE, *REFUSED):
                arguments = await self.arguments(office, name, who)
                before = await dump(database)
                code = await code_of(office, name, who, arguments)
                if who in allowed:
                    assert code is None, f"{name} by {who}"
                    continue
                assert code is not None, f"{name} by {who}"
                unauthenticated = who in (*REFUSED, "anonymous")
                assert (code == "UNAUTHENTICATED") == unauthenticated, f"{name} by {who}"
                assert await dump(database) == before, f"{name} by {who}"

    async def arguments(self, office: Office, name: str, who: str) -> dict[str, Any]:
        if name == "signIn":
            return {"input": {"handle": "guest", "password": "a password"}}
        if name == "tokenCreate":
            return {"input": {"name": "x", "scope": "WRITE"}}
        if name == "signOut":
            return {}
        names = {"reader": "owner", "bound": "owner", "foreign": "owner", "anonymous": "owner"}
        user = office.rows[names.get(who, who if who not in REFUSED else "owner")]
        kind: type[Base] = Session
        if name == "sessionRevoke":
            await office.world.make_session(user)
        else:
            kind = AccessToken
            # Each caller revokes the token that it sends. Callers without one revoke another's.
            token = await office.world.make_token(
                user,
                scope=Scope.READ if who == "reader" else Scope.WRITE,
                workspace={"bound": office.workspace, "foreign": office.foreign}.get(who),
            )
            if who not in (*REFUSED, "anonymous"):
                office.tokens[who] = token
        rows = (await dump(office.api.database))[kind.__tablename__]
        newest = max(row[0] for row in rows)
        prefix = "session" if kind is Session else "access-token"
        return {"id": f"{prefix}_{newest.hex}"}


async def code_of(office: Office, name: str, who: str, arguments: dict[str, Any]) -> str | None:
    """The code of the first error of a mutation, or None if it succeeds."""
    body = {"query": document(name, payload_selection(name)), "variables": arguments}
    response = await office.api.post(body, office.tokens[who])
    office.api.http.cookies.clear()
    answer = response.json()
    if "errors" in answer:
        [error] = answer["errors"]
        code: str = error["extensions"]["code"]
        return code
    payload = answer["data"][name]
    return payload["errors"][0]["code"] if payload["errors"] else None
