"""Limits of documents and bodies, enforced before anything is executed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import get_introspection_query

from graph.operations import cost, pricing
from graph.operations.argument_values import count_argument_values, count_values
from graph.operations.filter_cost import UnindexedConditions
from tests.support.client import Api, Statements, body_without_cost
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.executors import both_executors  # noqa: F401
from tests.support.queries import QUERIES
from tests.support.world import World

CODE = "LIMIT_EXCEEDED"


async def refused(api: Api, document: str, **variables: Any) -> str:
    """The message of an operation that must be refused without data."""
    response = await api.post({"query": document, "variables": variables})
    assert response.status_code in (200, 400)
    answer = response.json()
    assert "data" not in answer
    [error] = answer["errors"]
    extensions, message = error["extensions"], error["message"]
    assert extensions["code"] == CODE
    if "more than" in message or "the limit is" in message:
        assert extensions["value"] > extensions["limit"]
        assert f"{extensions['limit']:,}" in message
    return str(message)


def doubling(count: int) -> str:
    """A document of fragments that each spread the next one twice."""
    parts = [f"fragment f{n} on User {{ ...f{n + 1} ...f{n + 1} }}" for n in range(count)]
    return f"{{ viewer {{ ...f0 }} }} {' '.join(parts)} fragment f{count} on User {{ id }}"


def nested(depth: int) -> str:
    """A selection of members of workspaces, nested to a depth."""
    inner = "id"
    for _ in range(depth):
        inner = (
            f"workspaces(first: 1) {{ nodes {{ members(first: 1) {{ nodes {{ {inner} }} }} }} }}"
        )
    return inner


async def test_document_size_is_limited(api: Api, statements: Statements) -> None:
    message = await refused(api, "{ viewer { id } } #" + "x" * 100_000)
    assert message == (
        "The document has 100,019 bytes; the limit is 100,000. "
        "Split it, and send values as variables."
    )
    assert len(statements) == 0


async def test_tokens_are_limited(api: Api, statements: Statements) -> None:
    message = await refused(api, "{ viewer { " + "id " * 10_001 + "} }")
    assert message == "The document has more than 10,000 tokens. Split it."
    assert len(statements) == 0


@pytest.mark.parametrize("count", [13, 20, 60])
async def test_fragment_bomb_is_refused(api: Api, statements: Statements, count: int) -> None:
    assert len(doubling(13)) < 650
    message = await asyncio.wait_for(refused(api, doubling(count)), timeout=5)
    assert message == (
        "The operation has more than 1,000 fields with its fragments expanded. Select fewer."
    )
    assert len(statements) == 0


async def test_fragment_cycle_is_refused(api: Api) -> None:
    document = "{ viewer { ...a } } fragment a on User { ...b } fragment b on User { ...a id }"
    code, message = await api.refusal(document)
    assert code == "GRAPHQL_VALIDATION_FAILED"
    assert message == "Cannot spread fragment 'a' within itself via 'b'."


async def test_aliases_are_limited(api: Api) -> None:
    aliases = " ".join(f"a{n}: id" for n in range(2_000))
    message = await refused(api, f"{{ viewer {{ {aliases} }} }}")
    assert message.startswith("The operation has more than 100 aliases. ")


async def test_directives_are_limited(api: Api) -> None:
    fields = " ".join("id @include(if: true)" for _ in range(101))
    message = await refused(api, f"{{ viewer {{ {fields} }} }}")
    assert message == (
        "The operation has more than 100 directives. Put them on fragments instead of fields."
    )


async def test_root_fields_are_limited(api: Api) -> None:
    message = await refused(api, "{ " + "viewer { id } " * 51 + "}")
    assert message == (
        "The operation has 51 fields at its root; the limit is 50. "
        "Split it into several operations."
    )


async def test_depth_is_limited(api: Api) -> None:
    message = await refused(api, f"{{ viewer {{ {nested(30)} }} }}")
    assert message.startswith("The operation is nested more than 20 fields deep. ")


class TestCost:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"max_cost": 20_000}

    async def test_refusal_names_the_most_expensive_paths_and_a_page_size_that_fits(
        self, api: Api, statements: Statements
    ) -> None:
        document = """
          query ($slug: String!, $size: Int = 100) { workspace(slug: $slug) {
            name
            tasks(first: $size) { nodes {
              title
              assignees { handle }
              comments(last: $size) { edges { node { author { handle } } } }
            } }
          } }
        """
        message = await refused(api, document, slug="x")
        # workspace 1 + 1; tasks 1; nodes 100 + 1; assignees 1,000 + 1; comments 1;
        # edges, node and author 10,000 + 1 each; and 1 per 20 titles and handles.
        assert message == (
            "The operation could cost 31,664; the limit is 20,000. Its most expensive paths are "
            "workspace.tasks.nodes.comments.edges.node.author (10,501), "
            "workspace.tasks.nodes.comments.edges (10,001), "
            "workspace.tasks.nodes.comments.edges.node (10,001). "
            "It fits with `first: 79` on its lists."
        )
        assert len(statements) == 0
        refusal = await api.post({"query": document, "variables": {"slug": "x"}})
        assert refusal.json()["errors"][0]["extensions"] == {
            "code": CODE,
            "limit": 20_000,
            "value": 31_664,
            "suggestedFirst": 79,
            "paths": [
                {"path": "workspace.tasks.nodes.comments.edges.node.author", "cost": 10_501},
                {"path": "workspace.tasks.nodes.comments.edges", "cost": 10_001},
                {"path": "workspace.tasks.nodes.comments.edges.node", "cost": 10_001},
            ],
        }
        answer = await api.answer(document, None, slug="x", size=79)
        assert answer == {"data": {"workspace": None}}
        assert (await refused(api, document, slug="x", size=80)).startswith("The operation could")

    async def test_nested_pages_are_refused_even_without_rows(self, api: Api) -> None:
        inner = "id"
        for _ in range(3):
            inner = f"subtasks(first: 100) {{ nodes {{ {inner} }} }}"
        document = f'{{ node(id: "x") {{ ... on Task {{ {inner} }} }} }}'
        message = await refused(api, document)
        assert "node.subtasks.nodes.subtasks.nodes.subtasks.nodes (1,050,001)" in message

    async def test_variables_and_defaults_count(self, api: Api) -> None:
        document = """
          query ($ids: [ID!]!) { nodes(ids: $ids) {
            ... on Project { tasks { nodes { ...T } } }
          } }
          fragment T on Task { comments { nodes { id } } }
        """
        few = await api.answer(document, None, ids=["task_" + "0" * 32] * 2)
        assert few == {"data": {"nodes": [None, None]}}
        message = await refused(api, document, ids=["task_" + "0" * 32] * 20)
        assert "nodes.tasks.nodes.comments.nodes (52,501)" in message

    async def test_integral_float_is_accepted_as_a_page_size(self, api: Api) -> None:
        document = """
          query ($n: Int) { viewer { workspaces(first: $n) { nodes {
            tasks(first: $n) { nodes { state { id } creator { id } } }
          } } } }
        """
        assert await api.answer(document, None, n=5.0) == {"data": {"viewer": None}}
        assert await refused(api, document, n=100.0) == await refused(api, document, n=100)

    async def test_rows_of_a_batch_count(self, api: Api) -> None:
        document = """
          mutation { taskBatchUpdate(input: {rows: []}) {
            results { task { comments { nodes { author { workspaces { nodes { id } } } } } } }
          } }
        """
        assert "taskBatchUpdate.results" in await refused(api, document)

    async def test_batch_size_is_limited(self, api: Api, statements: Statements) -> None:
        document = """
          mutation ($input: TaskBatchUpdateInput!) { taskBatchUpdate(input: $input) { count } }
        """
        message = await refused(api, document, input={"rows": [{"id": "x"}] * 51})
        assert message == (
            "taskBatchUpdate got 51 rows; the limit is 50. Send the others in another mutation."
        )
        assert len(statements) == 0

    async def test_a_variable_is_counted_once(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However often a document uses it: counting it took most of the time of a refusal."""
        counted: list[Any] = []

        def count(value: Any) -> int:
            counted.append(value)
            return count_values(value)

        def add_value(conditions: UnindexedConditions, named: Any, value: Any) -> None:
            counted.append(value)
            add(conditions, named, value)

        add = UnindexedConditions.add_value
        monkeypatch.setattr(pricing, "count_values", count)
        monkeypatch.setattr(UnindexedConditions, "add_value", add_value)
        fields = " ".join(f"t{n}: tasks(filter: $f) {{ totalCount }}" for n in range(90))
        document = f'query ($f: TaskFilter) {{ workspace(slug: "x") {{ {fields} }} }}'
        wanted = {"title": {"in": ["x"] * 400}}
        message = await refused(api, document, f=wanted)
        assert message.startswith("The operation's arguments hold 36,180 values")
        assert counted == [wanted, wanted]

    async def test_the_arguments_of_a_fragment_are_counted_once(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counted: list[Any] = []

        def count(argument: Any, sizes: Any) -> int:
            counted.append(argument)
            return count_argument_values(argument, sizes)

        monkeypatch.setattr(cost, "count_argument_values", count)
        values = " ".join(["HIGH"] * 400)
        document = f"""
          {{ workspace(slug: "x") {{ {"...F " * 90} }} }}
          fragment F on Workspace {{
            tasks(filter: {{priority: {{in: [{values}]}}}}) {{ totalCount }}
          }}
        """
        message = await refused(api, document)
        assert message.startswith("The operation's arguments hold 36,180 values")
        # The slug and the filter.
        assert len(counted) == 2

    async def test_long_texts_count_as_several_values(self, api: Api) -> None:
        rows = '{id: "x", title: $text, body: $text} ' * 50
        document = f"mutation ($text: String!) {{ taskBatchUpdate(input: {{rows: [{rows}]}}) "
        # Less than the limit for an anonymous caller's body.
        message = await refused(api, document + "{ sequence } }", text="x" * 190_000)
        # 50 rows of 3 values and twice 190 for the text, and `rows` itself.
        assert message.startswith("The operation's arguments hold 19,")

    async def test_argument_values_count_for_each_parent(
        self, api: Api, statements: Statements
    ) -> None:
        """Arguments are coerced once for each object that has the field."""
        inner = " ".join(f"a{n}: tasks(first: 1, filter: $f) {{ totalCount }}" for n in range(9))
        document = f"""
          query ($f: TaskFilter) {{ workspace(slug: "x") {{
            tasks(first: 100, filter: $f) {{ nodes {{ project {{ {inner} }} }} }}
          }} }}
        """
        parts = {"or": [{"title": {"contains": "i"}}] * 40}
        message = await refused(api, document, f=parts)
        assert message == (
            "The operation's arguments hold 109,021 values, counting those inside a list once for "
            "each of its items; the limit is 10,000. Use shorter filters, or smaller pages around "
            "them."
        )
        assert len(statements) == 0
        few = {"or": [{"title": {"contains": "i"}}] * 2}
        assert await api.answer(document, None, f=few) == {"data": {"workspace": None}}

    async def test_document_too_deep_to_parse_is_refused(self, api: Api) -> None:
        for text in ("{ a " * 300 + "}" * 300, "{ nodes(ids: " + "[" * 300 + "]" * 300 + ") }"):
            code, _ = await api.refusal(text)
            assert code in ("LIMIT_EXCEEDED", "GRAPHQL_PARSE_FAILED")

    async def test_repeated_introspection_is_refused(self, api: Api) -> None:
        inner = "fields { args { type { ofType { ofType { name } } } } }"
        parts = " ".join(f"a{n}: types {{ {inner} }}" for n in range(99))
        assert "__schema.types.fields" in await refused(api, f"{{ __schema {{ {parts} }} }}")


@pytest.mark.parametrize("name", ["variables", "extensions"])
async def test_variables_of_many_values_are_refused(
    api: Api, statements: Statements, name: str
) -> None:
    wide: list[dict[str, Any]] = [{"x": [0] * 10_001}, {"x": [[{}]] * 5_001}]
    for given in wide:
        response = await api.post({"query": "{ __typename }", name: given})
        assert response.status_code == 400
        [error] = response.json()["errors"]
        assert error["message"] == f"The {name} have more than 10,000 values. Send fewer at once."
    assert len(statements) == 0


async def test_unused_variables_cost_nothing(api: Api) -> None:
    spread = "...F " * 200
    document = (
        f"{{ viewer {{ workspaces {{ nodes {{ tasks {{ nodes {{ {spread} }} }} }} }} }} }} "
        "fragment F on Task { subtasks(first: 1, after: null) { totalCount } }"
    )
    junk = {f"v{n}": n for n in range(9_000)}
    await asyncio.wait_for(api.answer(document, None, **junk), timeout=5)


async def test_typical_queries_are_within_the_limits(api: Api, world: World) -> None:
    token = await world.make_token(await world.make_user())
    for name, query in QUERIES.items():
        answer = await api.answer(query, token, slug="nothing")
        assert "errors" not in answer, name
    answer = await api.answer(get_introspection_query())
    assert "errors" not in answer


async def test_recursive_introspection_is_refused(api: Api) -> None:
    inner = "name"
    for _ in range(8):
        inner = f"fields {{ type {{ {inner} }} }}"
    code, _ = await api.refusal(f"{{ __schema {{ types {{ {inner} }} }} }}")
    assert code == "GRAPHQL_VALIDATION_FAILED"


class TestBodies:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"max_body_size": 2_000}

    async def test_large_body_is_refused(self, api: Api, statements: Statements) -> None:
        body = {"query": "{ __typename }", "variables": {"x": "y" * 2_000}}
        response = await api.post(body)
        assert response.status_code == 413
        [error] = response.json()["errors"]
        message = "The request body has more than 2,000 bytes. Send less at once."
        assert error["message"] == message
        assert error["extensions"]["code"] == CODE
        assert len(statements) == 0

    async def test_large_chunked_body_is_refused(self, api: Api) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            yield b'{"query": "{ __typename }", "variables": {"x": "'
            for _ in range(30):
                yield b"y" * 100
            yield b'"}}'

        headers = {"Content-Type": "application/json"}
        response = await api.http.post("/graphql", content=pieces(), headers=headers)
        assert response.status_code == 413

    async def test_body_within_the_limit_is_answered(self, api: Api) -> None:
        body = json.dumps({"query": "{ __typename }", "variables": {"x": "y" * 1_900}})
        headers = {"Content-Type": "application/json"}
        response = await api.http.post("/graphql", content=body, headers=headers)
        assert body_without_cost(response) == {"data": {"__typename": "Query"}}
