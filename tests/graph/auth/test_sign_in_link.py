"""Signing in to the explorer with a one-time link."""

import asyncio

from graph.auth.session import SESSION_COOKIE
from graph.auth.sign_in_code import create_sign_in_code
from tests.support.client import Api
from tests.support.command import taskloom
from tests.support.world import World


async def test_link_signs_in_once(api: Api, world: World) -> None:
    user = await world.make_user(handle="ada")
    code = await create_sign_in_code(world.database, user.id)
    signed_in = await api.http.get("/sign-in", params={"code": code})
    assert signed_in.status_code == 303
    assert signed_in.headers["location"] == "/graphql"
    cookie = signed_in.headers["set-cookie"]
    assert cookie.startswith(f"{SESSION_COOKIE}=")
    assert "; HttpOnly" in cookie
    assert "; SameSite=lax" in cookie
    assert await api.ask("{ viewer { handle } }") == {"viewer": {"handle": "ada"}}
    again = await api.http.get("/sign-in", params={"code": code})
    assert again.status_code == 410
    assert "set-cookie" not in again.headers


async def test_operator_prints_another_link(api: Api, url: str, world: World) -> None:
    await world.make_user(handle="ada")
    address = ("--address", "https://tasks.example/")
    printed = await taskloom(url, "user", "sign-in-link", "ada", *address)
    assert printed.code == 0
    assert printed.out.startswith("https://tasks.example/sign-in?code=")
    code = printed.out.strip().partition("code=")[2]
    assert (await api.http.get("/sign-in", params={"code": code})).status_code == 303
    assert await api.ask("{ viewer { handle } }") == {"viewer": {"handle": "ada"}}
    missing = await taskloom(url, "user", "sign-in-link", "nobody")
    assert (missing.code, missing.out) == (1, "")
    assert "nobody" in missing.notes


async def test_concurrent_uses_of_a_link_sign_in_once(api: Api, world: World) -> None:
    user = await world.make_user()
    code = await create_sign_in_code(world.database, user.id)
    answers = await asyncio.gather(
        *(api.http.get("/sign-in", params={"code": code}) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410, 410]


async def test_unknown_code_is_refused(api: Api) -> None:
    assert (await api.http.get("/sign-in", params={"code": "x"})).status_code == 410
    assert (await api.http.get("/sign-in")).status_code == 422


async def test_invalid_session_cookie_is_anonymous(api: Api) -> None:
    api.http.cookies.set(SESSION_COOKIE, "x")
    assert await api.ask("{ viewer { handle } }") == {"viewer": None}
