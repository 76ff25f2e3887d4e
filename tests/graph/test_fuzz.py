"""Fuzzing: operations generated from the schema, valid and invalid, and random bodies."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import (
    DocumentNode,
    IntValueNode,
    StringValueNode,
    Visitor,
    print_ast,
    visit,
)
from graphql.language import ast
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis_graphql import Mode, from_schema

from tests.support.serving import free_port

ROOT = Path(__file__).parent.parent.parent
COUNT = int(os.environ.get("TASKLOOM_FUZZ", "40"))
#: Seconds within which a request must be answered, on a machine that runs other tests.
TIMEOUT = 20

SDL = (ROOT / "schema.graphql").read_text()
TEXT = st.text(max_size=30)


def literal(text: str) -> StringValueNode:
    return StringValueNode(value=text)


SCALARS = {
    "DateTime": st.sampled_from(["2026-11-20T09:30:00Z", "soon", "9999-12-31T23:59:59Z"]),
    "Date": st.sampled_from(["2026-11-20", "0000-00-00", ""]),
    "DateTimeOrDuration": st.sampled_from(["-P2W", "P99999Y", "2026-11-20T09:30:00Z", "P"]),
    "JSON": TEXT,
    "BigInt": TEXT,
}
NODES = {name: strategy.map(literal) for name, strategy in SCALARS.items()}


class ExistingValues(Visitor):
    """Replaces some generated values with existing ones, such as IDs, so that rows are found."""

    def __init__(self, ids: list[str]) -> None:
        super().__init__()
        self.ids = ids
        self.count = 0

    def replacement(self, name: str, value: Any) -> Any:
        self.count += 1
        if isinstance(value, ast.ListValueNode):
            return ast.ListValueNode(
                values=tuple(self.replacement(name, item) for item in value.values)
            )
        if name in ("first", "last", "limit") and isinstance(value, IntValueNode):
            return IntValueNode(value=str(abs(int(value.value)) % 7))
        if not isinstance(value, StringValueNode) or self.count % 4 == 0:
            return value
        if name == "slug" or name == "workspace":
            return literal("demo")
        if name == "id" or name.endswith(("Id", "Ids", "ids")):
            return literal(self.ids[(len(value.value) + self.count) % len(self.ids)])
        return value

    def enter_argument(self, node: ast.ArgumentNode, *_: Any) -> ast.ArgumentNode:
        return ast.ArgumentNode(name=node.name, value=self.replacement(node.name.value, node.value))

    def enter_object_field(self, node: ast.ObjectFieldNode, *_: Any) -> ast.ObjectFieldNode:
        return ast.ObjectFieldNode(
            name=node.name, value=self.replacement(node.name.value, node.value)
        )


class Running:
    """A server with demo data, and the IDs in it."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.environment = os.environ | {
            "TASKLOOM_DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
            "TASKLOOM_BUDGET": str(10**12),
            "TASKLOOM_ANONYMOUS_BUDGET": str(10**12),
        }
        self.command("migrate")
        self.command("demo", "--tasks", "40")
        self.token = self.command("token", "create", "--user", "demo").strip()
        self.errors = (folder / "errors").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "graph.cli", "serve", "--port", str(port)],
            env=self.environment,
            cwd=ROOT,
            stderr=self.errors,
            stdout=subprocess.DEVNULL,
        )
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=TIMEOUT)
        for _ in range(200):
            try:
                if self.http.get("/health/ready").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.05)
        self.ids = self.known_ids()

    def command(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "graph.cli", *arguments],
            env=self.environment,
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def known_ids(self) -> list[str]:
        query = """{ workspace(slug: "demo") {
          id states { id } labels(first: 3) { nodes { id } } projects { nodes { id } }
          members(first: 3) { nodes { id user { id } } } events(first: 3) { nodes { id } }
          tasks(first: 9) { nodes { id milestone { id } comments(first: 1) { nodes { id } } } }
        } }"""
        found: list[str] = []

        def collect(value: Any) -> None:
            if isinstance(value, dict):
                found.extend(value[name] for name in value if name == "id")
                value = list(value.values())
            if isinstance(value, list):
                for item in value:
                    collect(item)

        collect(self.send({"query": query}).json()["data"])
        return found

    def send(self, body: Any) -> httpx.Response:
        return self.http.post(
            "/graphql", json=body, headers={"Authorization": f"Bearer {self.token}"}
        )

    def close(self) -> None:
        self.http.close()
        self.process.terminate()
        self.process.wait(10)
        self.errors.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    server = Running(tmp_path_factory.mktemp("served"))
    yield server
    viewer = server.send({"query": "{ viewer { handle } }"}).json()["data"]
    server.errors.seek(0)
    logged = server.errors.read()
    server.close()
    assert viewer == {"viewer": {"handle": "demo"}}
    assert "Traceback" not in logged


FUZZING = how(
    max_examples=COUNT,
    deadline=None,
    derandomize="TASKLOOM_FUZZ" not in os.environ,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def check(running: Running, document: DocumentNode, *, existing_values: bool) -> None:
    node = visit(document, ExistingValues(running.ids)) if existing_values else document
    response = running.send({"query": print_ast(node)})
    text = print_ast(node)
    assert response.status_code in (200, 400), (response.status_code, text)
    answer = response.json()
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    assert not codes & {"INTERNAL_ERROR", "UNAVAILABLE"}, (answer["errors"], text)
    assert "Traceback" not in response.text


@FUZZING
@given(document=from_schema(SDL, custom_scalars=NODES, print_ast=lambda node: node))
def test_valid_operations_are_answered(running: Running, document: Any) -> None:
    check(running, document, existing_values=True)


@FUZZING
@given(
    document=from_schema(SDL, custom_scalars=NODES, print_ast=lambda node: node, mode=Mode.NEGATIVE)
)
def test_invalid_operations_are_refused(running: Running, document: Any) -> None:
    check(running, document, existing_values=False)


@FUZZING
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["query", "variables", "operationName", "extensions", "documentId"])
                | TEXT,
                inner,
                max_size=4,
            )
        ),
    )
)
def test_any_body_is_answered(running: Running, body: Any) -> None:
    response = running.send(body)
    assert 200 <= response.status_code < 500
    assert "INTERNAL_ERROR" not in response.text
    json.loads(response.text)
