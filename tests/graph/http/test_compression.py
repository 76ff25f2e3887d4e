"""Compressed responses, and files that browsers keep."""

import asyncio
import gzip
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from graph.http import compression
from graph.http.compression import MAX_INLINE_SIZE, MIN_SIZE, negotiate_encoding
from graph.http.encoded_files import EncodedFiles
from tests.support.client import Api
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.explorer import explorer_files

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DECODERS = {"gzip": gzip.decompress, "zstd": zstd.decompress}
#: Its answer repeats what it is asked for.
LONG = (
    "{" + " ".join(f"an_alias_with_a_long_name_{number}: __typename" for number in range(49)) + "}"
)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        (None, None), ("", None), ("identity", None), ("br", None), ("br, deflate", None),
        ("gzip", "gzip"), ("zstd", "zstd"), ("gzip, deflate, br, zstd", "zstd"),
        ("GZIP", "gzip"), ("*", "zstd"), ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("gzip;q=0, zstd;q=0", None), ("*;q=0", None), ("zstd;q=0, *", "gzip"),
        ("identity, gzip;q=0.5", None), ("identity;q=0.5, gzip", "gzip"),
        ("identity, gzip", "gzip"), ("identity;q=1, *;q=0.1", None),
        ("gzip;q=x", None), ("gzip;q=nan", None), (";;,,=", None), ("gzip ; q = 0.1", "gzip"),
    ],
)  # fmt: skip
def test_the_client_chooses_the_encoding(accepted: str | None, encoding: str | None) -> None:
    assert negotiate_encoding(accepted) == encoding


async def raw(api: Api, method: str, url: str, headers: dict[str, str], **more: Any) -> Any:
    """Send a request; return the response and the bytes of its body as they were sent."""
    async with api.http.stream(method, url, headers=headers, **more) as response:
        return response, b"".join([part async for part in response.aiter_raw()])


class TestResponses:
    @pytest.mark.parametrize("encoding", DECODERS)
    async def test_long_ones_are_compressed(self, api: Api, encoding: str) -> None:
        plain = await api.http.post(
            "/graphql", json={"query": LONG}, headers={"Accept-Encoding": "identity"}
        )
        assert len(plain.content) > MIN_SIZE
        assert "content-encoding" not in plain.headers
        response, body = await raw(
            api, "POST", "/graphql", {"Accept-Encoding": encoding}, json={"query": LONG}
        )
        assert response.headers["content-encoding"] == encoding
        assert int(response.headers["content-length"]) == len(body) < len(plain.content) / 4
        data = httpx.Response(200, content=DECODERS[encoding](body)).json()["data"]
        assert data == plain.json()["data"]
        assert plain.headers["vary"] == response.headers["vary"] == "Accept-Encoding"

    async def test_short_ones_are_not(self, api: Api) -> None:
        response = await api.http.post("/graphql", json={"query": "{ __typename }"})
        assert "content-encoding" not in response.headers
        assert "vary" not in response.headers

    async def test_long_ones_are_compressed_in_a_thread(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moved: list[int] = []

        async def to_thread(function: Any, body: bytes, encoding: str) -> Any:
            moved.append(len(body))
            return function(body, encoding)

        monkeypatch.setattr(asyncio, "to_thread", to_thread)
        for size in (MAX_INLINE_SIZE, MAX_INLINE_SIZE + 1):
            body = b"x" * size
            assert gzip.decompress(await compression.compress(body, "gzip")) == body
        assert moved == [MAX_INLINE_SIZE + 1]

    async def test_refusals_are_compressed_too(self, api: Api) -> None:
        query = "{" + " ".join(f"missing_{number:0100}" for number in range(50)) + "}"
        response = await api.http.post("/graphql", json={"query": query})
        assert response.status_code == 400
        assert response.headers["content-encoding"] == "gzip"


class TestFiles:
    async def test_the_schema_and_the_explorer_are_compressed(self, api: Api) -> None:
        scripts = [file for file in await explorer_files(api) if "/index-" in file]
        for url in ("/schema.graphql", *scripts):
            plain, content = await raw(api, "GET", url, {"Accept-Encoding": "identity"})
            for encoding, decode in DECODERS.items():
                response, body = await raw(api, "GET", url, {"Accept-Encoding": encoding})
                assert response.headers["content-encoding"] == encoding
                assert len(body) < len(content) / 2
                assert decode(body) == content
                assert response.headers["etag"] == plain.headers["etag"]
                assert "Accept-Encoding" in response.headers["vary"]

    @pytest.mark.parametrize(
        "name", ["missing.js", "", "../app.py", "%2e%2e/%2e%2e/app.py", "static", "a%00b"]
    )
    async def test_nothing_else_is_served(self, api: Api, name: str) -> None:
        response = await api.http.get(f"/explorer/{name}")
        assert response.status_code == 404

    async def test_hashed_files_are_kept_forever(self, tmp_path: Path) -> None:
        (tmp_path / "assets").mkdir()
        (tmp_path / "assets" / "index-B7xk_2aQ.js").write_text("1")
        (tmp_path / "index.html").write_text("2")
        files = EncodedFiles(tmp_path)
        hashed = await files.respond("assets/index-B7xk_2aQ.js", Headers())
        assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert hashed.body == b"1"
        plain = await files.respond("index.html", Headers())
        assert plain.headers["cache-control"] == "no-cache"
        known = Headers({"If-None-Match": plain.headers["etag"]})
        again = await files.respond("index.html", known)
        assert (again.status_code, again.body) == (304, b"")
