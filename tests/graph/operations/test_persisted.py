"""Automatic persisted queries and registered documents."""

import hashlib
import json
from typing import Any

import pytest

from models import RegisteredDocument
from models.columns.digest import digest
from models.database import Database
from tests.support.client import Api, Statements
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.world import World

HANDLE = "{ viewer { handle } }"
NOBODY = {"viewer": None}


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(text: str, **more: Any) -> dict[str, Any]:
    entry = {"version": 1, "sha256Hash": hash_of(text)}
    return {"extensions": {"persistedQuery": entry}} | more


async def code_of(api: Api, body: dict[str, Any], token: str | None = None) -> tuple[str, str]:
    response = await api.post(body, token)
    assert response.status_code in (200, 400)
    [error] = response.json()["errors"]
    return error["extensions"]["code"], error["message"]


@pytest.fixture
async def registered(database: Database) -> str:
    text = "query Registered { viewer { name } }"
    async with database.writes.begin() as session:
        session.add(RegisteredDocument(digest=digest(text), text=text))
    return text


async def test_automatic_persisted_query_is_stored_and_found_by_its_hash(
    api: Api, statements: Statements
) -> None:
    unknown = ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    assert await code_of(api, persisted(HANDLE)) == unknown
    with_text = await api.post(persisted(HANDLE, query=HANDLE))
    assert with_text.json()["data"] == NOBODY
    statements.clear()
    hash_only = await api.post(persisted(HANDLE))
    assert hash_only.json()["data"] == NOBODY
    assert len(statements) == 0
    extensions = json.dumps(persisted(HANDLE)["extensions"])
    by_get = await api.http.get("/graphql", params={"extensions": extensions})
    assert by_get.json()["data"] == NOBODY


async def test_document_over_the_size_limit_evicts_no_other(api: Api) -> None:
    await api.post(persisted(HANDLE, query=HANDLE))
    for name in "abcdefghijk":
        large = f"{{ {name}: __typename }} #" + "x" * 100_000
        answer = await code_of(api, persisted(large, query=large))
        assert answer == (
            "LIMIT_EXCEEDED",
            "The document has 100,019 bytes; the limit is 100,000. "
            "Split it, and send values as variables.",
        )
        assert (await code_of(api, persisted(large)))[0] == "PERSISTED_QUERY_NOT_FOUND"
    assert (await api.post(persisted(HANDLE))).json()["data"] == NOBODY


@pytest.mark.parametrize(
    "entry",
    [
        {"version": 2, "sha256Hash": "0" * 64},
        {"version": 1},
        {"version": 1, "sha256Hash": "x"},
        {"version": 1, "sha256Hash": 5},
        {"version": 1, "sha256Hash": "0" * 64},
        "text",
        [],
    ],
)
async def test_hash_of_another_text_is_refused(api: Api, entry: Any) -> None:
    body = {"query": HANDLE, "extensions": {"persistedQuery": entry}}
    code, _ = await code_of(api, body)
    assert code == "PERSISTED_QUERY_REFUSED"
    assert await code_of(api, persisted(HANDLE)) == (
        "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound",
    )  # fmt: skip


async def test_registered_document_runs_by_its_id(
    api: Api, registered: str, statements: Statements
) -> None:
    for name in (hash_of(registered), f"sha256:{hash_of(registered)}"):
        response = await api.post({"documentId": name})
        assert response.json()["data"] == NOBODY
    # It is read once and then cached.
    assert len(statements) == 1
    assert (await api.post(persisted(registered))).json()["data"] == NOBODY
    response = await api.http.get("/graphql", params={"documentId": hash_of(registered)})
    assert response.json()["data"] == NOBODY


class TestRegisteredOnly:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"registered_only": True}

    async def test_unregistered_document_is_refused(
        self, api: Api, registered: str, world: World
    ) -> None:
        token = await world.make_token(await world.make_user())
        for body in (
            {"query": HANDLE},
            persisted(HANDLE, query=HANDLE),
            persisted(HANDLE),
            {"documentId": hash_of(HANDLE)},
            {"query": "{ __schema { types { name } } }"},
            {"query": registered + " "},
        ):
            code, message = await code_of(api, body, token)
            assert code == "PERSISTED_QUERY_REFUSED"
            assert message.startswith("This server runs only registered documents.")
        for body in ({"query": registered}, {"documentId": hash_of(registered)}):
            assert "errors" not in (await api.post(body, token)).json()
        assert (await api.post({})).status_code == 400

    async def test_token_with_the_permission_may_send_any_document(
        self, api: Api, world: World
    ) -> None:
        user = await world.make_user(handle="dev")
        token = await world.make_token(user, sends_anything=True)
        assert await api.ask(HANDLE, token) == {"viewer": {"handle": "dev"}}
