"""Signing in with tokens of an OpenID Connect issuer that runs in the test."""

import asyncio
import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from sqlalchemy import func, select

from graph.auth import oidc
from models import ExternalIdentity, User
from models.base import now
from models.database import Database
from tests.support.client import Api, Statements
from tests.support.database_kinds import EveryDatabase, one_database  # noqa: F401
from tests.support.world import World

VIEWER = "{ viewer { handle name email } }"
RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def public_jwk(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    algorithm: Any = (
        jwt.algorithms.RSAAlgorithm if key is not EC_KEY else jwt.algorithms.ECAlgorithm
    )
    jwk: dict[str, Any] = algorithm.to_jwk(key.public_key(), as_dict=True)
    return jwk | {"kid": kid, "use": "sig"} | more


class LocalIssuer:
    """An issuer on the loopback interface that counts the requests for its keys."""

    def __init__(self) -> None:
        self.keys = [public_jwk(RSA_KEY, "one"), public_jwk(EC_KEY, "two", alg="ES256")]
        self.key_requests = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/.well-known/openid-configuration":
                    answer: Any = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"}
                else:
                    issuer.key_requests += 1
                    answer = {"keys": issuer.keys}
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, key: Any = RSA_KEY, kid: str | None = "one", /, **claims: Any) -> str:
        """A valid token for Ada, with other claims replaced. None removes a claim."""
        all_claims = {
            "iss": self.url, "aud": "taskloom", "sub": "ada-1", "exp": time.time() + 60,
            "preferred_username": "ada", "name": "Ada L", "email": "Ada@x.example",
            "email_verified": True,
        } | claims  # fmt: skip
        algorithm = "ES256" if key is EC_KEY else "RS256"
        headers = {} if kid is None else {"kid": kid}
        present = {name: value for name, value in all_claims.items() if value is not None}
        return jwt.encode(present, key, algorithm, headers)


@pytest.fixture(scope="module")
def local_issuer() -> Iterator[LocalIssuer]:
    issuer = LocalIssuer()
    yield issuer
    issuer.server.shutdown()
    issuer.server.server_close()


@pytest.fixture
def issuer(local_issuer: LocalIssuer) -> LocalIssuer:
    local_issuer.key_requests = 0
    return local_issuer


@pytest.fixture
def settings(issuer: LocalIssuer) -> dict[str, Any]:
    return {"oidc_issuer": issuer.url, "oidc_create_users": True}


async def users(database: Database) -> int:
    async with database.reads() as session:
        return await session.scalar(select(func.count(User.id))) or 0


async def test_first_token_creates_the_user(
    api: Api, issuer: LocalIssuer, database: Database
) -> None:
    ada = {"viewer": {"handle": "ada", "name": "Ada L", "email": "ada@x.example"}}
    assert await api.ask(VIEWER, issuer.token()) == ada
    with Statements(api.database) as statements:
        assert await api.ask(VIEWER, issuer.token(EC_KEY, "two", name="Else")) == ada
        assert len(statements) == 1
    assert await users(database) == 1
    # Another subject with the same claims is another user. Its email is not verified.
    other = await api.ask(VIEWER, issuer.token(sub="ada-2", email_verified=False))
    assert other == {"viewer": {"handle": "ada-2", "name": "Ada L", "email": None}}
    assert issuer.key_requests == 1


async def test_verified_email_links_the_subject_to_an_existing_user(
    api: Api, issuer: LocalIssuer, world: World, database: Database
) -> None:
    user = await world.make_user(handle="al", email="ada@x.example")
    await world.make_member(await world.make_workspace(slug="team"), user)
    query = '{ viewer { handle } workspace(slug: "team") { viewerRole } }'
    answer = {"viewer": {"handle": "al"}, "workspace": {"viewerRole": "MEMBER"}}
    assert await api.ask(query, issuer.token()) == answer
    assert await users(database) == 1


@pytest.mark.parametrize(
    "names",
    [
        {"preferred_username": "'; DROP TABLE users; --"},
        {"preferred_username": "\u202eadmin\0", "email": None},
        {"preferred_username": "", "name": ""},
        {"preferred_username": 5, "email": ["x"], "name": {}},
        {"preferred_username": "x" * 500, "name": "y" * 5000, "email": f"{'z' * 300}@x.example"},
        {"preferred_username": None, "email": None, "name": None},
    ],
)
async def test_any_claims_give_a_valid_handle(
    api: Api, issuer: LocalIssuer, names: dict[str, Any]
) -> None:
    data = await api.ask(VIEWER, issuer.token(**names))
    handle = data["viewer"]["handle"]
    assert handle.isascii()
    assert 0 < len(handle) <= 64
    assert "'" not in handle


