"""How many sockets each network and each user has open, WebSockets and event streams together."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from graph.kit.errors import RateLimited
from graph.settings import Settings


class OpenSockets:
    """Counts the open sockets of this process, and refuses further ones."""

    def __init__(self, settings: Settings) -> None:
        self._max_of_address = settings.max_sockets_per_address
        self._max_of_user = settings.max_sockets_per_user
        self._open: Counter[str] = Counter()

    @contextmanager
    def of_address(self, address: str) -> Iterator[None]:
        """Count a socket of a network during the block. Raise `RateLimited` for too many."""
        yield from self._count(f"address {address}", self._max_of_address, "this network")

    @contextmanager
    def of_user(self, user_id: UUID | None) -> Iterator[None]:
        """Count a socket of a user during the block. Raise `RateLimited` for too many."""
        if user_id is None:
            # The network's limit applies.
            yield
        else:
            yield from self._count(f"user {user_id}", self._max_of_user, "this user")

    def _count(self, key: str, most: int, whose: str) -> Iterator[None]:
        if self._open[key] >= most:
            raise RateLimited(f"There are {most} open sockets of {whose}. Close some.")
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]

    @property
    def total(self) -> int:
        """The counts of all networks and users together."""
        return self._open.total()
