"""Tokens end no later than the credential that created them."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, update

from graph.auth.oidc import CLOCK_SKEW
from models import AccessToken, ExternalIdentity, User, Workspace
from models.base import now
from models.columns.digest import digest
from models.database import Database
from tests.graph.auth.test_oidc import (  # noqa: F401
    LocalIssuer,
    issuer,
    local_issuer,
    settings,
)
from tests.support.database_kinds import EveryDatabase, one_database  # noqa: F401
from tests.support.office import ERRORS, Office, document, dump, input_of

CREATE = """
  mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) {
    errors { code message path } token accessToken { id expiresAt parent { name } }
  } }
"""
REVOKE = """
  mutation ($id: ID!) { tokenRevoke(id: $id) { errors { code } accessToken { id revokedAt } } }
"""
LIST = "{ viewer { accessTokens { nodes { name revokedAt parent { name } } } } }"


@pytest.fixture
async def oidc(office: Office, issuer: LocalIssuer) -> LocalIssuer:  # noqa: F811
    """An issuer that knows the member and the admin of the office."""
    subjects = {"member-1": office.member, "admin-1": office.admin}
    for subject, user in subjects.items():
        identity = ExternalIdentity(issuer=issuer.url, subject=subject, user_id=user.id)
        await office.world.save(identity)
    return issuer


async def create(office: Office, secret: str, **values: Any) -> dict[str, Any]:
    data = await office.api.ask(CREATE, secret, input={"name": "ci", "scope": "WRITE"} | values)
    payload: dict[str, Any] = data["tokenCreate"]
    return payload


def at(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat().replace("+00:00", "Z")


class TestIssuer(EveryDatabase):
    async def test_token_expires_with_the_issuers_token_that_created_it(
        self, office: Office, oidc: LocalIssuer, database: Database
    ) -> None:
        expiry = int(time.time()) + 60
        secret = oidc.token(sub="member-1", exp=expiry)
        created = await create(office, secret)
        assert created["errors"] == []
        assert created["accessToken"]["expiresAt"] == at(expiry)
        assert (await create(office, secret, expiresAt=at(expiry)))["errors"] == []
        sooner = await create(office, secret, expiresAt=at(expiry - 1))
        assert sooner["accessToken"]["expiresAt"] == at(expiry - 1)
        before = await dump(database)
        assert await create(office, secret, expiresAt=at(expiry + 1)) == {
            "errors": [
                {
                    "code": "INVALID",
                    "message": "A token cannot create one that expires later than itself. "
                    f"The latest time allowed is {at(expiry)}.",
                    "path": ["input", "expiresAt"],
                }
            ],
            "token": None,
            "accessToken": None,
        }
        assert await dump(database) == before

    @pytest.mark.usefixtures("roles_read_once")
    @pytest.mark.parametrize("mutation", ["labelCreate", "tokenCreate"])
    async def test_write_is_refused_if_the_issuers_token_expires_while_it_waits(
        self,
        office: Office,
        oidc: LocalIssuer,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
        mutation: str,
    ) -> None:
        values: dict[str, Any] = {"name": "late"}
        if mutation == "labelCreate":
            values["workspaceId"] = "@workspace"
        secret = oidc.token(sub="admin-1")
        async with database.writes.begin() as session:
            # Every write to the workspace waits for it, and every new token for its user.
            workspace = update(Workspace).where(Workspace.id == office.workspace.id)
            await session.execute(workspace.values(name=Workspace.name))
            user = update(User).where(User.id == office.admin.id)
            await session.execute(user.values(name=User.name))
            writing = asyncio.ensure_future(
                office.api.answer(document(mutation, ERRORS), secret, **input_of(**values)(office))
            )
            await asyncio.sleep(0.1)
            assert not writing.done()
            later = now() + timedelta(seconds=60 + CLOCK_SKEW)
            for module in ("access", "authenticator"):
                monkeypatch.setattr(f"graph.auth.{module}.now", lambda: later)
        before = await dump(database)
        [error] = (await writing)["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
        assert await dump(database) == before


async def test_issuers_token_accepted_after_its_expiry_creates_no_token(
    office: Office, oidc: LocalIssuer, database: Database
) -> None:
    secret = oidc.token(sub="member-1", exp=int(time.time()) - CLOCK_SKEW // 2)
    before = await dump(database)
    for values in ({}, {"expiresAt": at(int(time.time()) + 60)}):
        [error] = (await create(office, secret, **values))["errors"]
        assert (error["code"], error["path"]) == ("INVALID", ["input", "expiresAt"])
    assert await dump(database) == before


async def test_issuers_token_that_never_expires_is_limited_by_the_last_time(
    office: Office, oidc: LocalIssuer
) -> None:
    created = await create(office, oidc.token(sub="member-1", exp=10**15))
    assert created["accessToken"]["expiresAt"] == "9999-12-31T00:00:00Z"


async def test_session_creates_tokens_that_outlive_it(office: Office) -> None:
    secret = await office.world.make_session(office.member)
    for expiry in (None, "2099-01-01T00:00:00Z"):
        created = await create(office, secret, expiresAt=expiry)
        assert created["errors"] == []
        assert created["accessToken"]["expiresAt"] == expiry
        assert created["accessToken"]["parent"] is None


class TestRevocation(EveryDatabase):
    async def test_revoking_a_token_revokes_all_tokens_that_were_created_with_it(
        self, office: Office
    ) -> None:
        session = await office.world.make_session(office.member)
        first = await create(office, session, name="first")
        second = await create(office, first["token"], name="second")
        third = await create(office, second["token"], name="third")
        other = await create(office, first["token"], name="other")
        assert third["accessToken"]["parent"] == {"name": "second"}

        async def valid() -> list[str]:
            data = await office.api.ask(LIST, session)
            nodes = data["viewer"]["accessTokens"]["nodes"]
            return [node["name"] for node in nodes if node["revokedAt"] is None][1:]

        assert await valid() == ["first", "second", "third", "other"]
        await office.api.ask(REVOKE, session, id=second["accessToken"]["id"])
        assert await valid() == ["first", "other"]
        await office.api.ask(REVOKE, first["token"], id=first["accessToken"]["id"])
        assert await valid() == []
        for created in (first, second, third, other):
            code, _ = await office.api.refusal(LIST, created["token"])
            assert code == "UNAUTHENTICATED"

    async def test_long_chain_of_tokens_is_revoked(self, office: Office) -> None:
        chain = [
            AccessToken(
                user_id=office.member.id, digest=digest(str(number)), name="chain", scope="WRITE"
            )
            for number in range(1200)
        ]
        async with office.world.database.writes.begin() as session:
            session.add_all(chain)
            await session.flush()
            for parent, child in pairwise(chain):
                child.parent_id = parent.id
        await office.api.ask(REVOKE, office.tokens["member"], id=f"access-token_{chain[0].id.hex}")
        async with office.world.database.reads() as session:
            left = select(AccessToken.id).where(
                AccessToken.name == "chain", AccessToken.revoked_at.is_(None)
            )
            assert (await session.scalars(left)).all() == []

    async def test_no_token_is_created_with_a_token_while_that_one_is_revoked(
        self, office: Office, database: Database
    ) -> None:
        session_secret = await office.world.make_session(office.member)
        first = await create(office, session_secret, name="first")
        second = await create(office, first["token"], name="second")
        async with database.writes.begin() as session:
            user = update(User).where(User.id == office.member.id)
            await session.execute(user.values(name=User.name))
            # Both wait for the user, in an order that the database chooses.
            creating = [
                asyncio.ensure_future(
                    office.api.answer(CREATE, second["token"], input={"name": f"late {number}"})
                )
                for number in range(3)
            ]
            revoking = asyncio.ensure_future(
                office.api.ask(REVOKE, session_secret, id=first["accessToken"]["id"])
            )
            await asyncio.sleep(0.1)
            assert not revoking.done()
        await asyncio.gather(revoking, *creating)
        async with database.reads() as session:
            left = select(AccessToken.name).where(
                AccessToken.parent_id.is_not(None), AccessToken.revoked_at.is_(None)
            )
            assert (await session.scalars(left)).all() == []
