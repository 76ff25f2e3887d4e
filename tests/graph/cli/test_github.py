"""Importing a GitHub archive."""

import copy
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from models import (
    Base,
    Comment,
    Label,
    Project,
    State,
    Task,
    Workspace,
)
from models.database import Database
from tests.support.client import Api
from tests.support.command import taskloom
from tests.support.world import World

IMPORTED = "Imported acme/rocket-2 into the project ROCKET of the workspace acme: "


def comment(author: str | None, minute: int, body: str) -> dict[str, Any]:
    at = f"2024-02-0{1 + minute // 60}T12:{minute % 60:02}:00Z"
    return {"author": author, "body": body, "createdAt": at, "updatedAt": at, "id": "ignored"}


def issue(number: int, **fields: Any) -> dict[str, Any]:
    closed = number % 3 == 0
    return {
        "number": number,
        "title": f"Issue {number}: ümlauts, \u4e2d\u6587 and 😀",
        "body": f"Line one\r\nline two of {number}",
        "url": f"https://github.com/acme/rocket-2/issues/{number}",
        "state": "CLOSED" if closed else "OPEN",
        "author": f"author-{number % 4}",
        "assignees": [f"helper{n}" for n in range(number % 3)],
        "labels": ["bug", "gone"][: number % 3],
        "createdAt": f"2024-01-{1 + number // 4:02}T10:00:00Z",
        "updatedAt": "2024-03-01T10:00:00Z",
        "closedAt": "2024-02-20T08:30:00Z" if closed else None,
        "comments": [comment(f"author-{n % 4}", n, f"{number}/{n}") for n in range(number % 5)],
    } | fields


ARCHIVE = {
    "magic": "anything",
    "repo": "acme/rocket-2",
    "labels": [
        {"name": "bug", "description": None, "color": "FC2929"},
        {"name": "idle", "description": "No issue has it.", "color": "cccccc"},
    ],
    "issues": [
        *(issue(number) for number in range(1, 23)),
        # Two comments of an author in one second, a deleted account and an empty body.
        issue(40, comments=[comment("a", 1, "one"), comment("a", 1, "two"), comment(None, 1, "")]),
    ],
    "pulls": [
        issue(30, state="MERGED", url="https://github.com/acme/rocket-2/pull/30"),
        issue(33, state="CLOSED", url="https://github.com/acme/rocket-2/pull/33"),
        issue(31, state="OPEN", url="https://github.com/acme/rocket-2/pull/31"),
    ],
}


@pytest.fixture
def archive() -> dict[str, Any]:
    return copy.deepcopy(ARCHIVE)


def write(folder: Path, archive: dict[str, Any]) -> str:
    file = folder / "archive.json"
    file.write_text(json.dumps(archive))
    return str(file)


async def counts(database: Database) -> dict[str, int]:
    found = {}
    async with database.reads() as session:
        for table in Base.metadata.sorted_tables:
            found[table.name] = await session.scalar(select(func.count()).select_from(table)) or 0
    return found


