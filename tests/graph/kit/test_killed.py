"""A server that is killed while it writes."""

import asyncio
from contextlib import suppress

import httpx
import pytest

from models.database import Database
from tests.support.office import Office
from tests.support.serving import serving
from tests.support.stress import Hammer

pytestmark = pytest.mark.usefixtures("roles_read_once")

KILLS, CLIENTS = 10, 8
#: Seconds of writing before each kill, and as many again until something was written.
SPELL = 0.3


async def write_until_killed(hammer: Hammer, seed: int) -> None:
    with suppress(httpx.TransportError):
        await hammer.client(seed, rounds=1000)


async def test_what_was_acknowledged_is_there_and_nothing_is_half_written(
    office: Office, database: Database, url: str
) -> None:
    names = ("parent", "task", "child", "linked")
    hammer = Hammer(office, [office.gid(name) for name in names])
    for kill in range(KILLS):
        before = len(hammer.done)
        async with serving(url) as (remote, process):
            office.api = remote
            await hammer.check(database)
            clients = [
                asyncio.ensure_future(write_until_killed(hammer, kill * CLIENTS + client))
                for client in range(CLIENTS)
            ]
            for _ in range(100):
                await asyncio.sleep(SPELL)
                if len(hammer.done) > before:
                    break
            process.kill()
            await asyncio.gather(*clients)
            await asyncio.to_thread(process.join)
        assert len(hammer.done) > before
    async with serving(url) as (remote, _):
        office.api = remote
        await hammer.check(database)
