"""Signing in with a password, and sessions."""

import asyncio
import statistics
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from graph.auth import passwords
from graph.auth.session import SESSION_COOKIE
from models import Password, Session, User
from models.base import now
from models.database import Database
from models.server.token_bucket import BucketSize
from tests.support.client import Api
from tests.support.database_kinds import EveryDatabase, one_database  # noqa: F401
from tests.support.world import World

SIGN_IN = """
  mutation ($input: SignInInput!) { signIn(input: $input) {
    errors { code message path } token user { handle } session { id userAgent isCurrent }
  } }
"""
WRONG = {
    "code": "INVALID",
    "message": "The user name or the password is wrong.",
    "path": ["input"],
}
SECRET = "correct horse"


@pytest.fixture
async def ada(world: World) -> User:
    user = await world.make_user(handle="Ada", email="ada@x.example")
    await world.save(Password(user_id=user.id, hash=passwords.hash_password(SECRET)))
    return user


async def sign_in(api: Api, password: str = SECRET, **name: str) -> dict[str, Any]:
    data = await api.ask(SIGN_IN, None, input={**name, "password": password})
    payload: dict[str, Any] = data["signIn"]
    return payload


def at(address: str, api: Api) -> Api:
    """A client of the same server with another IP address."""
    other = Api(api.app)
    transport = httpx.ASGITransport(api.app, client=(address, 1))
    other.http = httpx.AsyncClient(transport=transport, base_url="http://taskloom.test")
    return other


async def sessions(database: Database) -> list[Session]:
    async with database.reads() as session:
        return list(await session.scalars(select(Session)))


class TestPassword(EveryDatabase):
    async def test_password_creates_a_session(
        self, api: Api, ada: User, database: Database
    ) -> None:
        api.http.headers["User-Agent"] = "a browser"
        body = {"query": SIGN_IN, "variables": {"input": {"handle": "Ada", "password": SECRET}}}
        response = await api.post(body)
        payload = response.json()["data"]["signIn"]
        token = payload.pop("token")
        [session] = await sessions(database)
        assert payload == {
            "errors": [],
            "user": {"handle": "Ada"},
            "session": {
                "id": f"session_{session.id.hex}",
                "userAgent": "a browser",
                "isCurrent": True,
            },
        }
        # Only the digest of the token is stored.
        assert token.startswith("tss_")
        assert token.encode() not in session.digest
        assert session.expires_at is not None
        assert timedelta(days=29) < session.expires_at - now() < timedelta(days=31)
        cookie = response.headers["set-cookie"]
        assert cookie.startswith(f"{SESSION_COOKIE}={token};")
        for attribute in ("HttpOnly", "SameSite=lax", "Path=/"):
            assert f"; {attribute}" in cookie
        assert "Secure" not in cookie
        # The session works with the cookie and with the token alone.
        assert await api.ask("{ viewer { handle } }") == {"viewer": {"handle": "Ada"}}
        api.http.cookies.clear()
        assert await api.ask("{ viewer { handle } }", token) == {"viewer": {"handle": "Ada"}}


async def test_cookie_is_secure_over_https(api: Api, ada: User) -> None:
    body = {"query": SIGN_IN, "variables": {"input": {"handle": "Ada", "password": SECRET}}}
    response = await api.http.post("https://taskloom.test/graphql", json=body)
    assert "; Secure" in response.headers["set-cookie"]
    assert response.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "name", [{"handle": "ada"}, {"email": "ADA@x.example"}, {"user": {"email": "ada@x.example"}}]
)
async def test_login_name_is_case_insensitive(api: Api, ada: User, name: dict[str, Any]) -> None:
    assert (await sign_in(api, **name))["user"] == {"handle": "Ada"}


async def test_unknown_user_and_wrong_password_get_the_same_error(
    api: Api, ada: User, world: World, database: Database
) -> None:
    await world.make_user(handle="nopassword")
    disabled = await world.make_user(handle="gone", disabled_at=now())
    await world.save(Password(user_id=disabled.id, hash=passwords.hash_password(SECRET)))
    for name, password in (
        ("Ada", "wrong"), ("nobody", SECRET), ("nopassword", SECRET), ("gone", SECRET),
        ("Ada' OR '1'='1", SECRET), ("a%", SECRET), ("\0", SECRET), ("Ada", SECRET * 500),
    ):  # fmt: skip
        refused = {"errors": [WRONG], "token": None, "user": None, "session": None}
        assert await sign_in(api, password, handle=name) == refused
    assert await sessions(database) == []