PAGE = """
query ($first: Int, $after: String, $last: Int, $before: String) {
  workspace(slug: "acme") {
    tasks(first: $first, after: $after, last: $last, before: $before) {
      nodes {
        number key title body sourceUrl createdAt updatedAt closedAt
        state { name } creator { handle } assignees { handle } labels { name color }
        comments(first: 100) { nodes { body createdAt author { handle } } }
      }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""


async def walk(api: Api, token: str, *, forwards: bool) -> list[dict[str, Any]]:
    """All tasks, read in pages of seven."""
    nodes: list[dict[str, Any]] = []
    cursor = None
    while True:
        where = {"first": 7, "after": cursor} if forwards else {"last": 7, "before": cursor}
        page = (await api.ask(PAGE, token, **where))["workspace"]["tasks"]
        nodes = nodes + page["nodes"] if forwards else page["nodes"] + nodes
        info = page["pageInfo"]
        cursor = info["endCursor" if forwards else "startCursor"]
        if not info["hasNextPage" if forwards else "hasPreviousPage"]:
            return nodes


def expected(issues: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    colors = {"bug": "#fc2929", "gone": "#ededed", "idle": "#cccccc"}
    return [
        {
            "number": one["number"],
            "key": f"{key}-{one['number']}",
            "title": one["title"],
            "body": one["body"],
            "sourceUrl": one["url"],
            "createdAt": one["createdAt"],
            "updatedAt": one["updatedAt"],
            "closedAt": one["closedAt"],
            "state": {"name": "Done" if one["state"] == "CLOSED" else "Todo"},
            "creator": {"handle": one["author"]},
            "assignees": [{"handle": handle} for handle in one["assignees"]],
            "labels": [{"name": name, "color": colors[name]} for name in one["labels"]],
            "comments": {
                "nodes": [
                    {
                        "body": said["body"],
                        "createdAt": said["createdAt"],
                        "author": said["author"] and {"handle": said["author"]},
                    }
                    for said in one["comments"]
                ]
            },
        }
        # Newest first. Of issues created in the same second, the last imported comes first.
        for one in sorted(issues, key=lambda one: (one["createdAt"], one["number"]), reverse=True)
    ]


async def test_import_creates_each_issue_once(
    api: Api, url: str, world: World, archive: dict[str, Any], tmp_path: Path
) -> None:
    done = await taskloom(url, "import", "github", write(tmp_path, archive), "--workspace", "acme")
    assert done.code == 0
    assert done.notes.startswith(IMPORTED)
    await taskloom(url, "user", "add", "reader", "--workspace", "acme")
    token = (await taskloom(url, "token", "create", "--user", "reader")).out.strip()
    for forwards in (True, False):
        assert await walk(api, token, forwards=forwards) == expected(archive["issues"], "ROCKET")


async def test_second_import_only_applies_changes(
    url: str, database: Database, archive: dict[str, Any], tmp_path: Path
) -> None:
    command = ["import", "github", write(tmp_path, archive), "--workspace", "acme"]
    await taskloom(url, *command)
    first = await counts(database)
    again = await taskloom(url, *command)
    assert again.notes == f"{IMPORTED}no changes.\n"
    assert await counts(database) == first

    changed = archive["issues"][1]
    changed |= {"title": "Renamed", "state": "CLOSED", "closedAt": "2024-05-01T00:00:00Z"}
    changed |= {"labels": ["idle"], "assignees": ["helper9"]}
    changed["comments"][0]["body"] = "edited"
    changed["comments"].append(comment("newcomer", 59, "late"))
    archive["labels"][0]["color"] = "000000"
    archive["issues"].append(issue(41))
    write(tmp_path, archive)
    await taskloom(url, *command)
    async with database.reads() as session:
        task = await session.scalar(select(Task).where(Task.number == 2))
        assert task is not None
        state = await session.get_one(State, task.state_id)
        said = await session.scalars(
            select(Comment.body).where(Comment.task_id == task.id).order_by(Comment.created_at)
        )
        assert (task.title, task.version, state.name) == ("Renamed", 2, "Done")
        assert task.closed_at == datetime.fromisoformat("2024-05-01T00:00:00Z")
        assert list(said) == ["edited", "2/1", "late"]
        colors = await session.scalars(select(Label.color).where(Label.name == "bug"))
        assert list(colors) == ["#000000"]
        project = await session.scalar(select(Project))
        assert project is not None
        assert project.last_number == 41
    later = await counts(database)
    grown = {name: later[name] - first[name] for name in later if later[name] != first[name]}
    # Issue 2 keeps its labels and assignees and gets one more of each. Issue 41 is new.
    assert grown == {
        "users": 2, "external_identities": 2, "memberships": 2, "tasks": 1, "comments": 1 + 1,
        "assignments": 1 + 2, "labelings": 1 + 2,
        # 2 members, 2 tasks, 3 comments and a label.
        "changes": 2 + 2 + 3 + 1,
    }  # fmt: skip


async def test_second_import_keeps_states_that_agree_with_the_archive(
    url: str, database: Database, archive: dict[str, Any], tmp_path: Path
) -> None:
    command = ["import", "github", write(tmp_path, archive), "--workspace", "acme"]
    await taskloom(url, *command)
    async with database.writes.begin() as session:
        moved = await session.scalar(select(Task).where(Task.number == 1))
        doing = await session.scalar(select(State).where(State.name == "In Progress"))
        assert moved is not None
        assert doing is not None
        moved.state_id = doing.id
    await taskloom(url, *command)
    async with database.reads() as session:
        again = await session.scalar(select(Task).where(Task.number == 1))
        assert again is not None
        assert again.state_id == doing.id


async def test_pull_requests_are_imported_on_request(
    url: str, database: Database, archive: dict[str, Any], tmp_path: Path
) -> None:
    command = ["import", "github", write(tmp_path, archive), "--workspace", "acme"]
    await taskloom(url, *command, "--include-pulls")
    async with database.reads() as session:
        found = await session.execute(
            select(Task.number, State.name).join(State).where(Task.number.in_([30, 31, 33]))
        )
        assert sorted(tuple(row) for row in found) == [
            (30, "Done"),
            (31, "In Review"),
            (33, "Canceled"),
        ]
        assert await session.scalar(select(func.count(Task.id))) == 26


async def test_repositories_of_the_same_name_get_different_keys(
    url: str, database: Database, archive: dict[str, Any], tmp_path: Path
) -> None:
    for repo in ("acme/rocket-2", "other/rocket", "third/42"):
        archive["repo"] = repo
        file = write(tmp_path, archive)
        done = await taskloom(url, "import", "github", file, "--workspace", "acme")
        assert done.code == 0
    async with database.reads() as session:
        keys = await session.scalars(select(Project.key).order_by(Project.id))
        assert list(keys) == ["ROCKET", "ROCKET2", "GH"]
        names = await session.scalars(select(State.name).order_by(State.position))
        assert list(names) == [
            "Triage", "Backlog", "Todo", "In Progress", "In Review", "Done", "Canceled",
        ]  # fmt: skip
        assert list(await session.scalars(select(Workspace.slug))) == ["acme"]
    taken = await taskloom(
        url, "import", "github", write(tmp_path, archive | {"repo": "a/b"}),
        "--workspace", "acme", "--project", "GH",
    )  # fmt: skip
    assert (taken.code, taken.notes) == (
        1,
        "error: The workspace acme already has a project GH. Choose another key.\n",
    )


def without(archive: dict[str, Any], number: int, name: str) -> dict[str, Any]:
    del archive["issues"][number - 1][name]
    return archive


def changed(archive: dict[str, Any], place: int, **fields: Any) -> dict[str, Any]:
    archive["issues"][place - 1] |= fields
    return archive


def with_comment(archive: dict[str, Any], number: int, **fields: Any) -> dict[str, Any]:
    archive["issues"][number - 1]["comments"][0] |= fields
    return archive


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda a: [], "top level: "),
        (lambda a: {}, "field repo: Field required"),
        (lambda a: a | {"issues": None}, "field issues: Input should be a valid list"),
        (lambda a: a | {"repo": "nothing"}, "field repo: String should match"),
        (lambda a: without(a, 17, "createdAt"), "issue 17, field createdAt: Field required"),
        (lambda a: changed(a, 17, createdAt="soon"), "issue 17, field createdAt: Input should be"),
        (
            lambda a: changed(a, 17, createdAt="2024-01-01T00:00:00"),
            "issue 17, field createdAt: Input should have timezone info",
        ),
        (lambda a: changed(a, 17, number=-1), "issue -1, field number: "),
        (lambda a: changed(a, 17, state="ODD"), "issue 17, field state: "),
        (lambda a: changed(a, 17, author="not a handle"), "issue 17, field author: "),
        (lambda a: changed(a, 17, title="a\x1b[2Jb"), "issue 17, field title: it must be one line"),
        (lambda a: changed(a, 17, title="a\x9bb"), "issue 17, field title: it must be one line"),
        (
            lambda a: changed(a, 17, title="two\nlines"),
            "issue 17, field title: it must be one line",
        ),
        (lambda a: changed(a, 17, title=" "), "issue 17, field title: it cannot be empty"),
        (
            lambda a: changed(a, 17, title="x" * 501),
            "issue 17, field title: it must have at most 500 characters, not 501",
        ),
        (
            lambda a: changed(a, 17, body="x" * 1_000_001),
            "issue 17, field body: it must have at most 1,000,000 characters, not 1,000,001",
        ),
        (lambda a: changed(a, 17, body="a\0"), "issue 17, field body: it must not contain null"),
        (
            lambda a: changed(a, 17, url="javascript:alert(1)//https://x"),
            "issue 17, field url: it must be an http or https URL",
        ),
        (lambda a: changed(a, 17, url="https://a b"), "issue 17, field url: it must be an http"),
        (lambda a: changed(a, 17, labels=["a\tb"]), "issue 17, label at index 0: it must be"),
        (
            lambda a: changed(a, 17, createdAt="0001-01-01T00:00:00Z"),
            "issue 17, field createdAt: its year must be from 1000 to 9999",
        ),
        (
            lambda a: with_comment(a, 17, body="x" * 1_000_001),
            "issue 17, comment at index 0, field body: it must have at most",
        ),
        (
            lambda a: a | {"labels": [{"name": "x" * 101, "color": "cccccc"}]},
            "field name: it must have at most 100 characters, not 101",
        ),
        (lambda a: changed(a, 17, number=16), "The archive contains issue 16 twice."),
        (
            lambda a: with_comment(a, 17, body=None),
            "issue 17, comment at index 0, field body: Input should be a valid string",
        ),
        (lambda a: a | {"labels": [{"name": "x", "color": "red"}]}, "label x, field color: "),
    ],
)
async def test_invalid_archive_is_refused_with_the_location_and_imports_nothing(
    url: str,
    database: Database,
    archive: dict[str, Any],
    tmp_path: Path,
    broken: Any,
    message: str,
) -> None:
    before = await counts(database)
    file = write(tmp_path, broken(archive))
    done = await taskloom(url, "import", "github", file, "--workspace", "acme")
    assert done.code == 1
    assert message in done.notes
    assert done.notes.startswith("error: ")
    assert len(done.notes.splitlines()) == 1
    assert await counts(database) == before


async def test_truncated_file_is_refused_with_the_location(
    url: str, database: Database, archive: dict[str, Any], tmp_path: Path
) -> None:
    before = await counts(database)
    whole = json.dumps(archive)
    file = tmp_path / "cut.json"
    file.write_text(whole[: whole.index('"title": "Issue 18')])
    done = await taskloom(url, "import", "github", str(file), "--workspace", "acme")
    assert done.code == 1
    assert "is not a GitHub archive: truncated JSON in issue 18: " in done.notes
    for content in ("", "PK\x03\x04", "{]"):
        file.write_text(content)
        done = await taskloom(url, "import", "github", str(file), "--workspace", "acme")
        assert done.code == 1
        assert "is not a GitHub archive: invalid JSON: " in done.notes
    missing = await taskloom(url, "import", "github", "/no/such", "--workspace", "acme")
    assert missing.notes == "error: /no/such cannot be read: No such file or directory.\n"
    assert await counts(database) == before


async def test_failed_import_is_rolled_back(
    url: str, database: Database, archive: dict[str, Any], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from graph.cli.github.importer import GitHubImport

    async def fail(*_: Any) -> None:
        raise OSError("the disk is full")

    before = await counts(database)
    monkeypatch.setattr(GitHubImport, "_comments", fail)
    file = write(tmp_path, archive)
    done = await taskloom(url, "import", "github", file, "--workspace", "acme")
    assert done.code == 1
    assert "the disk is full" in done.notes
    assert await counts(database) == before
