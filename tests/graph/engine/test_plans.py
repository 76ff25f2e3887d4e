"""What the engine plans: statements, columns, fallbacks, explanations, and its bounds."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from graph.engine import assembly
from graph.engine.engine import Engine
from graph.kit.loading import loaders
from tests.support.client import Statements
from tests.support.command import taskloom
from tests.support.database_kinds import EveryDatabase, one_database  # noqa: F401
from tests.support.office import Office
from tests.support.schema_walk import SCHEMA
from tests.support.world import NOON


def tasks(first: object, selection: str) -> str:
    """The field of a page of tasks."""
    nodes = f"tasks(first: {first}) {{ nodes {{ {selection} }} }}"
    return f'workspace(slug: "office") {{ {nodes} }}'


def engine_of(office: Office) -> Engine:
    engine = office.api.app.endpoint.runner.planned  # type: ignore[attr-defined]
    assert isinstance(engine, Engine)
    return engine


@pytest.fixture
def shares_plans() -> bool:
    return False


class TestStatements(EveryDatabase):
    async def test_only_selected_columns_are_read(self, office: Office) -> None:
        document = f"{{ {tasks(2, 'title')} }}"
        with Statements(office.api.database) as statements:
            await office.api.ask(document, office.tokens["member"])
        read = statements.sent[-1]
        assert "tasks.title" in read
        assert "tasks.priority" not in read

    async def test_a_relative_time_is_relative_to_each_request(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = """{ workspace(slug: "office") {
          tasks(filter: {createdAt: {gt: "-PT1H"}}) { totalCount }
        } }"""
        token = office.tokens["member"]
        counts = []
        for hours in (0.5, 5):
            later = NOON + timedelta(hours=hours)
            monkeypatch.setattr(loaders, "now", lambda later=later: later)
            data = await office.api.ask(document, token)
            counts.append(data["workspace"]["tasks"]["totalCount"])
        assert counts[0] > 0
        assert counts[1] == 0

    async def test_a_dry_runs_payload_shows_what_it_wrote(self, office: Office) -> None:
        payload = await office.write(
            "taskUpdate",
            "task { title labels { name } assignees { handle } }",
            input={"id": office.gid("task"), "addedLabelIds": [office.gid("bug")]},
            dryRun=True,
        )
        assert [label["name"] for label in payload["task"]["labels"]] == ["bug"]
        data = await office.api.ask(
            "query ($id: ID!) { node(id: $id) { ... on Task { labels { name } } } }",
            office.tokens["member"],
            id=office.gid("task"),
        )
        assert data["node"]["labels"] == []


async def test_a_large_answer_is_assembled_in_slices(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "SLICE", 1)
    turns: list[int] = []
    usual = assembly._slices

    def slices(*arguments: Any) -> Any:
        for part in usual(*arguments):
            turns.append(1)
            yield part

    monkeypatch.setattr(assembly, "_slices", slices)
    document = f"{{ {tasks(4, 'state { name }')} }}"
    data = await office.api.ask(document, office.tokens["member"])
    assert len(data["workspace"]["tasks"]["nodes"]) == 4
    assert len(turns) > 1


async def test_caches_are_bounded(office: Office) -> None:
    engine = engine_of(office)
    runner = office.api.app.endpoint.runner  # type: ignore[attr-defined]
    engine._statements.count = runner.documents.count = 5
    engine._limit.most = 5_000
    for number in range(30):
        document = f"{{ v: viewer {{ handle }} w{number}: {tasks(1, 'id')} }}"
        data = await office.api.ask(document, office.tokens["member"])
        assert data[f"w{number}"]["tasks"]["nodes"]
    assert len(engine._statements) <= 5
    assert len(runner.documents) <= 5
    assert 0 < len(engine._limit) <= 10


async def test_variables_share_a_plan_and_their_number_is_bounded(office: Office) -> None:
    engine = engine_of(office)
    document = f"query ($size: Int!) {{ {tasks('$size', 'id')} }}"
    before = len(engine._statements)
    for size in range(1, 41):
        await office.api.ask(document, office.tokens["member"], size=size)
    # The steps of one plan.
    assert len(engine._statements) - before == 2
    runner = office.api.app.endpoint.runner  # type: ignore[attr-defined]
    operation = runner.documents.get(document).find(None)
    assert len(operation.plans.plans) == 1
    assert len(operation.plans.bound) == 20


async def test_a_fallback_names_the_field(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    definition: Any = SCHEMA.type_map["Task"]
    own = definition.fields["viewerCanUpdate"].extensions["strawberry-definition"]
    monkeypatch.setattr(own, "metadata", {})
    document = f"{{ {tasks(1, 'viewerCanUpdate')} }}"
    with caplog.at_level(logging.DEBUG, logger="taskloom.engine"):
        data = await office.api.ask(document, office.tokens["member"])
    assert data["workspace"]["tasks"]["nodes"] == [{"viewerCanUpdate": True}]
    assert caplog.messages == [
        "not planned: Task.viewerCanUpdate: a resolver without a declaration"
    ]


class TestExplain:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        file = tmp_path / "query.graphql"
        query = f"query Q {{ {tasks(2, 'title state { name }')} }}"
        file.write_text(f"{query} mutation M {{ signOut {{ sequence }} }}")
        return file

    async def test_prints_places_steps_and_sql(self, file: Path) -> None:
        explained = await taskloom("postgresql://a@127.0.0.1/b", "explain", str(file))
        assert "workspace.tasks.state: State" in explained.out
        assert "3 steps stacked as one statement" in explained.out
        assert "keys: workspace.tasks.state_id" in explained.out
        assert "WITH step_0 AS" in explained.out
        assert explained.out.endswith("Statements: 1\n")
        explained = await taskloom("sqlite:///none.db", "explain", str(file), "--operation", "Q")
        assert explained.out.endswith("Statements: 3\n")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--operation", "M"], "Only queries have plans"),
            (["--operation", "N"], "The document has no operation named 'N'."),
            (["--variables", "{"], "--variables is not valid JSON"),
            (["--variables", "[]"], "--variables must be a JSON object."),
        ],
    )
    async def test_refuses_what_it_cannot_explain(
        self, file: Path, options: list[str], message: str
    ) -> None:
        refused = await taskloom("sqlite:///none.db", "explain", str(file), *options)
        assert refused.code == 1
        assert message in refused.notes
