"""Redirects."""

from urllib.parse import urlsplit

import pytest

from graph.auth.sign_in_code import create_sign_in_code
from models.database import Database
from tests.support.client import Api
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.world import World

FORGED = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Accept": "text/html"}
PATHS = [
    "/", "/graphql", "/graphql/", "/schema.graphql/", "/health/live/", "/health/ready/",
    "/explorer", "/explorer/", "/sign-in/?code=x", "//evil.example/", "/graphql//evil.example/",
]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("path", PATHS)
async def test_no_redirect_takes_its_host_from_the_request(
    api: Api, path: str, method: str
) -> None:
    response = await api.http.request(method, f"http://evil.example{path}", headers=FORGED)
    location = urlsplit(response.headers.get("location", ""))
    assert (location.scheme, location.netloc) == ("", "")
    assert "evil" not in str(response.headers) + response.text


async def test_sign_in_link_redirects_to_a_path(api: Api, world: World, database: Database) -> None:
    user = await world.make_user()
    code = await create_sign_in_code(database, user.id)
    response = await api.http.get("/sign-in", params={"code": code}, headers=FORGED)
    assert (response.status_code, response.headers["location"]) == (303, "/graphql")
