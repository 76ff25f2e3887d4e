"""Traces: `extensions.trace` and `extensions.explain`."""

import json
from typing import Any

import pytest

from graph.operations.explain_plans import redact
from models import Role
from models.database.observation import OBSERVER
from tests.support.client import Statements
from tests.support.office import Office
from tests.support.queries import QUERIES

TASKS = """
  query ($slug: String!, $text: String = "x") { workspace(slug: $slug) {
    tasks(first: 5, filter: {title: {neq: $text}}) {
      totalCount nodes { key title state { name } assignees { handle } }
    }
  } }
"""


async def send(office: Office, query: str, who: str = "owner", /, **options: Any) -> dict[str, Any]:
    """The response to a query with headers for traces."""
    headers = {"Authorization": f"Bearer {office.tokens[who]}", **options.pop("headers", {})}
    body = {"query": query, "variables": {"slug": "office", **options}}
    response = await office.api.http.post("/graphql", json=body, headers=headers)
    answer: dict[str, Any] = response.json()
    return answer


async def trace_of(office: Office, query: str, who: str = "owner", **options: Any) -> Any:
    given = {"X-Taskloom-Trace": "1", **options.pop("headers", {})}
    answer = await send(office, query, who, headers=given, **options)
    assert "errors" not in answer, answer
    return answer["extensions"]["trace"]


@pytest.mark.parametrize("executor_asked_for", ["planned", "reference"])
async def test_trace_has_the_statements_that_the_database_gets(
    office: Office, statements: Statements, executor_asked_for: str
) -> None:
    headers = {} if executor_asked_for == "planned" else {"X-Taskloom-Executor": "reference"}
    for name, query in QUERIES.items():
        # The first run may plan.
        statements.clear()
        trace = await trace_of(office, query, headers=headers)
        assert trace["executor"] == executor_asked_for, name
        sent = [sql for sql in statements.sent if "FROM access_tokens" not in sql]
        # Statements that run at the same time end in any order.
        assert sorted(one["sql"] for one in trace["statements"]) == sorted(sent), name
        assert not any(one["isRepeated"] for one in trace["statements"]), name


async def test_trace_shows_plan_spans_and_costs(office: Office, kind: str) -> None:
    trace = await trace_of(office, TASKS)
    assert trace["executor"] == "planned"
    assert {"path": "workspace.tasks.nodes", "type": "Task"} in [
        {"path": place["path"] + ".nodes", "type": place["type"]}
        for place in trace["plan"]["places"]
    ] or {"path": "workspace.tasks.nodes", "type": "Task"} in trace["plan"]["places"]
    kinds = {span["kind"] for span in trace["spans"]}
    assert kinds >= {"wait", "price", "plan", "assemble", "encode"}
    costs = {cost["path"]: cost for cost in trace["costs"]}
    assert costs["workspace.tasks.nodes"]["objects"] == 4
    steps = {
        step["number"]
        for stage in trace["plan"]["stages"]
        for unit in stage
        for step in unit["steps"]
    }
    executed = {number for one in trace["statements"] for number in one["steps"]}
    assert executed <= steps
    assert executed
    for statement in trace["statements"]:
        assert 0 <= statement["durationMs"] <= trace["durationMs"]
        assert statement["rows"] is not None
    assert sum(statement["rows"] for statement in trace["statements"]) > 4
    if kind == "postgresql":
        assert len(trace["statements"]) == 1


async def test_reference_executor_shows_its_batches(office: Office) -> None:
    trace = await trace_of(office, TASKS, headers={"X-Taskloom-Executor": "reference"})
    loads = {span["name"]: span["keys"] for span in trace["spans"] if span["kind"] == "load"}
    assert loads["PageBatch of Workspace.tasks"] == 1
    assert loads["RowBatch of State"] >= 1
    assert trace["plan"] is None


class TestOnServersForDevelopment:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"trace": "everybody"}

    async def test_explained_statements_show_no_values(self, office: Office, kind: str) -> None:
        headers = {"X-Taskloom-Trace": "explain"}
        trace = await trace_of(office, TASKS, headers=headers, text="it's a secret 4711")
        assert all(one["explain"] for one in trace["statements"])
        text = json.dumps(trace)
        for value in (
            "secret",
            "4711",
            "office",
            office.workspace.id.hex,
            str(office.workspace.id),
        ):
            assert value not in text, value
        if kind == "postgresql":
            [statement] = trace["statements"]
            assert statement["explain"][0]["Plan"]["Node Type"] == "Append"

    async def test_mutation_is_traced_but_not_explained(self, office: Office) -> None:
        update = "mutation ($input: TaskUpdateInput!) { taskUpdate(input: $input) { sequence } }"
        values = {"id": office.gid("task"), "title": "traced secret"}
        trace = await trace_of(
            office, update, input=values, headers={"X-Taskloom-Trace": "explain"}
        )
        assert len(trace["statements"]) > 2
        assert [one["explain"] for one in trace["statements"]] == [None] * len(trace["statements"])
        assert "secret" not in json.dumps(trace)

    async def test_explain_is_what_ruru_shows(self, office: Office) -> None:
        headers = {"X-GraphQL-Explain": "plan,sql"}
        answer = await send(office, TASKS, headers=headers)
        assert answer["extensions"].keys() == {"cost", "explain"}
        [plan, *statements] = answer["extensions"]["explain"]["operations"]
        assert (plan["type"], plan["title"], plan["plan"]["version"]) == ("plan", "Plan", "v1")
        steps = {step["id"]: step for bucket in plan["plan"]["buckets"] for step in bucket["steps"]}
        for step in steps.values():
            assert all(needed in steps for needed in step["dependencyIds"])
        assert any(step["dependencyIds"] for step in steps.values())
        assert statements
        for statement in statements:
            assert statement.keys() == {"type", "title", "query", "explain"}
            assert statement["query"].startswith(("SELECT", "WITH"))


