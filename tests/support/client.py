"""A client of the API, and a recorder of the SQL statements that it causes."""

from types import TracebackType
from typing import Any, Self

import httpx
from fastapi import FastAPI
from sqlalchemy import event

from models.database import Database, sync_engines


class Api:
    """A client of an application in this process."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.database: Database = app.state.database
        transport = httpx.ASGITransport(app)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://taskloom.test")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def post(
        self, body: Any, token: str | None = None, accept: str | None = None
    ) -> httpx.Response:
        """Post a JSON body to /graphql."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if accept is not None:
            headers["Accept"] = accept
        return await self.http.post("/graphql", json=body, headers=headers)

    async def answer(
        self, document: str, token: str | None = None, /, **variables: Any
    ) -> dict[str, Any]:
        """The response to an operation: data and errors."""
        response = await self.post({"query": document, "variables": variables}, token)
        return body_without_cost(response)

    async def ask(
        self, document: str, token: str | None = None, /, **variables: Any
    ) -> dict[str, Any]:
        """The data of an operation that must succeed."""
        answer = await self.answer(document, token, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def refusal(
        self, document: str, token: str | None = None, /, **variables: Any
    ) -> tuple[str, str]:
        """The code and the message of an operation that must have exactly one error."""
        answer = await self.answer(document, token, **variables)
        [error] = answer["errors"]
        return error["extensions"]["code"], error["message"]


def body_without_cost(response: httpx.Response) -> dict[str, Any]:
    """The body of a response, without an extension that only holds the cost."""
    answer: dict[str, Any] = response.json()
    if answer.get("extensions", {}).keys() == {"cost"}:
        del answer["extensions"]
    return answer


class Statements:
    """A recorder of the SQL statements that a database receives."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.sent: list[str] = []

    def __enter__(self) -> Self:
        for engine in sync_engines(self.database):
            event.listen(engine, "before_cursor_execute", self._note)
        self.database.driver_listeners.append(self._note_driver)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        for engine in sync_engines(self.database):
            event.remove(engine, "before_cursor_execute", self._note)
        self.database.driver_listeners.remove(self._note_driver)

    def _note_driver(self, statement: str, arguments: Any) -> None:
        self.sent.append(statement)

    def _note(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        self.sent.append(statement)

    def clear(self) -> None:
        self.sent.clear()

    def __len__(self) -> int:
        return len(self.sent)

    def __str__(self) -> str:
        numbered = (f"-- {place}\n{sql}" for place, sql in enumerate(self.sent, start=1))
        return "\n\n".join(numbered)
