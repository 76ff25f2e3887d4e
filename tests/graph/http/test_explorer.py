"""The page at `GET /graphql`, and its files."""

import logging
from pathlib import Path

import pytest

from graph.http.explorer import ExplorerPage
from tests.support.client import Api
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.explorer import BROWSER, explorer_files, needs_explorer


async def test_every_browser_gets_the_page(api: Api) -> None:
    page = await api.http.get("/graphql", headers=BROWSER)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    # The page shows the query in its URL.
    linked = await api.http.get("/graphql", params={"query": "{ viewer { id } }"}, headers=BROWSER)
    assert linked.text == page.text


@needs_explorer
async def test_only_the_server_s_own_scripts_run(api: Api) -> None:
    page = await api.http.get("/graphql", headers=BROWSER)
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["font-src"] == "'self'"
    assert "<script>" not in page.text
    assert "https://" not in page.text


@needs_explorer
async def test_files_are_named_by_their_content_and_kept(api: Api) -> None:
    files = await explorer_files(api)
    assert {file.rsplit(".", 1)[1] for file in files} == {"js", "css"}
    for file in files:
        response = await api.http.get(file)
        assert response.status_code == 200
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["x-content-type-options"] == "nosniff"


class TestWithoutABuild:
    def test_strawberry_s_page_is_served(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            response = ExplorerPage(tmp_path).respond()
        assert "Build it with `make explorer`" in caplog.text
        page = response.body.decode()
        assert "GraphiQL" in page
        assert "SUBSCRIPTION_ENABLED" not in page
        # Its own policy replaces the one of every response, and names the host of its scripts.
        policy = next(
            value for name, value in response.headers if name == b"content-security-policy"
        )
        assert b"script-src 'unsafe-inline' https://unpkg.com;" in policy
        assert b"content-security-policy" in response.overridden
