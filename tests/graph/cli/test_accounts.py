"""Commands that manage users and registered documents."""

import asyncio
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from graph.auth.passwords import hash_password
from graph.auth.sign_in_code import create_sign_in_code
from graph.cli import accounts
from models import Password, RegisteredDocument, Session
from models.base import now
from models.columns.digest import digest
from models.database import Database
from tests.support.client import Api
from tests.support.command import taskloom
from tests.support.database_kinds import EveryDatabase, one_database  # noqa: F401
from tests.support.world import World

SIGN_IN = """
  mutation ($handle: String!, $password: String!) {
    signIn(input: {handle: $handle, password: $password}) { errors { code } token }
  }
"""


async def set_password(url: str, handle: str, password: str) -> tuple[int, str]:
    done = await taskloom(url, "user", "set-password", handle, typed=f"{password}\n")
    return done.code, done.notes


async def test_password_set_by_command_signs_in(
    api: Api, url: str, world: World, database: Database
) -> None:
    user = await world.make_user(handle="ada")
    await world.make_session(user)
    code, said = await set_password(url, "ada", "correct horse")
    assert (code, said) == (0, "The user ada has a new password and is signed out everywhere.\n")
    async with database.reads() as session:
        assert await session.scalar(select(func.count(Session.id))) == 0
    data = await api.ask(SIGN_IN, None, handle="ada", password="correct horse")
    assert data["signIn"]["errors"] == []
    await set_password(url, "ada", "another one")
    data = await api.ask(SIGN_IN, None, handle="ada", password="correct horse")
    assert data["signIn"]["errors"] == [{"code": "INVALID"}]


class TestNewPassword(EveryDatabase):
    async def test_new_password_revokes_and_lists_the_tokens(
        self, api: Api, url: str, world: World, database: Database
    ) -> None:
        user, other = await world.make_user(handle="ada"), await world.make_user()
        codes = [await create_sign_in_code(world.database, each.id) for each in (user, other)]
        secret = await world.make_token(user, name="nightly \u202ereport", prefix="tsk_abcd")
        await world.make_token(user, name="expired", expires_at=now() - timedelta(hours=1))
        others = [await world.make_token(other), await world.make_session(other)]
        assert await set_password(url, "ada", "correct horse") == (
            0,
            "The user ada has a new password and is signed out everywhere.\n"
            "These tokens are revoked:\n  nightly \\u202ereport (tsk_abcd…)\n",
        )
        assert (await api.refusal("{ viewer { handle } }", secret))[0] == "UNAUTHENTICATED"
        for kept in others:
            assert (await api.ask("{ viewer { handle } }", kept))["viewer"] is not None
        links = [await api.http.get("/sign-in", params={"code": code}) for code in codes]
        assert [link.status_code for link in links] == [410, 303]

    async def test_tokens_are_kept_on_demand(self, api: Api, url: str, world: World) -> None:
        user = await world.make_user(handle="ada")
        secret = await world.make_token(user, name="ci")
        session = await world.make_session(user)
        done = await taskloom(
            url, "user", "set-password", "ada", "--keep-tokens", typed="correct horse\n"
        )
        assert (done.code, done.notes) == (
            0,
            "The user ada has a new password and is signed out everywhere.\n"
            "These tokens still work:\n  ci (unknown prefix…)\n",
        )
        assert await api.ask("{ viewer { handle } }", secret) == {"viewer": {"handle": "ada"}}
        assert (await api.refusal("{ viewer { handle } }", session))[0] == "UNAUTHENTICATED"

    async def test_nobody_signs_in_with_a_password_that_is_replaced_meanwhile(
        self, api: Api, world: World, database: Database
    ) -> None:
        user = await world.make_user(handle="ada")
        await world.save(Password(user_id=user.id, hash=hash_password("correct horse")))
        async with database.writes.begin() as session:
            await accounts.set_password(session, "ada", hash_password("another one"))
            signing_in = asyncio.ensure_future(
                api.ask(SIGN_IN, None, handle="ada", password="correct horse")
            )
            await asyncio.sleep(0.1)
        payload = (await signing_in)["signIn"]
        assert payload == {"errors": [{"code": "INVALID"}], "token": None}
        async with database.reads() as session:
            assert await session.scalar(select(func.count(Session.id))) == 0


async def test_invalid_password_is_refused(url: str, world: World) -> None:
    await world.make_user(handle="ada")
    code, said = await set_password(url, "ada", "short")
    assert code == 2
    assert "a password must have 8 to 1,000 characters, not 5" in said
    code, said = await set_password(url, "bob", "long enough")
    assert code == 1
    assert "There is no user bob" in said


async def test_disabled_user_cannot_sign_in(api: Api, url: str, world: World) -> None:
    token = await world.make_token(await world.make_user(handle="ada"))
    done = await taskloom(url, "user", "disable", "ada")
    assert done.notes == "The user ada is disabled. Their tokens and sessions no longer work.\n"
    assert (await api.refusal("{ viewer { handle } }", token))[0] == "UNAUTHENTICATED"
    await taskloom(url, "user", "disable", "ada", "--undo")
    assert await api.ask("{ viewer { handle } }", token) == {"viewer": {"handle": "ada"}}


async def test_handle_that_differs_only_in_case_is_refused(url: str, world: World) -> None:
    await world.make_user(handle="ada", email="ada@x.example")
    done = await taskloom(url, "user", "add", "ADA")
    assert done.code == 1
    assert "The user ada already exists, and handles are case-insensitive" in done.notes
    done = await taskloom(url, "user", "add", "bob", "--email", "ADA@x.example")
    assert done.code == 1
    assert "belongs to the user ada" in done.notes


async def test_documents_are_registered_all_or_none(
    url: str, database: Database, tmp_path: Path
) -> None:
    good, bad, none = (tmp_path / name for name in ("good.graphql", "bad.graphql", "none.graphql"))
    good.write_text("{ viewer { handle } }")
    bad.write_text("{\n viewer { nothing } }")

    async def count() -> int:
        async with database.reads() as session:
            return await session.scalar(select(func.count(RegisteredDocument.digest))) or 0

    for files, reason in (([good, bad], "bad.graphql:2: Cannot query"), ([good, none], "none")):
        done = await taskloom(url, "documents", "add", *map(str, files))
        assert done.code == 1
        assert reason in done.notes
        assert await count() == 0
    for _ in range(2):
        done = await taskloom(url, "documents", "add", str(good))
        assert done.out == f"{digest(good.read_text()).hex()}  {good}\n"
        assert await count() == 1
