"""Listens for PostgreSQL's notifications of changes, and reconnects when the connection is lost."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg

from models.database import Database, database_url
from models.database.postgresql import listen
from models.log.notification import CHANNEL, parse_notification

#: Seconds until another attempt to connect; the pause doubles until it reaches the longest one.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
#: Seconds after which a silent connection is checked: a firewall may have dropped it.
CHECK_INTERVAL, CHECK_TIMEOUT = 30.0, 5.0

logger = logging.getLogger("taskloom.live")


class ChangeListener:
    """Calls `on_change` for each notification, and `on_connect` whenever it has connected.

    Notifications that were sent before it has connected are lost.
    """

    def __init__(
        self,
        database: Database,
        url: str | None,
        on_change: Callable[[UUID, int], None],
        on_connect: Callable[[], None],
    ) -> None:
        self.database = database
        self.url = database.url if url is None else database_url(url)
        self._on_change = on_change
        self._on_connect = on_connect

    async def run(self) -> None:
        """Listen until canceled."""
        pause = FIRST_PAUSE
        while True:
            try:
                lost = asyncio.Event()
                connection = await self._connect(lost)
            except Exception as error:  # noqa: BLE001 - logged, and tried again
                logger.warning("cannot listen for changes, polling until then: %s", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            self._on_connect()
            connected = time.monotonic()
            try:
                await self._wait(connection, lost)
            finally:
                connection.terminate()
            logger.warning("the connection that listens for changes was lost; reconnecting")
            if time.monotonic() - connected > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _connect(self, lost: asyncio.Event) -> Any:
        return await listen(
            self.database.read_engine,
            self.url,
            self.database.options.connect_timeout,
            CHANNEL,
            self._notified,
            lost.set,
        )

    async def _wait(self, connection: Any, lost: asyncio.Event) -> None:
        """Return once the connection is lost."""
        while not lost.is_set():
            try:
                async with asyncio.timeout(CHECK_INTERVAL):
                    await lost.wait()
            except TimeoutError:
                try:
                    await connection.execute("SELECT 1", timeout=CHECK_TIMEOUT)
                except (TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                    return

    def _notified(self, payload: str) -> None:
        change = parse_notification(payload)
        if change is not None:
            self._on_change(*change)
