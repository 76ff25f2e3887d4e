"""Looks up secrets, with one statement for all requests that wait at that moment.

A statement begins after the requests that it serves have arrived, and nothing of it is kept. So
each request sees what was committed before it arrived, as if it had a statement of its own.
"""

import asyncio
from contextvars import Context
from typing import Any

from graph.auth.credential_query import CredentialQuery
from graph.auth.records import CredentialRecord
from models import AccessToken, Session
from models.database import Database

#: The most secrets of one statement.
MAX_SECRETS = 500
#: Seconds that requests wait for a running statement, before another one is started beside it.
PATIENCE = 0.05


class CredentialLookup:
    """Finds the credentials of one model by their digests."""

    def __init__(self, database: Database, model: type[AccessToken] | type[Session]) -> None:
        self.database = database
        self._query = CredentialQuery(database, model)
        #: The statements that may run at once: as many as connections are reserved for them.
        self.max_running = max(1, database.options.pool_size // 5)
        self._waiting: list[tuple[bytes, asyncio.Future[CredentialRecord | None]]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def find(self, digest: bytes) -> CredentialRecord | None:
        """Return the valid credential with a digest. Raise what the statement raises."""
        loop = asyncio.get_running_loop()
        found: asyncio.Future[CredentialRecord | None] = loop.create_future()
        self._waiting.append((digest, found))
        if not self._running:
            self._start()
        elif self._timer is None and len(self._running) < self.max_running:
            self._timer = loop.call_later(PATIENCE, self._start_beside)
        return await found

    async def close(self) -> None:
        """Cancel the statements that run."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _start(self) -> None:
        # In an empty context: the statement is not part of the operation that starts it.
        work = asyncio.get_running_loop().create_task(self._work(), context=Context())
        self._running.add(work)
        work.add_done_callback(self._end)

    def _start_beside(self) -> None:
        self._timer = None
        if self._waiting:
            self._start()

    def _end(self, work: "asyncio.Task[None]") -> None:
        self._running.discard(work)
        if self._waiting and not self._running:
            if work.cancelled():
                self._give_up(self._waiting, asyncio.CancelledError())
                self._waiting = []
            else:
                self._start()

    async def _work(self) -> None:
        """Look up what is waiting, until nothing is."""
        while self._waiting:
            batch = self._waiting[:MAX_SECRETS]
            del self._waiting[:MAX_SECRETS]
            wanted = {digest for digest, found in batch if not found.done()}
            if not wanted:
                continue
            try:
                records = await self._read(list(wanted))
            except BaseException as error:
                self._give_up(batch, error)
                if isinstance(error, asyncio.CancelledError):
                    raise
                continue
            for digest, found in batch:
                if not found.done():
                    found.set_result(records.get(digest))

    def _give_up(self, batch: list[tuple[bytes, Any]], error: BaseException) -> None:
        for _, found in batch:
            if found.done():
                continue
            if isinstance(error, asyncio.CancelledError):
                found.cancel()
            else:
                found.set_exception(error)

    async def _read(self, digests: list[bytes]) -> dict[bytes, CredentialRecord]:
        records = await self._query.with_digests(digests)
        return {record.credential_columns["digest"]: record for record in records}
