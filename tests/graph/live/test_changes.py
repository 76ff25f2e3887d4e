"""Subscriptions to changes: catching up, live changes, filters, access, sharing."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from graph.app import TaskloomApp
from tests.support.client import Statements
from tests.support.executors import both_executors, is_stacked  # noqa: F401
from tests.support.live import SELECTED, rename, stop_polling
from tests.support.office import Office
from tests.support.sockets import CHANGES, Socket, connected


async def test_first_the_log_and_then_each_change_in_order(
    office: Office, app: TaskloomApp
) -> None:
    newest = await office.sequence()
    async with connected(app, office.tokens["guest"]) as socket:
        await socket.subscribe(after=0)
        assert await socket.sequences(newest) == list(range(1, newest + 1))
        for number in range(3):
            assert await rename(office, f"title {number}") == newest + number + 1
        assert await socket.sequences(3) == [newest + 1, newest + 2, newest + 3]
        assert await socket.is_silent()


async def test_without_after_only_new_changes_come(office: Office, app: TaskloomApp) -> None:
    newest = await office.sequence()
    async with connected(app, office.tokens["guest"]) as socket:
        await socket.subscribe()
        assert await socket.is_silent()
        await rename(office, "new")
        assert await socket.sequences(1) == [newest + 1]


async def test_no_change_is_missed_or_repeated_where_log_and_live_meet(
    office: Office, app: TaskloomApp
) -> None:
    """Subscribers start all the time while others write."""
    newest = await office.sequence()
    ends = newest + 40

    async def write() -> None:
        for number in range(40):
            await rename(office, f"seam {number}")

    async def follow(socket: Socket, key: str, after: int) -> None:
        await socket.subscribe(key, after=after)

    writing = asyncio.ensure_future(write())
    async with connected(app, office.tokens["guest"]) as socket:
        starts = {}
        for number in range(10):
            starts[str(number)] = newest
            await follow(socket, str(number), newest)
            await asyncio.sleep(0.01)
        found: dict[str, list[int]] = {key: [] for key in starts}
        while any(not one or one[-1] < ends for one in found.values()):
            message = await socket.receive()
            assert message["type"] == "next", message
            found[message["id"]].append(message["payload"]["data"]["changes"]["sequence"])
        await writing
        assert found == {key: list(range(newest + 1, ends + 1)) for key in starts}
        assert await socket.is_silent()


async def test_events_show_what_queries_show(office: Office, app: TaskloomApp) -> None:
    newest = await office.sequence()
    async with connected(app, office.tokens["member"]) as socket:
        await socket.subscribe("1", SELECTED, workspace="office", after=newest)
        await rename(office, "shown")
        [live] = await socket.changes(1)
        await socket.subscribe("2", SELECTED, workspace="office", after=newest)
        [from_log] = await socket.changes(1, "2")
    query = """
      query ($after: Int!) { workspace(slug: "office") { changes(after: $after) { nodes {
        sequence kind subjectType subjectId actor { handle } viewerCanRevert
        fields { name before after }
        subject { __typename id ... on Task { key title state { name } } }
      } } } }
    """
    data = await office.api.ask(query, office.tokens["member"], after=newest)
    assert [live] == [from_log] == data["workspace"]["changes"]["nodes"]
    assert live["fields"] == [{"name": "title", "before": "task", "after": "shown"}]
    assert live["subject"]["title"] == "shown"
    assert live["viewerCanRevert"] is True


async def test_what_is_selected_is_fresh_for_each_event(office: Office, app: TaskloomApp) -> None:
    async with connected(app, office.tokens["member"]) as socket:
        await socket.subscribe("1", SELECTED, workspace="office")
        assert await socket.is_silent()
        for title in ("first", "second", "third"):
            await rename(office, title)
            [change] = await socket.changes(1)
            assert change["subject"]["title"] == title


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (lambda office: {"subjectTypes": ["Comment"]}, [1]),
        (lambda office: {"subjectIds": [office.gid("task")]}, [0, 2]),
        (lambda office: {"kinds": ["CREATED"]}, [1]),
        (lambda office: {"projectIds": [office.gid("project")]}, [0, 1, 2]),
        (lambda office: {"projectIds": [office.gid("project")], "kinds": ["UPDATED"]}, [0, 2]),
        (lambda office: {"kinds": []}, []),
    ],
)
async def test_filter_runs_on_the_server_in_the_log_and_live(
    office: Office,
    app: TaskloomApp,
    filter: Callable[[Office], Any],
    expected: list[int],
) -> None:
    newest = await office.sequence()
    async with connected(app, office.tokens["member"]) as socket:
        await socket.subscribe(after=newest, filter=filter(office))
        await rename(office, "one")
        comment = {"taskId": office.gid("task"), "body": "two"}
        await office.must_write("commentCreate", input=comment)
        await rename(office, "three")
        await office.must_write("labelUpdate", input={"id": office.gid("bug"), "name": "four"})
        wanted = [newest + 1 + place for place in expected]
        assert await socket.sequences(len(wanted)) == wanted
        assert await socket.is_silent()
        await socket.subscribe("log", after=newest, filter=filter(office))
        assert await socket.sequences(len(wanted), "log") == wanted
        assert await socket.is_silent()


@pytest.mark.parametrize(
    ("variables", "code", "message"),
    [
        ({"after": -1}, "BAD_USER_INPUT", "after: must be 0 or greater, not -1."),
        ({"after": 10**6}, "BAD_USER_INPUT", "after: 1000000 is beyond the newest change"),
        ({"workspace": "foreign"}, "NOT_FOUND", "workspace: there is no such workspace"),
        ({"workspace": "nowhere"}, "NOT_FOUND", "workspace: there is no such workspace"),
        ({"workspace": "No Slug"}, "NOT_FOUND", "workspace: there is no such workspace"),
        ({"workspace": None}, "BAD_USER_INPUT", "Variable '$workspace' has invalid value"),
        ({"filter": {"projectIds": ["x"]}}, "BAD_USER_INPUT", "filter.projectIds[0]: 'x'"),
    ],
)
async def test_invalid_arguments_are_refused(
    office: Office, app: TaskloomApp, variables: dict[str, Any], code: str, message: str
) -> None:
    async with connected(app, office.tokens["guest"]) as socket:
        await socket.subscribe(**variables)
        found = await socket.error()
        assert found[0] == code
        assert found[1].startswith(message)
        # The socket goes on.
        await socket.subscribe(after=await office.sequence())
        await rename(office, "after a refusal")
        assert len(await socket.sequences(1)) == 1


async def test_event_for_many_is_read_once_and_executed_once(
    office: Office, app: TaskloomApp, statements: Statements, kind: str, executor: str
) -> None:
    """The number of statements does not depend on the number of subscribers."""
    counts = []
    async with connected(app, office.tokens["member"]) as socket:
        for number in range(8):
            await socket.subscribe(str(number), SELECTED, workspace="office")
            if number not in (0, 7):
                continue
            assert await socket.is_silent()
            stop_polling(app)
            [feed] = app.state.server.live.feeds.values()
            statements.clear()
            async with office.world.database.writes.begin() as session:
                session.sync_session.info["actor_id"] = office.member.id
                task = await session.get_one(type(office.task), office.task.id)
                task.title = f"title {number}"
            if kind != "postgresql":
                # There the commit has notified the server.
                feed.hint(feed.position + 1)
            for _ in range(number + 1):
                assert (await socket.receive())["type"] == "next"
            counts.append(len(statements))
    # The log, the actor, the task, its project and its state, and the access of the subscribers.
    expected = 5 if is_stacked(kind, executor) else 6
    assert counts == [expected, expected]


async def test_waiting_subscribers_hold_no_connection(office: Office, app: TaskloomApp) -> None:
    async with connected(app, office.tokens["member"]) as socket:
        for number in range(50):
            await socket.subscribe(str(number), SELECTED, workspace="office")
        assert await socket.is_silent()
        stop_polling(app)
        assert await socket.is_silent()
        pool: Any = app.state.database.read_engine.sync_engine.pool
        assert pool.checkedout() == 0


async def test_changes_of_another_process_are_found_by_the_poll(
    office: Office, app: TaskloomApp, kind: str
) -> None:
    """Without a notification: those of `world`, whose connections are not the server's."""
    live = app.state.server.live
    live._listener = None
    newest = await office.sequence()
    async with connected(app, office.tokens["guest"]) as socket:
        await socket.subscribe()
        assert await socket.is_silent()
        await office.world.make_label(office.workspace)
        assert await socket.sequences(1) == [newest + 1]