@pytest.mark.parametrize(
    ("who", "is_allowed"),
    [
        ("owner", True), ("admin", True), ("reader", True), ("bound", True), ("member", False),
        ("guest", False),
    ],
)  # fmt: skip
async def test_traces_are_for_administrators(office: Office, who: str, is_allowed: bool) -> None:
    headers = {"X-Taskloom-Trace": "1"}
    answer = await send(office, TASKS, who, headers=headers)
    assert answer["data"]["workspace"]["tasks"]["totalCount"] > 0
    assert ("refused" in answer["extensions"]["trace"]) == (not is_allowed)
    assert ("statements" in answer["extensions"]["trace"]) == is_allowed


async def test_administrators_of_some_workspaces_need_a_limited_token(office: Office) -> None:
    await office.world.make_member(office.foreign, office.admin, Role.MEMBER)
    headers = {"X-Taskloom-Trace": "1"}
    answer = await send(office, TASKS, "admin", headers=headers)
    assert "refused" in answer["extensions"]["trace"]
    office.tokens["limited"] = await office.world.make_token(
        office.admin, workspace=office.workspace
    )
    answer = await send(office, TASKS, "limited", headers=headers)
    assert "statements" in answer["extensions"]["trace"]


async def test_administrators_get_no_traces_of_mutations(office: Office) -> None:
    """A mutation reads more than the viewer may see, such as whether a handle is taken."""
    headers = {"X-Taskloom-Trace": "1", "X-GraphQL-Explain": "plan,sql"}
    for mutation in (
        'mutation { signIn(user: "member", password: "wrong") { errors { code } } }',
        "mutation ($input: TaskUpdateInput!) { taskUpdate(input: $input) { sequence } }",
    ):
        values = {"id": office.gid("task"), "title": "renamed"}
        answer = await send(office, mutation, headers=headers, input=values)
        assert answer["extensions"]["trace"].keys() == {"refused"}
        assert answer["extensions"]["explain"].keys() == {"refused"}


async def test_administrators_get_no_plans_of_the_database(office: Office) -> None:
    """They are estimated from the rows of all workspaces."""
    headers = {"X-Taskloom-Trace": "explain", "X-GraphQL-Explain": "sql"}
    answer = await send(office, TASKS, headers=headers)
    assert {one["explain"] for one in answer["extensions"]["trace"]["statements"]} == {None}
    assert {one["explain"] for one in answer["extensions"]["explain"]["operations"]} == {""}


@pytest.mark.parametrize("value", ["0", "false", "", "no", "explain-all"])
async def test_other_values_ask_for_nothing(office: Office, value: str) -> None:
    answer = await send(office, TASKS, headers={"X-Taskloom-Trace": value})
    assert answer["extensions"].keys() == {"cost"}


async def test_without_asking_nothing_is_traced(office: Office) -> None:
    answer = await send(office, TASKS)
    assert answer["extensions"].keys() == {"cost"}
    assert OBSERVER.get() is None


class TestSettings:
    @pytest.fixture
    def kind(self) -> str:
        return "sqlite"

    @pytest.fixture(params=["nobody", "everybody"])
    def settings(self, request: pytest.FixtureRequest) -> dict[str, Any]:
        return {"trace": request.param}

    async def test_setting_decides(self, office: Office, settings: dict[str, Any]) -> None:
        for who in ("owner", "guest"):
            answer = await send(office, TASKS, who, headers={"X-Taskloom-Trace": "1"})
            is_refused = "refused" in answer["extensions"]["trace"]
            assert is_refused == (settings["trace"] == "nobody"), who


def test_values_are_redacted_and_names_are_not() -> None:
    plan = {
        "Plan": {
            "Node Type": "Index Scan",
            "Index Name": "ix_tasks_2",
            "Index Cond": "((id = '01'::uuid) AND (number > 42) AND (a_1 = $3) AND (s = 'it''s'))",
            "Total Cost": 12.5,
            "Plans": [{"Filter": "t.x = 0xABCD and y = -1.5"}],
        }
    }
    assert redact(plan) == {
        "Plan": {
            "Node Type": "Index Scan",
            "Index Name": "ix_tasks_2",
            "Index Cond": "((id = ?) AND (number > ?) AND (a_1 = $3) AND (s = ?))",
            "Total Cost": 12.5,
            "Plans": [{"Filter": "t.x = ? and y = ?"}],
        }
    }
