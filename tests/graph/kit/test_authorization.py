"""Changes of access that commit while a write waits: the write must not succeed."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, update

from models import AccessToken, Membership, Role, Task, User, Workspace
from models.base import now
from models.database import Database
from tests.support.office import ERRORS, Office, document, dump, id_of, input_of

# Roles are read at the start of the request only: every later check is the transaction's own.
pytestmark = pytest.mark.usefixtures("roles_read_once")


def membership_of(office: Office, who: str) -> Any:
    return (Membership.workspace_id == office.workspace.id) & (
        Membership.user_id == office.rows[who].id
    )


def removed(office: Office, who: str) -> Any:
    return delete(Membership).where(membership_of(office, who))


def demoted(office: Office, who: str) -> Any:
    return update(Membership).where(membership_of(office, who)).values(role=Role.GUEST)


def disabled(office: Office, who: str) -> Any:
    return update(User).where(User.id == office.rows[who].id).values(disabled_at=now())


def revoked(office: Office, who: str) -> Any:
    own = AccessToken.user_id == office.rows[who].id
    return update(AccessToken).where(own).values(revoked_at=now())


WRITES: dict[str, Callable[[Office], dict[str, Any]]] = {
    "taskCreate": input_of(projectId="@project", title="late"),
    "taskUpdate": input_of(id="@task", title="late"),
    "labelCreate": input_of(workspaceId="@workspace", name="late"),
    "commentDelete": id_of("@remark"),
    "memberAdd": input_of(workspaceId="@workspace", handle="newcomer", role="ADMIN"),
    "memberUpdate": input_of(workspaceId="@workspace", userId="@admin", role="MEMBER"),
    "memberRemove": input_of(workspaceId="@workspace", userId="@guest"),
}


@pytest.mark.parametrize("change", [removed, demoted, disabled, revoked])
@pytest.mark.parametrize("mutation", WRITES)
async def test_write_that_waited_for_a_change_of_access_is_refused(
    office: Office, database: Database, mutation: str, change: Any
) -> None:
    arguments = WRITES[mutation](office)
    async with database.writes.begin() as session:
        # Another writer holds the workspace, which every write waits for, and changes the access.
        workspace = update(Workspace).where(Workspace.id == office.workspace.id)
        await session.execute(workspace.values(name=Workspace.name))
        writing = asyncio.ensure_future(
            office.api.answer(document(mutation, ERRORS), office.tokens["admin"], **arguments)
        )
        await asyncio.sleep(0.1)
        assert not writing.done()
        await session.execute(change(office, "admin"))
    before = await dump(database)
    answer = await writing
    # A credential that is no longer valid is an error of the request, a lost role one of the input.
    errors = answer.get("errors") or answer["data"][mutation]["errors"]
    codes = {error.get("code") or error["extensions"]["code"] for error in errors}
    assert codes
    is_credential_lost = change in (disabled, revoked)
    assert codes <= ({"UNAUTHENTICATED"} if is_credential_lost else {"FORBIDDEN", "NOT_FOUND"})
    assert await dump(database) == before


async def test_write_is_not_refused_because_of_its_own_change_of_a_role(office: Office) -> None:
    member = {"workspaceId": office.gid("workspace"), "userId": office.gid("admin")}
    await office.must_write("memberUpdate", who="admin", input=member | {"role": "MEMBER"})
    await office.must_write("memberRemove", who="admin", input=member)


async def test_removed_administrator_invites_nobody(office: Office, database: Database) -> None:
    add = input_of(workspaceId="@workspace", handle="accomplice", role="ADMIN")(office)
    async with database.writes.begin() as session:
        workspace = update(Workspace).where(Workspace.id == office.workspace.id)
        await session.execute(workspace.values(name=Workspace.name))
        adding = asyncio.ensure_future(
            office.api.answer(document("memberAdd", ERRORS), office.tokens["admin"], **add)
        )
        await asyncio.sleep(0.1)
        assert not adding.done()
        await session.execute(removed(office, "admin"))
    before = await dump(database)
    payload = (await adding)["data"]["memberAdd"]
    assert [error["code"] for error in payload["errors"]] == ["NOT_FOUND"]
    assert await dump(database) == before


@pytest.mark.parametrize("change", [disabled, revoked])
async def test_no_token_is_created_with_a_credential_that_has_ended(
    office: Office, database: Database, change: Any
) -> None:
    create = {"input": {"name": "late", "scope": "WRITE"}}
    async with database.writes.begin() as session:
        await session.execute(change(office, "admin"))
        creating = asyncio.ensure_future(
            office.api.answer(document("tokenCreate", ERRORS), office.tokens["admin"], **create)
        )
        await asyncio.sleep(0.1)
        assert not creating.done()
    before = await dump(database)
    [error] = (await creating)["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert await dump(database) == before


async def test_rejection_shows_nothing_written_after_the_removal(
    office: Office, database: Database
) -> None:
    values = {"id": office.gid("task"), "title": "late", "expectedVersion": 1}
    selection = "errors { code } task { title version }"
    async with database.writes.begin() as session:
        secret = update(Task).where(Task.id == office.task.id)
        await session.execute(secret.values(title="secret", version=7))
        writing = asyncio.ensure_future(
            office.api.answer(
                document("taskUpdate", selection), office.tokens["admin"], input=values
            )
        )
        await asyncio.sleep(0.1)
        assert not writing.done()
        await session.execute(removed(office, "admin"))
    before = await dump(database)
    answer = await writing
    assert answer["data"]["taskUpdate"] == {"errors": [{"code": "NOT_FOUND"}], "task": None}
    assert await dump(database) == before