class TestWithoutUserCreation:
    @pytest.fixture
    def settings(self, issuer: LocalIssuer) -> dict[str, Any]:
        return {"oidc_issuer": issuer.url}

    async def test_unknown_subject_is_refused(
        self, api: Api, issuer: LocalIssuer, database: Database
    ) -> None:
        code, message = await api.refusal(VIEWER, issuer.token())
        assert code == "UNAUTHENTICATED"
        assert message.startswith("No user belongs to this account.")
        assert await users(database) == 0


async def test_disabled_user_is_refused(api: Api, issuer: LocalIssuer, world: World) -> None:
    await world.make_user(email="ada@x.example", disabled_at=now())
    for _ in range(2):
        assert (await api.refusal(VIEWER, issuer.token()))[0] == "UNAUTHENTICATED"


def unsigned(issuer: LocalIssuer, algorithm: str, signature: bytes = b"") -> str:
    parts = [
        json.dumps({"alg": algorithm, "kid": "one", "typ": "JWT"}).encode(),
        json.dumps(
            {"iss": issuer.url, "aud": "taskloom", "sub": "ada-1", "exp": time.time() + 60}
        ).encode(),
        signature,
    ]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


async def test_invalid_token_is_refused(api: Api, issuer: LocalIssuer, database: Database) -> None:
    valid = issuer.token()
    head, body, signature = valid.split(".")
    invalid = {
        "no algorithm": unsigned(issuer, "none"),
        "no algorithm, in uppercase": unsigned(issuer, "NONE"),
        "the public key as a shared secret": unsigned(issuer, "HS256", b"x" * 32),
        "an unsupported algorithm": jwt.encode(
            {"iss": issuer.url, "aud": "taskloom", "sub": "a", "exp": time.time() + 60},
            RSA_KEY, "RS512", {"kid": "one"},
        ),
        "another key": issuer.token(OTHER_KEY, "one"),
        "a key of another type": issuer.token(EC_KEY, "one"),
        "an unknown key": issuer.token(OTHER_KEY, "three"),
        "no key id": issuer.token(RSA_KEY, None),
        "another audience": issuer.token(aud="others"),
        "no audience": issuer.token(aud=None),
        "another issuer": issuer.token(iss="http://evil.example"),
        "no issuer": issuer.token(iss=None),
        "expired": issuer.token(exp=time.time() - 60),
        "no expiry": issuer.token(exp=None),
        "not valid yet": issuer.token(nbf=time.time() + 600),
        "no subject": issuer.token(sub=None),
        "no signature": f"{head}.{body}.",
        "changed claims": f"{head}.{body[:-2]}AA.{signature}",
        "not base64": "a.b.c",
        "two parts": f"{head}.{body}",
    }  # fmt: skip
    for case, token in invalid.items():
        response = await api.post({"query": VIEWER}, token)
        assert response.status_code == 401, case
        [error] = response.json()["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED", case
    assert await users(database) == 0
    async with database.reads() as session:
        assert await session.scalar(select(func.count(ExternalIdentity.id))) == 0
    assert (await api.ask(VIEWER, valid))["viewer"]["handle"] == "ada"


async def test_keys_are_cached_and_refetched_for_unknown_key_ids_at_most_once_per_interval(
    api: Api, issuer: LocalIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.ask(VIEWER, issuer.token())
    for number in range(5):
        await api.refusal(VIEWER, issuer.token(OTHER_KEY, f"unknown {number}"))
    assert issuer.key_requests == 1
    issuer.keys.append(public_jwk(OTHER_KEY, "new"))
    try:
        monkeypatch.setattr(oidc, "MIN_FETCH_INTERVAL", -1)
        assert (await api.ask(VIEWER, issuer.token(OTHER_KEY, "new")))["viewer"]["handle"] == "ada"
        assert issuer.key_requests == 2
    finally:
        issuer.keys.pop()


class TestUserCreation(EveryDatabase):
    async def test_handles_are_unique_regardless_of_case(
        self, api: Api, issuer: LocalIssuer, world: World
    ) -> None:
        await world.make_user(handle="Ada")
        await world.make_user(handle="adaX2")
        data = await api.ask(VIEWER, issuer.token())
        assert data["viewer"]["handle"] == "ada-2"

    async def test_email_with_lookalike_letters_belongs_to_another_user(
        self, api: Api, issuer: LocalIssuer, world: World
    ) -> None:
        await world.make_user(handle="kate", email="kate@x.example")
        data = await api.ask(VIEWER, issuer.token(email="\u212aate@x.example"))
        assert data["viewer"] == {"handle": "ada", "name": "Ada L", "email": None}

    async def test_claims_that_cannot_be_stored_are_ignored(
        self, api: Api, issuer: LocalIssuer
    ) -> None:
        for claims in (
            {"name": "a\0b", "preferred_username": "x\0y"},
            {"name": "a\ud800b", "email": "\ud800@x.example"},
            {"name": "a\u202eb\n"},
            {"exp": 10**12},
            {"exp": 10**18},
        ):
            data = await api.ask(VIEWER, issuer.token(sub=str(claims), **claims))
            assert data["viewer"]["name"] in ("Ada L", data["viewer"]["handle"])
        for claims in ({"sub": ""}, {"sub": "x" * 300}, {"sub": "a\0"}, {"exp": "soon"}):
            code, _ = await api.refusal(VIEWER, issuer.token(**claims))
            assert code == "UNAUTHENTICATED", claims

    async def test_concurrent_first_requests_create_one_user(
        self, api: Api, issuer: LocalIssuer, database: Database
    ) -> None:
        answers = await asyncio.gather(*(api.ask(VIEWER, issuer.token()) for _ in range(8)))
        assert {answer["viewer"]["handle"] for answer in answers} == {"ada"}
        assert await users(database) == 1


async def test_token_with_a_cached_key_does_not_wait_for_a_fetch(
    api: Api, issuer: LocalIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.ask(VIEWER, issuer.token())
    server_issuer: oidc.OpenIDIssuer = api.app.state.server.authenticator.issuer
    fetching, resume = threading.Event(), threading.Event()

    def slow_fetch() -> Any:
        fetching.set()
        resume.wait(30)
        raise OSError("the issuer does not answer")

    monkeypatch.setattr(server_issuer, "_fetch", slow_fetch)
    monkeypatch.setattr(oidc, "MIN_FETCH_INTERVAL", -1)
    forged = asyncio.ensure_future(api.refusal(VIEWER, issuer.token(OTHER_KEY, "unknown")))
    await asyncio.to_thread(fetching.wait, 10)
    try:
        async with asyncio.timeout(5):
            assert (await api.ask(VIEWER, issuer.token()))["viewer"]["handle"] == "ada"
        assert not forged.done()
    finally:
        resume.set()
    assert (await forged)[0] == "UNAUTHENTICATED"


class TestUnreachableIssuer:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"oidc_issuer": "http://127.0.0.1:9"}

    async def test_request_is_answered_with_503(
        self, api: Api, issuer: LocalIssuer, world: World
    ) -> None:
        response = await api.post({"query": VIEWER}, issuer.token())
        assert response.status_code == 503
        [error] = response.json()["errors"]
        assert error["extensions"]["code"] == "UNAVAILABLE"
        # Access tokens still work.
        token = await world.make_token(await world.make_user())
        assert (await api.ask(VIEWER, token))["viewer"] is not None


async def test_failed_fetch_of_old_keys_is_repeated_soon(
    api: Api, issuer: LocalIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_issuer: oidc.OpenIDIssuer = api.app.state.server.authenticator.issuer
    passed = 0.0
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + passed, time=time.time)
    monkeypatch.setattr(oidc, "time", clock)
    await api.ask(VIEWER, issuer.token())
    fetch, attempts = server_issuer._fetch, 0

    def failing_fetch() -> Any:
        nonlocal attempts
        attempts += 1
        raise OSError("the issuer does not answer")

    async def ask() -> int:
        assert (await api.ask(VIEWER, issuer.token()))["viewer"]["handle"] == "ada"
        if server_issuer._fetch_task is not None:
            await server_issuer._fetch_task
        return attempts

    monkeypatch.setattr(server_issuer, "_fetch", failing_fetch)
    passed += oidc.KEYS_LIFETIME + 1
    assert [await ask(), await ask()] == [1, 1]
    passed += oidc.MIN_FETCH_INTERVAL + 1
    assert [await ask(), await ask()] == [2, 2]
    monkeypatch.setattr(server_issuer, "_fetch", fetch)
    passed += oidc.MIN_FETCH_INTERVAL + 1
    await ask()
    assert issuer.key_requests == 2
