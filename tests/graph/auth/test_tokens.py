"""Personal access tokens."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from graph.auth.last_used import LastUsedTracker
from models import AccessToken, Scope
from models.base import now
from models.columns.digest import digest
from models.database import Database
from tests.support.client import Statements
from tests.support.database_kinds import EveryDatabase, one_database  # noqa: F401
from tests.support.office import Office

CREATE = """
  mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) {
    errors { code path }
    token
    accessToken { id name prefix scope workspace { slug } expiresAt lastUsedAt revokedAt }
  } }
"""
REVOKE = """
  mutation ($id: ID!) { tokenRevoke(id: $id) { errors { code } accessToken { id revokedAt } } }
"""
LIST = "{ viewer { accessTokens { nodes { name } } } }"
UPDATE = """
  mutation ($id: ID!) { taskUpdate(input: {id: $id, title: "x"}) { errors { code message } } }
"""


async def create(office: Office, who: str = "member", **values: Any) -> dict[str, Any]:
    data = await office.api.ask(CREATE, office.tokens[who], input={"name": "ci"} | values)
    payload: dict[str, Any] = data["tokenCreate"]
    return payload


async def stored_tokens(database: Database) -> list[AccessToken]:
    async with database.reads() as session:
        return list(await session.scalars(select(AccessToken).order_by(AccessToken.id)))


async def test_token_is_returned_once_and_stored_as_a_digest(
    office: Office, database: Database
) -> None:
    payload = await create(office, scope="WRITE", expiresAt="2099-01-01T00:00:00Z")
    secret = payload["token"]
    assert secret.startswith("tsk_")
    access_token = payload["accessToken"]
    assert access_token.pop("id").startswith("access-token_")
    assert access_token == {
        "name": "ci",
        "prefix": secret[:8],
        "scope": "WRITE",
        "workspace": None,
        "expiresAt": "2099-01-01T00:00:00Z",
        "lastUsedAt": None,
        "revokedAt": None,
    }
    rows = await stored_tokens(database)
    assert rows[-1].digest == digest(secret)
    assert secret not in str([vars(row) for row in rows])
    assert await office.api.ask("{ viewer { handle } }", secret) == {"viewer": {"handle": "member"}}


async def test_read_token_cannot_write(office: Office) -> None:
    secret = (await create(office))["token"]
    read = await office.api.ask('{ workspace(slug: "office") { name } }', secret)
    assert read == {"workspace": {"name": "Office"}}
    before = await office.sequence()
    data = await office.api.ask(UPDATE, secret, id=office.gid("task"))
    [error] = data["taskUpdate"]["errors"]
    assert error == {
        "code": "FORBIDDEN",
        "message": "This token can only read. Use a token with the scope WRITE.",
    }
    assert await office.sequence() == before


async def test_workspace_token_sees_no_other_workspace(office: Office) -> None:
    own = office.gid("workspace")
    await office.world.make_member(office.foreign, office.member)
    secret = (await create(office, scope="WRITE", workspaceId=own))["token"]
    document = '{ viewer { workspaces { nodes { slug } } } workspace(slug: "foreign") { slug } }'
    assert await office.api.ask(document, secret) == {
        "viewer": {"workspaces": {"nodes": [{"slug": "office"}]}},
        "workspace": None,
    }
    foreign = await office.api.ask(UPDATE, secret, id=office.gid("foreign_task"))
    assert foreign["taskUpdate"]["errors"][0]["code"] == "NOT_FOUND"
    done = await office.api.ask(UPDATE, secret, id=office.gid("task"))
    assert done["taskUpdate"]["errors"] == []
    # A token of a workspace cannot manage the tokens of its user.
    payload = await office.api.ask(CREATE, secret, input={"name": "more"})
    assert payload["tokenCreate"]["errors"] == [{"code": "FORBIDDEN", "path": []}]
    assert (await office.api.ask(LIST, secret))["viewer"]["accessTokens"]["nodes"] == []


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"name": " "}, "REQUIRED", ["input", "name"]),
        ({"name": "x" * 101}, "INVALID", ["input", "name"]),
        ({"name": "a\0b"}, "INVALID", ["input", "name"]),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "INVALID", ["input", "expiresAt"]),
        ({"expiresAt": "9999-12-31T23:59:59.999999Z"}, "INVALID", ["input", "expiresAt"]),
        ({"workspaceId": "@foreign"}, "NOT_FOUND", ["input", "workspaceId"]),
        ({"workspaceId": "@task"}, "NOT_FOUND", ["input", "workspaceId"]),
        ({"workspaceId": "x"}, "INVALID", ["input", "workspaceId"]),
    ],
)
async def test_invalid_input_is_refused(
    office: Office, database: Database, values: dict[str, Any], code: str, path: list[str]
) -> None:
    before = len(await stored_tokens(database))
    token_input = {
        name: office.gid(value[1:]) if value.startswith("@") else value
        for name, value in values.items()
    }
    if values.get("workspaceId") == "@foreign":
        token_input["workspaceId"] = f"workspace_{office.foreign.id.hex}"
    payload = await create(office, **token_input)
    assert payload == {"errors": [{"code": code, "path": path}], "token": None, "accessToken": None}
    assert len(await stored_tokens(database)) == before


async def test_token_cannot_create_one_that_expires_later(office: Office) -> None:
    expires_at = now() + timedelta(days=1)
    office.tokens["short"] = await office.world.make_token(office.member, expires_at=expires_at)
    created = await create(office, who="short", scope="WRITE")
    assert datetime.fromisoformat(created["accessToken"]["expiresAt"]) == expires_at
    longer = await create(office, who="short", expiresAt="2099-01-01T00:00:00Z")
    assert longer["errors"] == [{"code": "INVALID", "path": ["input", "expiresAt"]}]


async def test_revoked_token_is_refused(office: Office) -> None:
    payload = await create(office, scope="WRITE")
    secret, key = payload["token"], payload["accessToken"]["id"]
    other = await office.api.ask(REVOKE, office.tokens["admin"], id=key)
    assert other["tokenRevoke"]["errors"] == [{"code": "NOT_FOUND"}]
    assert (await office.api.answer(LIST, secret)).get("errors") is None
    done = await office.api.ask(REVOKE, office.tokens["member"], id=key)
    assert done["tokenRevoke"]["errors"] == []
    assert done["tokenRevoke"]["accessToken"]["revokedAt"] is not None
    for document in (LIST, "{ __typename }", UPDATE):
        response = await office.api.post({"query": document, "variables": {"id": "x"}}, secret)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
    # Revoking it again changes nothing.
    first = done["tokenRevoke"]["accessToken"]["revokedAt"]
    again = await office.api.ask(REVOKE, office.tokens["member"], id=key)
    assert again["tokenRevoke"]["accessToken"]["revokedAt"] == first


async def test_token_can_revoke_only_itself(office: Office, database: Database) -> None:
    secret = await office.world.make_token(office.member, scope=Scope.READ)
    [row] = [row for row in await stored_tokens(database) if row.digest == digest(secret)]
    other = next(row for row in await stored_tokens(database) if row.user_id == office.member.id)
    refused = await office.api.ask(REVOKE, secret, id=f"access-token_{other.id.hex}")
    assert refused["tokenRevoke"]["errors"] == [{"code": "NOT_FOUND"}]
    done = await office.api.ask(REVOKE, secret, id=f"access-token_{row.id.hex}")
    assert done["tokenRevoke"]["errors"] == []
    assert (await office.api.refusal(LIST, secret))[0] == "UNAUTHENTICATED"


async def test_tokens_of_other_users_are_hidden(office: Office) -> None:
    document = """
      query ($id: ID!) { node(id: $id) { ... on User {
        handle accessTokens { totalCount } sessions { totalCount }
      } } }
    """
    data = await office.api.ask(document, office.tokens["owner"], id=office.gid("member"))
    assert data["node"] == {
        "handle": "member", "accessTokens": {"totalCount": 0}, "sessions": {"totalCount": 0},
    }  # fmt: skip


class TestLastUsed(EveryDatabase):
    async def test_last_use_is_recorded_without_a_write_per_request(
        self, office: Office, database: Database
    ) -> None:
        api = office.api
        last_used: LastUsedTracker = api.app.state.server.authenticator.last_used
        with Statements(api.database) as statements:
            for _ in range(3):
                await api.ask("{ viewer { handle } }", office.tokens["member"])
            # Each request reads the viewer in one statement.
            assert len(statements) == 3
        await last_used.write(api.database)
        used = [row for row in await stored_tokens(database) if row.last_used_at is not None]
        assert [row.user_id for row in used] == [office.member.id]
        with Statements(api.database) as statements:
            await api.ask("{ viewer { handle } }", office.tokens["member"])
            await last_used.write(api.database)
            assert len(statements) == 1
