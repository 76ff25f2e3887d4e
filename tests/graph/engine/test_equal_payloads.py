"""Payloads of mutations are assembled by plans as by the reference executor.

The mutations are dry runs, so that both executors change the same rows.
"""

import random
import re
from typing import Any

import pytest
from graphql import get_named_type, parse, validate

from graph.engine.engine import Engine
from graph.kit.node import node_id
from tests.graph.engine import test_equal_answers
from tests.support.client import Api
from tests.support.everything import Everything
from tests.support.random_operations import VARYING, Known, Operation, OperationMaker
from tests.support.schema_walk import SCHEMA

COUNT = 25
#: Fields that show the time of the write.
TIMED = {"updatedAt", "pageInfo", "cursor"}

settings = test_equal_answers.settings
reference = test_equal_answers.reference
teams = test_equal_answers.teams
known = test_equal_answers.known
tokens = test_equal_answers.tokens


@pytest.fixture
def mutations(teams: list[Everything]) -> list[tuple[str, str]]:
    """Mutations with their arguments, for rows of the first team."""
    ash = teams[0]

    def row(name: str, place: int = 0) -> str:
        return f'"{node_id(ash.rows[name][place])}"'

    member = f"workspaceId: {row('Workspace')}, userId: {row('User', 1)}"
    update = (
        f'id: {row("Task")}, title: "new", assigneeIds: [{row("User", 3)}], '
        f'labelIds: [{row("Label", 1)}], stateId: {row("State", 1)}, dueOn: "2026-03-09"'
    )
    batch = f"{{id: {row('Task', 1)}, addedAssigneeIds: [{row('User')}]}}"
    return [
        ("taskUpdate", f"input: {{{update}}}"),
        ("taskBatchUpdate", f"input: {{rows: [{{{update}}}, {batch}]}}"),
        ("taskArchive", f"id: {row('Task', 1)}"),
        ("taskDelete", f"id: {row('Task')}"),
        ("taskDelete", f"id: {row('Task')}, permanently: true"),
        ("labelDelete", f"id: {row('Label')}"),
        ("labelUpdate", f'input: {{id: {row("Label")}, name: "new"}}'),
        ("labelUpdate", f'input: {{id: {row("Label")}, name: ""}}'),
        ("commentUpdate", f'input: {{id: {row("Comment")}, body: "new"}}'),
        ("commentDelete", f"id: {row('Comment')}"),
        ("projectUpdate", f'input: {{id: {row("Project")}, name: "new", leadId: null}}'),
        ("projectArchive", f"id: {row('Project')}"),
        ("workspaceUpdate", f'input: {{id: {row("Workspace")}, name: "new"}}'),
        ("milestoneDelete", f"id: {row('Milestone')}"),
        ("memberRemove", f"input: {{{member}}}"),
        ("memberUpdate", f"input: {{{member}, role: ADMIN}}"),
        ("eventUpdate", f'input: {{id: {row("Event")}, title: "new"}}'),
        ("eventRespond", f"input: {{eventId: {row('Event')}, response: ACCEPTED}}"),
    ]


class PayloadMaker(OperationMaker):
    """Makes mutations that select anything of their payloads."""

    def make_mutation(self, mutations: list[tuple[str, str]]) -> Operation:
        self.make()
        self.definitions, self.variables, self.fragments, self.count = [], {}, [], 0
        self.cursors, self.budget = {}, 30
        parts = []
        for place in range(self.random.choice([1, 1, 2, 3])):
            name, arguments = self.random.choice(mutations)
            kind: Any = get_named_type(SCHEMA.mutation_type.fields[name].type)  # type: ignore[union-attr]
            selection = self._selection(kind, self.random.randint(2, 5), inside_list=1)
            parts.append(f"m{place}: {name}({arguments}, dryRun: true) {selection}")
        head = f"mutation ({', '.join(self.definitions)})" if self.definitions else "mutation"
        text = "\n".join([f"{head} {{ {' '.join(parts)} }}", *self.fragments])
        return Operation(text, self.variables)


def comparable(content: bytes) -> bytes:
    """An answer without the time of the write, which the log shows too."""
    return re.sub(rb'"20\d\d-\d\d-\d\dT[\d:.]+Z"', b'"time"', content)


@pytest.mark.parametrize("part", range(2))
async def test_random_payloads_are_answered_as_by_the_reference_executor(
    api: Api,
    reference: Api,
    known: Known,
    mutations: list[tuple[str, str]],
    tokens: list[str | None],
    part: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timed = {f"{kind}.{name}" for kind in SCHEMA.type_map for name in TIMED}
    monkeypatch.setattr("tests.support.random_operations.VARYING", VARYING | timed)
    planned: list[bool] = []
    payload = Engine.payload

    async def recorded(*arguments: Any) -> Any:
        found = await payload(*arguments)
        planned.append(found is not None)
        return found

    monkeypatch.setattr(Engine, "payload", recorded)
    for seed in range(part * COUNT, (part + 1) * COUNT):
        operation = PayloadMaker(seed, known).make_mutation(mutations)
        if validate(SCHEMA, parse(operation.text)):
            continue
        token = random.Random(seed).choice(tokens[1:])
        body = {"query": operation.text, "variables": operation.variables}
        expected = await reference.post(body, token)
        answer = await api.post(body, token)
        assert comparable(answer.content) == comparable(expected.content), f"{seed}: {operation}"
    # Invalid arguments, and rows that are hidden now, are left to the reference executor.
    assert len(planned) > COUNT // 2
    assert sum(planned) > 0.9 * len(planned)