async def test_error_in_an_event_is_masked_and_the_subscription_goes_on(
    office: Office, app: TaskloomApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bool:
        raise RuntimeError("secret")

    broken = SELECTED
    async with connected(app, office.tokens["member"]) as socket:
        await socket.subscribe("1", broken, workspace="office")
        assert await socket.is_silent()
        with monkeypatch.context() as patched:
            patched.setattr(type(office.task), "change_can_be_reverted_by", fail)
            await rename(office, "broken")
            message = await socket.receive()
        [error] = message["payload"]["errors"]
        assert error["extensions"]["code"] == "INTERNAL_ERROR"
        assert error["path"] == ["changes", "viewerCanRevert"]
        assert "secret" not in str(message)
        await rename(office, "fine")
        [change] = await socket.changes(1)
        assert change["subject"]["title"] == "fine"


async def test_graphql_core_alone_gets_the_same_changes(
    office: Office, app: TaskloomApp, executor: str
) -> None:
    """The resolver is an ordinary one: any executor can run it."""
    if executor == "planned":
        return
    from graph.context import Context, Sender
    from graph.schema import schema

    server = app.state.server
    identity = await server.authenticator.authenticate(f"Bearer {office.tokens['guest']}", None)
    context = Context(server, identity, Sender())
    newest = await office.sequence()
    variables = {"workspace": "office", "after": newest - 2}
    found = []
    results: Any = await schema.subscribe(CHANGES, variables, context_value=context)
    async for result in results:
        found.append(result.data["changes"]["sequence"])
        if len(found) == 2:
            await rename(office, "live")
        if len(found) == 3:
            break
    await results.aclose()
    await context.close()
    assert found == [newest - 1, newest, newest + 1]
