"""What the guides' modules for Python are driven with."""

import asyncio
import importlib.util
from datetime import date, datetime
from pathlib import Path
from types import ModuleType

import pytest
from gql import GraphQLRequest
from gql.transport.exceptions import TransportQueryError


def load_module(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load a module of the guides."""
    monkeypatch.chdir(folder)
    spec = importlib.util.spec_from_file_location(name, folder / f"python/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def drive(tracker: ModuleType, url: str, registered_url: str, token: str) -> None:
    first = {"slug": "demo", "first": 1}
    async with tracker.create_client(url, token) as session:
        # All pages, with scalars as Python values.
        tasks = [task async for task in tracker.tasks(session, "demo")]
        assert all(isinstance(task["dueOn"], date) for task in tasks)
        assert isinstance(tasks[0]["createdAt"], datetime)
        assert len({task["id"] for task in tasks}) == len(tasks) > 10
        payload = await tracker.set_due_date(session, tasks[0]["id"], date(2030, 1, 31))
        assert payload["errors"] == []
        assert payload["task"]["dueOn"] == date(2030, 1, 31)
        # Errors of a payload are data, and others have codes.
        missing = await tracker.set_due_date(session, "task_" + "0" * 32, date(2030, 1, 31))
        assert [error["code"] for error in missing["errors"]] == ["NOT_FOUND"]
        assert missing["task"] is None
        with pytest.raises(TransportQueryError) as refused:
            await session.execute(
                GraphQLRequest(tracker.TASKS, variable_values={**first, "first": 101})
            )
        assert tracker.codes_of(refused.value) == ["BAD_USER_INPUT"]
        assert refused.value.data == {"workspace": {"tasks": None}}
        batch = await session.execute_batch(
            [
                GraphQLRequest(tracker.TASKS, variable_values=first),
                GraphQLRequest("{ viewer { handle } }"),
            ],
            parse_result=False,
        )
        assert [list(result) for result in batch] == [["workspace"], ["viewer"]]
    async with tracker.create_client(url, "tsk_invalid") as session:
        with pytest.raises(TransportQueryError) as refused:
            await session.execute(GraphQLRequest("{ viewer { handle } }"))
        assert tracker.codes_of(refused.value) == ["UNAUTHENTICATED"]
    async with tracker.create_client(registered_url, token) as session:
        answer = await session.execute(tracker.Registered(tracker.TASKS, variable_values=first))
        assert len(answer["workspace"]["tasks"]["nodes"]) == 1
        with pytest.raises(TransportQueryError) as refused:
            await session.execute(GraphQLRequest("query Unregistered { viewer { handle } }"))
        assert tracker.codes_of(refused.value) == ["PERSISTED_QUERY_REFUSED"]


async def drive_sync(sync: ModuleType, tracker: ModuleType, url: str, token: str) -> None:
    """Keep a copy in sync, also over a time offline."""
    socket_url = url.replace("http", "ws")
    create = """
      mutation ($input: TaskCreateInput!) { taskCreate(input: $input) { task { id } sequence } }
    """
    start = '{ workspace(slug: "demo") { sequence project(key: "WEB") { id } } }'
    async with tracker.create_client(url, token) as session:
        workspace = (await session.execute(GraphQLRequest(start)))["workspace"]
        copy = {"sequence": workspace["sequence"], "tasks": {}}

        async def write(title: str) -> str:
            values = {"input": {"projectId": workspace["project"]["id"], "title": title}}
            answer = await session.execute(GraphQLRequest(create, variable_values=values))
            return str(answer["taskCreate"]["task"]["id"])

        async def follow_until(ids: list[str]) -> None:
            following = asyncio.ensure_future(sync.follow(socket_url, token, "demo", copy))
            async with asyncio.timeout(10):
                while not copy["tasks"].keys() >= set(ids):
                    await asyncio.sleep(0.02)
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

        online = await write("Online")
        await follow_until([online])
        offline = [await write(f"Offline {number}") for number in range(3)]
        assert copy["tasks"].keys() == {online}
        await follow_until(offline)
        assert copy["tasks"].keys() == {online, *offline}
    with pytest.raises(TransportQueryError) as refused:
        await sync.follow(socket_url, token, "demo", {"sequence": 10**6, "tasks": {}})
    assert tracker.codes_of(refused.value) == ["BAD_USER_INPUT"]
