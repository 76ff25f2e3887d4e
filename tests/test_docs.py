"""The examples in the README and the guides run as printed, in order, on the demo data.

A `json` block directly after a `graphql` block has its variables. The variable `"<a.b.0.c>"` stands
for the value at that path in the latest earlier answer of the page.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.auth.passwords import hash_password
from graph.cli import accounts
from graph.cli.demo.fill import fill_demo
from models import Scope
from models.database import Database
from tests.support.client import Api
from tests.support.database_kinds import one_database  # noqa: F401

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```\n?", re.MULTILINE | re.DOTALL)
PLACEHOLDER = re.compile(r"<([\w.]+)>")
#: The password that the guide to signing in sets.
PASSWORD = "correct horse battery staple"


def examples(page: str) -> Iterator[tuple[str, Any]]:
    """The operations of a page with their variables."""
    blocks = list(BLOCK.finditer(page))
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block[1] != "graphql":
            continue
        variables = None
        is_directly_after = following and not page[block.end() : following.start()].strip()
        if following and is_directly_after and following[1] == "json":
            variables = json.loads(following[2])
        yield block[2], variables


def resolve(value: Any, answers: list[Any]) -> Any:
    """Replace the placeholders in variables."""
    if isinstance(value, dict):
        return {name: resolve(inner, answers) for name, inner in value.items()}
    if isinstance(value, list):
        return [resolve(inner, answers) for inner in value]
    match = PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    for answer in reversed(answers):
        try:
            found = answer
            for step in match[1].split("."):
                found = found[int(step) if isinstance(found, list) else step]
        except (KeyError, IndexError, TypeError):
            continue
        return found
    raise LookupError(f"no earlier answer has {match[1]}")


@pytest.fixture
async def token(database: Database) -> str:
    await fill_demo(database, "demo", 300)
    async with database.writes.begin() as session:
        await accounts.set_password(session, accounts.DEMO_USER, hash_password(PASSWORD))
        user = accounts.DEMO_USER
        return await accounts.create_token(session, user, None, Scope.WRITE, "docs")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_the_examples_of_a_page_run_as_printed(api: Api, token: str, page: Path) -> None:
    answers: list[Any] = []
    for document, variables in examples(page.read_text()):
        body = {"query": document, "variables": resolve(variables, answers)}
        response = await api.http.post(
            "/graphql", json=body, headers={"Authorization": f"Bearer {token}"}
        )
        answer = response.json()
        assert "errors" not in answer, (document, answer["errors"])
        assert None not in answer["data"].values(), (document, answer["data"])
        answers.append(answer["data"])
    assert answers or "```graphql" not in page.read_text()


def test_client_in_the_readme_is_the_one_of_the_guide() -> None:
    client = re.search(r"^```ts\n.*?^```", (ROOT / "README.md").read_text(), re.M | re.S)
    assert client is not None
    assert client[0] in (ROOT / "docs" / "live.md").read_text()
