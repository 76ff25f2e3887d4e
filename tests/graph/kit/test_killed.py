"""Killing the server while it writes."""

import asyncio
from contextlib import suppress

import httpx
import pytest

from models.database import Database
from tests.support.office import Office
from tests.support.serving import serving
from tests.support.stress import StressTest

pytestmark = pytest.mark.usefixtures("roles_read_once")

KILLS, CLIENTS = 10, 8
#: Seconds of writing before each kill, extended until something was written.
SECONDS = 0.15


async def write_until_killed(stress: StressTest, seed: int) -> None:
    with suppress(httpx.TransportError):
        await stress.client(seed, rounds=1000)


async def test_killed_server_leaves_all_confirmed_writes_and_no_partial_ones(
    office: Office, database: Database, url: str
) -> None:
    names = ("parent", "task", "child", "linked")
    stress = StressTest(office, [office.gid(name) for name in names])
    for kill in range(KILLS):
        before = len(stress.acknowledged)
        async with serving(url) as (remote, process):
            office.api = remote
            await stress.check(database)
            clients = [
                asyncio.ensure_future(write_until_killed(stress, kill * CLIENTS + client))
                for client in range(CLIENTS)
            ]
            for _ in range(100):
                await asyncio.sleep(SECONDS)
                if len(stress.acknowledged) > before:
                    break
            process.kill()
            await asyncio.gather(*clients)
            await asyncio.to_thread(process.join)
        assert len(stress.acknowledged) > before
    async with serving(url) as (remote, _):
        office.api = remote
        await stress.check(database)
