"""Who loses access receives no later change, and is told why."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import delete, update

from graph.app import TaskloomApp
from models import AccessToken, Membership, Role, User
from models.base import now
from tests.support.live import SELECTED, rename
from tests.support.office import Office
from tests.support.sockets import connected, streaming


async def remove_member(office: Office) -> None:
    removed = {"workspaceId": office.gid("workspace"), "userId": office.gid("guest")}
    await office.must_write("memberRemove", who="owner", input=removed)


async def revoke_token(office: Office) -> None:
    async with office.world.database.writes.begin() as session:
        await session.execute(
            update(AccessToken)
            .where(AccessToken.user_id == office.guest.id)
            .values(revoked_at=now())
        )


async def disable_user(office: Office) -> None:
    async with office.world.database.writes.begin() as session:
        await session.execute(
            update(User).where(User.id == office.guest.id).values(disabled_at=now())
        )


async def delete_membership(office: Office) -> None:
    """As an operator would, past the log."""
    async with office.world.database.writes.begin() as session:
        await session.execute(delete(Membership).where(Membership.user_id == office.guest.id))


@pytest.mark.parametrize(
    ("lose_access", "code"),
    [
        (remove_member, "NOT_FOUND"),
        (delete_membership, "NOT_FOUND"),
        (revoke_token, "UNAUTHENTICATED"),
        (disable_user, "UNAUTHENTICATED"),
    ],
)
async def test_who_loses_access_is_told_and_sees_no_later_change(
    office: Office,
    app: TaskloomApp,
    lose_access: Callable[[Office], Awaitable[None]],
    code: str,
) -> None:
    async with (
        connected(app, office.tokens["guest"]) as socket,
        streaming(app, office.tokens["guest"]) as stream,
    ):
        await socket.subscribe()
        assert await socket.is_silent()
        before = await rename(office, "still seen")
        assert await socket.sequences(1) == [before]
        assert await stream.sequences(1) == [before]
        await lose_access(office)
        lost_at = await office.sequence()
        await rename(office, "not seen")
        await rename(office, "not seen either")
        async with asyncio.timeout(2):
            message = await socket.receive()
            while message["type"] == "next":
                # What was committed before they lost access.
                assert message["payload"]["data"]["changes"]["sequence"] < lost_at
                message = await socket.receive()
            assert message["payload"][0]["extensions"]["code"] == code
            _, data = await stream.event()
            assert data["errors"][0]["extensions"]["code"] == code
            assert await stream.event() == ("complete", None)
        if code == "UNAUTHENTICATED":
            assert (await socket.closed()).code == 4403
        else:
            await socket.subscribe("2")
            assert (await socket.error("2"))[0] == "NOT_FOUND"


async def test_ended_session_ends_its_subscriptions(office: Office, app: TaskloomApp) -> None:
    cookie = await office.world.make_session(office.guest)
    headers = {"Cookie": f"taskloom_session={cookie}"}
    async with connected(app, None, headers=headers) as socket:
        await socket.subscribe()
        before = await rename(office, "seen")
        assert await socket.sequences(1) == [before]
        sign_out = "mutation { signOut { errors { code } } }"
        response = await office.api.http.post("/graphql", json={"query": sign_out}, headers=headers)
        assert response.json()["data"]["signOut"] == {"errors": []}
        await rename(office, "not seen")
        assert (await socket.error())[0] == "UNAUTHENTICATED"
        assert (await socket.closed()).code == 4403


async def test_change_of_role_changes_what_events_show(office: Office, app: TaskloomApp) -> None:
    """Nothing is missed or repeated meanwhile."""
    newest = await office.sequence()
    async with connected(app, office.tokens["guest"]) as socket:
        await socket.subscribe("1", SELECTED, workspace="office")
        await rename(office, "as a guest")
        [change] = await socket.changes(1)
        assert change["viewerCanRevert"] is False
        async with office.world.database.writes.begin() as session:
            await session.execute(
                update(Membership)
                .where(Membership.user_id == office.guest.id)
                .values(role=Role.MEMBER)
            )
        await rename(office, "as a member")
        [change] = await socket.changes(1)
        assert change["viewerCanRevert"] is True
        assert change["sequence"] == newest + 2
        assert await socket.is_silent()
