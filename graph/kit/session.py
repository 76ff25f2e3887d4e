"""The sessions of one operation: few, short, and never two deep."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


class Reads:
    """A budget of concurrent reading sessions.

    Whoever holds a session awaits nothing but that session: what holds one connection and
    waits for another can deadlock the pool.
    """

    def __init__(self, sessions: async_sessionmaker[AsyncSession], limit: int) -> None:
        #: Take a place before opening a session.
        self.places = asyncio.Semaphore(limit)
        self._sessions = sessions

    def session(self) -> AsyncSession:
        """A session for one statement, to be closed right after it."""
        return self._sessions()
