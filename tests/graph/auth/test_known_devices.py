"""Limits of failed attempts to sign in, for clients that an account knows and for others."""

import httpx
import pytest

from graph.auth import passwords
from graph.auth.devices import DEVICE_COOKIE, MAX_ACCOUNTS
from models import Password, User
from models.server.token_bucket import BucketSize
from tests.graph.auth.test_sign_in import SECRET, SIGN_IN, WRONG, ada, at, sign_in  # noqa: F401
from tests.support.client import Api
from tests.support.command import taskloom
from tests.support.database_kinds import EveryDatabase, one_database  # noqa: F401
from tests.support.world import World


async def codes(api: Api, attempts: int, password: str = "wrong", **name: str) -> list[str]:
    """The error codes of some attempts to sign in, all from one client."""
    payloads = [await sign_in(api, password, **name) for _ in range(attempts)]
    return [error["code"] for payload in payloads for error in payload["errors"]]


async def sign_in_response(api: Api, **name: str) -> httpx.Response:
    variables = {"input": {**name, "password": SECRET}}
    return await api.post({"query": SIGN_IN, "variables": variables})


def device_cookie(response: httpx.Response) -> str:
    [cookie] = [
        cookie
        for cookie in response.headers.get_list("set-cookie")
        if cookie.startswith(f"{DEVICE_COOKIE}=")
    ]
    return str(cookie)


def sizes(monkeypatch: pytest.MonkeyPatch, **capacities: int) -> None:
    for name, capacity in capacities.items():
        monkeypatch.setattr(passwords, name, BucketSize(capacity, 600))


@pytest.mark.usefixtures("ada")
class TestAttacks(EveryDatabase):
    async def test_attacker_does_not_lock_the_account_for_other_networks(self, api: Api) -> None:
        limit = int(passwords.PER_ACCOUNT.capacity)
        async with at("192.0.2.1", api) as attacker:
            tried = await codes(attacker, limit + 3, handle="ada")
        assert tried == ["INVALID"] * limit + ["TOO_MANY"] * 3
        assert await codes(api, 1, SECRET, handle="ada") == []

    async def test_attacker_with_many_networks_is_limited_but_a_known_device_is_not(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sizes(monkeypatch, PER_ACCOUNT_EVERYWHERE=5)
        assert await codes(api, 1, SECRET, handle="ada") == []
        tried = []
        for number in range(8):
            async with at(f"192.0.2.{number}", api) as attacker:
                tried += await codes(attacker, 1, handle="ada")
        assert tried == ["INVALID"] * 5 + ["TOO_MANY"] * 3
        async with at("198.51.100.1", api) as unknown:
            assert await codes(unknown, 1, SECRET, handle="ada") == ["TOO_MANY"]
        assert await codes(api, 1, SECRET, handle="ada") == []
        # The account knows the device by whatever name its user signs in.
        assert await codes(api, 1, SECRET, email="ada@x.example") == []

    async def test_known_device_is_not_locked_by_its_own_network(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sizes(monkeypatch, PER_ADDRESS=6, PER_ACCOUNT=3)
        assert await codes(api, 1, SECRET, handle="ada") == []
        neighbor = Api(api.app)
        async with neighbor:
            assert await codes(neighbor, 4, handle="ada") == ["INVALID"] * 3 + ["TOO_MANY"]
            assert await codes(neighbor, 4, handle="bob") == ["INVALID"] * 3 + ["TOO_MANY"]
        assert await codes(api, 1, SECRET, handle="ada") == []


async def test_known_device_has_a_limit_of_its_own(
    api: Api,
    ada: User,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes(monkeypatch, PER_DEVICE=2)
    assert await codes(api, 1, SECRET, handle="ada") == []
    assert await codes(api, 3, handle="ada") == ["INVALID"] * 2 + ["TOO_MANY"]
    api.http.cookies.clear()
    assert await codes(api, 1, SECRET, handle="ada") == []


@pytest.mark.parametrize(
    "cookie", ["", ".", "-", "a-b", "{name}-{signature}", "{name}", "\u00e9", "x" * 5000]
)
async def test_cookie_of_another_account_or_a_forged_one_gives_nothing(
    api: Api,
    ada: User,  # noqa: F811
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    cookie: str,
) -> None:
    sizes(monkeypatch, PER_ACCOUNT=2)
    bob = await world.make_user(handle="bob")
    await world.save(Password(user_id=bob.id, hash=passwords.hash_password(SECRET)))
    async with at("192.0.2.1", api) as other:
        ours = device_cookie(await sign_in_response(other, handle="bob")).split("=")[1]
    name, _, signature = ours.split(";")[0].partition("-")
    header = f"{DEVICE_COOKIE}={cookie.format(name=name, signature=signature)}"
    api.http.headers = httpx.Headers({"Cookie": header}, encoding="utf-8")
    assert await codes(api, 3, handle="ada") == ["INVALID"] * 2 + ["TOO_MANY"]


async def test_new_password_makes_devices_unknown(
    api: Api,
    ada: User,  # noqa: F811
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes(monkeypatch, PER_ACCOUNT=2)
    assert await codes(api, 1, SECRET, handle="ada") == []
    await taskloom(url, "user", "set-password", "Ada", typed="another one\n")
    assert await codes(api, 3, handle="ada") == ["INVALID"] * 2 + ["TOO_MANY"]
    assert await codes(api, 1, "another one", handle="ada") == ["TOO_MANY"]


async def test_device_cookie_is_out_of_reach_of_scripts(
    api: Api,
    ada: User,  # noqa: F811
) -> None:
    response = await sign_in_response(api, handle="ada")
    cookie = device_cookie(response)
    for attribute in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=34560000"):
        assert f"; {attribute}" in cookie
    assert "Secure" not in cookie
    # It does not sign anybody in.
    api.http.cookies.delete("taskloom_session")
    assert await api.ask("{ viewer { handle } }") == {"viewer": None}
    body = {"query": SIGN_IN, "variables": {"input": {"handle": "Ada", "password": SECRET}}}
    response = await api.http.post("https://taskloom.test/graphql", json=body)
    assert "; Secure" in device_cookie(response)


async def test_refused_attempt_sets_no_device_cookie(
    api: Api,
    ada: User,  # noqa: F811
) -> None:
    assert (await sign_in(api, "wrong", handle="ada"))["errors"] == [WRONG]
    assert DEVICE_COOKIE not in api.http.cookies


async def test_client_is_known_to_its_latest_accounts(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes(monkeypatch, PER_ACCOUNT=1)
    handles = [f"person{number}" for number in range(MAX_ACCOUNTS + 1)]
    for handle in handles:
        user = await world.make_user(handle=handle)
        await world.save(Password(user_id=user.id, hash=passwords.hash_password(handle + SECRET)))
        assert await codes(api, 1, handle + SECRET, handle=handle) == []
    first, *others = handles
    for handle in others:
        assert await codes(api, 2, handle=handle) == ["INVALID"] * 2
    assert await codes(api, 2, handle=first) == ["INVALID", "TOO_MANY"]
