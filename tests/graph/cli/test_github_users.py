"""The users that an import of a GitHub archive creates, and those that it uses."""

import copy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from models import Comment, Membership, Role, Task, User, Workspace
from models.database import Database
from tests.graph.cli.test_github import ARCHIVE, counts, issue, write
from tests.support.command import taskloom
from tests.support.world import World

IMPORT = ["--workspace", "acme"]


@pytest.fixture
def archive() -> dict[str, Any]:
    def said(author: str | None) -> dict[str, Any]:
        at = "2024-02-01T12:00:00Z"
        return {"author": author, "body": "said", "createdAt": at, "updatedAt": at}

    ours = issue(1, author="Ada", assignees=["ada"], comments=[said("ada"), said("eve")])
    return copy.deepcopy(ARCHIVE) | {"issues": [ours], "pulls": []}


async def people(database: Database) -> dict[str, Any]:
    """The handles of everybody who has to do with the only task, and of all users."""
    async with database.reads() as session:
        handles: dict[Any, str] = {None: "nobody"}
        handles |= {user.id: user.handle for user in await session.scalars(select(User))}
        task = await session.scalar(select(Task))
        assert task is not None
        comments = await session.scalars(select(Comment).order_by(Comment.id))
        guests = select(Membership.user_id).where(Membership.role == Role.GUEST)
        guests = guests.join(Workspace).where(Workspace.slug == "acme")
        return {
            "creator": handles[task.creator_id],
            "comments": [handles[comment.author_id] for comment in comments],
            "guests": sorted(handles[key] for key in await session.scalars(guests)),
            "users": sorted(name for key, name in handles.items() if key is not None),
        }


async def test_author_is_no_account_with_the_same_handle(
    url: str, database: Database, world: World, archive: dict[str, Any], tmp_path: Path
) -> None:
    for handle in ("ADA", "ada-2"):
        await world.make_user(handle=handle)
    file = write(tmp_path, archive)
    done = await taskloom(url, "import", "github", file, *IMPORT)
    assert done.notes == (
        "Imported acme/rocket-2 into the project ROCKET of the workspace acme: 1 project added, "
        "2 users added, 2 memberships added, 2 labels added, 1 task added, 1 assignment added, "
        "1 labeling added, 2 comments added.\n"
    )
    imported = {
        "creator": "ada-3",
        "comments": ["ada-3", "eve"],
        "guests": ["ada-3", "eve"],
        "users": ["ADA", "ada-2", "ada-3", "eve"],
    }
    assert await people(database) == imported
    # Later imports find the same users, also if they have been renamed.
    async with database.writes.begin() as session:
        eve = await session.scalar(select(User).where(User.handle == "eve"))
        assert eve is not None
        eve.handle = "evelyn"
    before = await counts(database)
    again = await taskloom(url, "import", "github", file, *IMPORT)
    assert again.notes.endswith(": no changes.\n")
    assert await counts(database) == before


async def test_operator_maps_an_author_to_an_account(
    url: str, database: Database, world: World, archive: dict[str, Any], tmp_path: Path
) -> None:
    for handle in ("lovelace", "eve"):
        await world.make_user(handle=handle)
    command = ["import", "github", write(tmp_path, archive), *IMPORT]
    done = await taskloom(url, *command, "--map-user", "ADA=lovelace", "--map-user", "eve=eve")
    assert done.code == 0
    expected = {
        "creator": "lovelace",
        "comments": ["lovelace", "eve"],
        "guests": ["eve", "lovelace"],
        "users": ["eve", "lovelace"],
    }
    assert await people(database) == expected
    before = await counts(database)
    # The mapping is remembered, and cannot be changed.
    for more in ([], ["--map-user", "ada=lovelace"]):
        assert (await taskloom(url, *command, *more)).notes.endswith(": no changes.\n")
    other = await taskloom(url, *command, "--map-user", "ada=eve")
    assert (other.code, other.notes) == (
        1,
        "error: --map-user: an earlier import has linked ada to another user than eve.\n",
    )
    assert await people(database) == expected
    assert await counts(database) == before


@pytest.mark.parametrize(
    ("mapping", "code", "message"),
    [
        (["ada=nobody"], 1, "There is no user nobody."),
        (["zoe=lovelace"], 1, "--map-user: the archive does not mention the GitHub user zoe."),
        (["ada"], 2, "use LOGIN=HANDLE"),
        (["ada=", "eve=lovelace"], 2, "use LOGIN=HANDLE"),
        (["ada=lovelace", "Ada=eve"], 2, "use each LOGIN once"),
    ],
)
async def test_invalid_mapping_imports_nothing(
    url: str,
    database: Database,
    world: World,
    archive: dict[str, Any],
    tmp_path: Path,
    mapping: list[str],
    code: int,
    message: str,
) -> None:
    await world.make_user(handle="lovelace")
    before = await counts(database)
    options = [part for pair in mapping for part in ("--map-user", pair)]
    done = await taskloom(url, "import", "github", write(tmp_path, archive), *IMPORT, *options)
    assert done.code == code
    assert message in done.notes
    assert await counts(database) == before
