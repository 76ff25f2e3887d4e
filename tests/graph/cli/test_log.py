"""The log of changes that commands write."""

from datetime import date
from typing import Any

from sqlalchemy import select

from graph.cli import accounts
from graph.cli.demo.workspace import DemoWorkspace
from graph.cli.github.archive import Archive
from graph.cli.github.importer import GitHubImport
from models import Role, User, Workspace
from models.database import Database
from tests.support.client import Api
from tests.support.log_replay import replay, stored
from tests.support.office import Office
from tests.support.world import World


def archive(**changes: Any) -> Archive:
    """An archive of two issues, the first with `changes`."""
    comment = {
        "author": "bob", "body": "Why?", "createdAt": "2024-01-02T00:00:00Z",
        "updatedAt": "2024-01-02T00:00:00Z",
    }  # fmt: skip
    issue = {
        "number": 1, "title": "One", "body": "", "url": "https://example.com/1", "state": "OPEN",
        "author": "ada", "assignees": ["bob"], "labels": ["bug"], "closedAt": None,
        "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z",
        "comments": [comment],
    }  # fmt: skip
    label = {"name": "bug", "description": None, "color": "ff0000"}
    issues = [issue | changes, issue | {"number": 2, "title": "Two", "comments": []}]
    whole = {"repo": "acme/rocket", "labels": [label], "issues": issues, "pulls": []}
    return Archive.model_validate(whole)


async def run_import(database: Database, contents: Archive) -> None:
    async with database.writes.begin() as session:
        importing = GitHubImport(session, contents, lambda done: None)
        await importing.run("acme", None, with_pulls=False)


async def office_of(api: Api, world: World, slug: str) -> Office:
    """A workspace with a token of its owner, for reading its log."""
    async with world.database.reads() as session:
        workspace = (await session.scalars(select(Workspace).where(Workspace.slug == slug))).one()
        owner = await session.scalar(select(User).where(User.handle == "demo"))
    if owner is None:
        owner = await world.make_member(workspace, role=Role.OWNER)
    token = await world.make_token(owner)
    return Office(api, world, {"workspace": workspace}, {"owner": token})


async def test_import_logs_one_creation_per_object(
    api: Api, world: World, database: Database
) -> None:
    await run_import(database, archive())
    office = await office_of(api, world, "acme")
    changes = await office.changes()
    assert {change["kind"] for change in changes} == {"CREATED"}
    subjects = [change["subjectType"] for change in changes if change["subjectType"] != "State"]
    assert subjects == [
        *("Workspace", "Project", "Membership", "Membership", "Label", "Task", "Task", "Comment"),
        "Membership",
    ]  # fmt: skip
    assert await replay(office) == await stored(database, office)


async def test_second_import_logs_only_changes(api: Api, world: World, database: Database) -> None:
    await run_import(database, archive())
    office = await office_of(api, world, "acme")
    after = await office.sequence()
    await run_import(database, archive())
    assert await office.changes(after) == []
    changed = {"title": "Uno", "state": "CLOSED", "closedAt": "2024-02-01T00:00:00Z"}
    await run_import(database, archive(**changed, assignees=["ada"]))
    [(kind, subject, fields)] = await office.fields(after)
    assert (kind, subject) == ("UPDATED", "Task")
    assert set(fields) == {"title", "stateId", "closedAt", "assigneeIds"}
    assert fields["closedAt"] == (None, "2024-02-01T00:00:00Z")
    assert await replay(office) == await stored(database, office)


async def test_log_of_demo_data_can_be_replayed(api: Api, world: World, database: Database) -> None:
    async with database.writes.begin() as session:
        owner = await accounts.find_or_create_user(session, "demo", name="Demo")
        await DemoWorkspace(session, "demo", 120, date(2026, 3, 2), lambda done: None).run(owner)
    office = await office_of(api, world, "demo")
    replayed = await replay(office)
    assert replayed == await stored(database, office)
    assert any(fields.get("links") for fields in replayed.values())


async def test_membership_created_by_a_command_is_logged(
    api: Api, world: World, database: Database
) -> None:
    async with database.writes.begin() as session:
        await accounts.add_user(session, "demo", None, None, None, "acme", Role.OWNER)
        await accounts.add_user(session, "ada", None, None, None, "acme", None)
    async with database.writes.begin() as session:
        await accounts.add_user(session, "ada", None, None, None, "acme", Role.ADMIN)
    office = await office_of(api, world, "acme")
    assert await replay(office) == await stored(database, office)
    [change] = (await office.changes())[-1:]
    assert (change["kind"], change["subjectType"], change["actor"]) == (
        "UPDATED", "Membership", None,
    )  # fmt: skip