async def test_exactly_one_of_handle_and_email_is_required(api: Api, ada: User) -> None:
    both = {"handle": "Ada", "email": "ada@x.example"}
    for name in ({}, both, {"user": {"handle": "Ada"}, "handle": "Ada"}):
        [error] = (await sign_in(api, **name))["errors"]
        assert error["message"] == "Provide the user, by one of handle and email."
    query = "mutation ($input: SignInInput!) { signIn(input: $input) { token } }"
    for user in ({}, both, {"handle": None}):
        values = {"input": {"user": user, "password": SECRET}}
        code, message = await api.refusal(query, **values)
        assert code == "BAD_USER_INPUT"
        assert "'SignInName', exactly one field must be specified" in message


@pytest.mark.usefixtures("slow_passwords")
class TestTiming:
    async def test_unknown_user_takes_as_long_as_a_wrong_password(
        self, api: Api, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(passwords, "PER_ADDRESS", BucketSize(1000, 1))
        await sign_in(api, "wrong", handle="warm")
        durations: dict[str, list[float]] = {"Ada": [], "nobody": []}
        for _ in range(8):
            for name, times in durations.items():
                started = time.perf_counter()
                await sign_in(api, "wrong", handle=name)
                times.append(time.perf_counter() - started)
        known_user, unknown_user = (statistics.median(times) for times in durations.values())
        # Without verifying a hash, an unknown user would take a tenth of the time.
        assert 1 / 3 < known_user / unknown_user < 3


class TestRateLimits(EveryDatabase):
    async def test_account_is_rate_limited_after_failures(self, api: Api, ada: User) -> None:
        many = passwords.PER_ACCOUNT.capacity
        answers = await asyncio.gather(
            *(sign_in(api, f"wrong {n}", handle="ada") for n in range(int(many) + 5))
        )
        codes = [answer["errors"][0]["code"] for answer in answers]
        assert codes.count("INVALID") == many
        assert codes.count("TOO_MANY") == 5
        [error] = (await sign_in(api, handle="ADA"))["errors"]
        assert error["code"] == "TOO_MANY"
        assert error["message"].startswith("Too many failed attempts. Try again in ")

    async def test_successful_sign_in_does_not_count_as_a_failure(
        self, api: Api, ada: User
    ) -> None:
        for _ in range(int(passwords.PER_ACCOUNT.capacity) - 1):
            assert (await sign_in(api, "wrong", handle="Ada"))["errors"] == [WRONG]
        for _ in range(3):
            assert (await sign_in(api, handle="Ada"))["errors"] == []

    async def test_rate_limited_address_does_not_lock_the_account(
        self, api: Api, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(passwords, "PER_ADDRESS", BucketSize(3, 600))
        async with at("192.0.2.1", api) as attacker:
            for _ in range(int(passwords.PER_ACCOUNT.capacity) * 2):
                await sign_in(attacker, "wrong", handle="Ada")
        assert (await sign_in(api, handle="Ada"))["errors"] == []

    async def test_addresses_of_an_ipv6_network_share_a_limit(
        self, api: Api, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(passwords, "PER_ADDRESS", BucketSize(3, 600))
        codes = []
        for number in range(6):
            async with at(f"2001:db8::{number}", api) as attacker:
                payload = await sign_in(attacker, "wrong", handle=f"user{number}")
            codes.append(payload["errors"][0]["code"])
        assert codes == ["INVALID"] * 3 + ["TOO_MANY"] * 3

    async def test_limit_does_not_show_that_a_handle_and_an_email_belong_together(
        self, api: Api, ada: User
    ) -> None:
        for _ in range(int(passwords.PER_ACCOUNT.capacity)):
            assert (await sign_in(api, "wrong", handle="ada"))["errors"] == [WRONG]
        [error] = (await sign_in(api, "wrong", handle="Ada"))["errors"]
        assert error["code"] == "TOO_MANY"
        assert (await sign_in(api, "wrong", email="ada@x.example"))["errors"] == [WRONG]

    async def test_address_is_rate_limited_across_accounts(
        self, api: Api, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(passwords, "PER_ADDRESS", BucketSize(3, 600))
        for n in range(3):
            assert (await sign_in(api, handle=f"user{n}"))["errors"] == [WRONG]
        [error] = (await sign_in(api, handle="Ada"))["errors"]
        assert error["code"] == "TOO_MANY"


class TestSessions:
    async def test_signing_out_deletes_the_session_and_the_cookie(
        self, api: Api, ada: User, database: Database
    ) -> None:
        token = (await sign_in(api, handle="Ada"))["token"]
        response = await api.post({"query": "mutation { signOut { errors { code } } }"})
        assert response.json()["data"] == {"signOut": {"errors": []}}
        assert f'{SESSION_COOKIE}=""' in response.headers["set-cookie"]
        assert await sessions(database) == []
        api.http.cookies.set(SESSION_COOKIE, token)
        assert await api.ask("{ viewer { handle } }") == {"viewer": None}
        code, _ = await api.refusal("{ viewer { handle } }", token)
        assert code == "UNAUTHENTICATED"
        # Signing out again, without a session, succeeds.
        assert await api.ask("mutation { signOut { errors { code } } }") == {
            "signOut": {"errors": []}
        }

    async def test_expired_session_is_anonymous(self, api: Api, ada: User, world: World) -> None:
        old = await world.make_session(ada, expires_at=now() - timedelta(seconds=1))
        api.http.cookies.set(SESSION_COOKIE, old)
        assert await api.ask("{ viewer { handle } }") == {"viewer": None}

    async def test_only_their_user_lists_and_revokes_sessions(
        self, api: Api, ada: User, world: World
    ) -> None:
        tokens = [await world.make_session(ada) for _ in range(2)]
        other = await world.make_user()
        others = await world.make_session(other)
        listing = "{ viewer { sessions { nodes { id isCurrent } } } }"
        data = await api.ask(listing, tokens[1])
        nodes = data["viewer"]["sessions"]["nodes"]
        assert [node["isCurrent"] for node in nodes] == [False, True]
        revoke = "mutation ($id: ID!) { sessionRevoke(id: $id) { errors { code } session { id } } }"
        first = nodes[0]["id"]
        by_other = await api.ask(revoke, others, id=first)
        assert by_other["sessionRevoke"] == {"errors": [{"code": "NOT_FOUND"}], "session": None}
        assert (await api.answer(listing, tokens[0])).get("errors") is None
        done = await api.ask(revoke, tokens[1], id=first)
        assert done["sessionRevoke"] == {"errors": [], "session": {"id": first}}
        assert (await api.refusal(listing, tokens[0]))[0] == "UNAUTHENTICATED"
        data = await api.ask(listing, tokens[1])
        assert data["viewer"]["sessions"]["nodes"] == [nodes[1]]

    async def test_later_mutations_of_a_request_run_as_the_user_who_signed_in(
        self, api: Api, ada: User
    ) -> None:
        document = """
          mutation ($input: SignInInput!) {
            signIn(input: $input) { errors { code } }
            tokenCreate(input: {name: "ci"}) { errors { code } accessToken { name } }
            signOut { errors { code } }
            again: tokenCreate(input: {name: "ci"}) { errors { code } }
          }
        """
        answer = await api.answer(document, None, input={"handle": "Ada", "password": SECRET})
        [error] = answer["errors"]
        assert (error["path"], error["extensions"]) == (["again"], {"code": "UNAUTHENTICATED"})


async def test_hash_with_older_parameters_is_accepted(api: Api, world: World) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    user = await world.make_user(handle="old")
    await world.save(Password(user_id=user.id, hash=weak.hash(SECRET)))
    assert (await sign_in(api, handle="old"))["user"] == {"handle": "old"}


async def test_equivalent_unicode_passwords_match(api: Api, world: World) -> None:
    user = await world.make_user(handle="uni")
    await world.save(Password(user_id=user.id, hash=passwords.hash_password("caf\u00e9 ole")))
    assert (await sign_in(api, "cafe\u0301 ole", handle="uni"))["user"] == {"handle": "uni"}


async def test_number_of_waiting_passwords_is_bounded(
    api: Api, ada: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.auth.passwords.MAX_PENDING", 2)
    body = {"query": SIGN_IN, "variables": {"input": {"handle": "Ada", "password": SECRET}}}
    # Documents are parsed one after another, and then found in the cache.
    await api.post(body)
    api.http.cookies.clear()
    responses = await asyncio.gather(*(api.post(body) for _ in range(5)))
    refused = [response for response in responses if response.status_code == 429]
    assert len(refused) == 3
    for response in refused:
        assert response.headers["retry-after"] == "3"
        [error] = response.json()["errors"]
        assert error["message"] == "Too many users are signing in. Try again in 3 seconds."
        assert error["extensions"] == {"code": "RATE_LIMITED"}
    assert len(await sessions(database)) == 1 + 2
    # Their places are free again.
    assert (await sign_in(api, handle="Ada"))["user"] == {"handle": "Ada"}
