"""Long texts are read only if an operation selects them, and only so many."""

import re
from typing import Any

import pytest

from graph.engine import stack
from graph.kit.loading import loaders, texts
from tests.support.client import Statements
from tests.support.database_kinds import EveryDatabase, one_database  # noqa: F401
from tests.support.office import Office, dump

TASKS = 'workspace(slug: "office") {{ tasks(first: 3) {{ nodes {{ {} }} }} }}'
CHANGES = 'workspace(slug: "office") {{ changes(first: 3) {{ nodes {{ {} }} }} }}'


async def columns_read(office: Office, column: str, document: str) -> list[bool]:
    """Whether the statements of an operation have a column, after those for user and workspace."""
    with Statements(office.api.database) as statements:
        await office.api.ask(document, office.tokens["member"])
    return [column in each for each in selects(statements)[2:]]


def selects(statements: Statements) -> list[str]:
    """The statements, and for a stacked one what each of its steps selects."""
    parts = []
    for statement in statements.sent:
        steps, *_ = statement.split("UNION ALL SELECT")
        parts += re.split(r"step_\d+ AS \n", steps.rpartition("\n SELECT ")[0] or steps)
    return [part for part in parts if part.strip() != "WITH"]


class TestSelection(EveryDatabase):
    async def test_bodies_are_read_if_they_are_selected(self, office: Office) -> None:
        for selection, expected in (
            ("title", [False]),
            ("title body", [True]),
            ("title ... on Node { ... on Task { text: body } }", [True]),
            ("title parent { body }", [False, True]),
        ):
            document = f"{{ {TASKS.format(selection)} }}"
            assert await columns_read(office, "body", document) == expected, selection

    async def test_texts_of_one_type_are_read_for_that_type_only(self, office: Office) -> None:
        selection = "title comments(first: 2) { nodes { body } }"
        found = await columns_read(office, "body", f"{{ {TASKS.format(selection)} }}")
        assert found == [False, True]

    async def test_fields_of_changes_are_read_if_they_are_selected(self, office: Office) -> None:
        assert await columns_read(office, "fields", f"{{ {CHANGES.format('sequence')} }}") == [
            False
        ]
        selection = "fields { name }"
        assert await columns_read(office, "fields", f"{{ {CHANGES.format(selection)} }}") == [True]

    async def test_boards_read_no_bodies(self, office: Office) -> None:
        board = "taskGroups(by: STATE) { tasks(first: 2) { nodes { title } } }"
        document = f'{{ workspace(slug: "office") {{ {board} }} }}'
        assert not any(await columns_read(office, "body", document))
        data = await office.api.ask(document.replace("title", "title body"), office.tokens["owner"])
        assert data["workspace"]["taskGroups"][1]["tasks"]["nodes"][0]["body"] == ""


class TestLimits:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"max_answer_size": 10_000}

    async def write_bodies(self, office: Office, size: int) -> None:
        for name in ("parent", "task", "child", "linked"):
            await office.must_write(
                "taskUpdate", input={"id": office.gid(name), "body": "é" * (size // 2)}
            )

    async def test_an_operation_reads_so_many_bytes(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await self.write_bodies(office, 3_000)
        document = '{ workspace(slug: "office") { tasks(first: 4) { nodes { body } } } }'
        assert await office.api.refusal(document, office.tokens["member"]) == (
            "LIMIT_EXCEEDED",
            "The operation reads more than 10,000 bytes of long texts. Select fewer of them, or "
            "smaller pages.",
        )
        fewer = document.replace("first: 4", "first: 2")
        # The page reads one row more than it shows.
        data = await office.api.ask(fewer, office.tokens["member"])
        assert len(data["workspace"]["tasks"]["nodes"]) == 2

    async def test_rows_with_texts_are_read_in_statements_of_bounded_size(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(loaders, "MAX_ROWS", 4)
        monkeypatch.setattr(texts, "MAX_ROWS", 4)
        monkeypatch.setattr(stack, "MAX_ROWS", 4)
        ids = [office.gid(name) for name in ("parent", "task", "child", "linked")]
        document = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Task { %s } } }"
        comments = "comments(first: 2) { nodes { body } }"
        for selection, expected in (("title", 1), (comments, 1 + 2)):
            with Statements(office.api.database) as statements:
                await office.api.ask(document % selection, office.tokens["member"], ids=ids)
            # The first one finds the user.
            assert len(statements) == 1 + expected, selection

    async def test_changes_count_the_texts_that_they_read(self, office: Office) -> None:
        await self.write_bodies(office, 3_000)
        document = """query ($after: Int!) { workspace(slug: "office") {
          changes(after: $after, first: %d) { nodes { fields { name } } }
        } }"""
        newest = {"after": await office.sequence() - 4}
        code, message = await office.api.refusal(document % 4, office.tokens["member"], **newest)
        assert (code, message[:24]) == ("LIMIT_EXCEEDED", "The operation reads more")
        data = await office.api.ask(document % 2, office.tokens["member"], **newest)
        assert len(data["workspace"]["changes"]["nodes"]) == 2

    async def test_a_deletion_reads_no_texts_of_the_rows_that_refer_to_it(
        self, office: Office
    ) -> None:
        labels = {"id": office.gid("task"), "addedLabelIds": [office.gid("bug")]}
        await office.must_write("taskUpdate", input=labels)
        with Statements(office.api.database) as statements:
            await office.must_write("labelDelete", id=office.gid("bug"))
        assert not any("tasks.body" in statement for statement in statements.sent)

    async def test_a_version_conflict_reads_no_values_of_changes(self, office: Office) -> None:
        await self.write_bodies(office, 3_000)
        values = {"id": office.gid("task"), "title": "x", "expectedVersion": 1}
        with Statements(office.api.database) as statements:
            payload = await office.write("taskUpdate", "errors { code }", input=values)
        assert payload["errors"] == [{"code": "CONFLICT"}]
        [names] = [one for one in statements.sent if "FROM changes" in one]
        assert "SELECT changes.subject_id AS subject_id, changes.fields" not in names

    async def test_long_texts_are_refused(self, office: Office, database: Any) -> None:
        before = await dump(database)
        payload = await office.write(
            "taskUpdate",
            "errors { code message path }",
            input={"id": office.gid("task"), "body": "x" * 100_001},
        )
        assert payload["errors"] == [
            {
                "code": "INVALID",
                "message": "It must have at most 100,000 characters, not 100,001.",
                "path": ["input", "body"],
            }
        ]
        assert await dump(database) == before
