"""Budgets: a token bucket of cost for each user, and for each address without a user.

A single process keeps the buckets in memory. Several processes share buckets in the database: each
takes a portion of a caller's tokens at a time and spends it from memory, so that few requests
write to the database.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from graph.kit.errors import RateLimited
from graph.kit.lru_cache import LRUCache
from graph.settings import Settings
from models.base import now
from models.database import Database
from models.server.token_bucket import BucketSize, TakenTokens, take_tokens

#: Callers whose buckets are kept in memory. A bucket that is evicted is full again.
MAX_CALLERS = 50_000
#: The part of the capacity that a process takes out of a shared bucket at once.
SHARED_PORTION = 1 / 500
#: The part of the capacity that a process keeps of refunds; it returns the rest to the bucket.
LOCAL_SURPLUS = 1 / 50
#: The part of the capacity that a caller can owe.
LARGEST_DEBT = 1 / 2
#: The cost of a second of the event loop, or of two seconds of a database connection. It is twice
#: what a budget regains in a second: no caller uses more than half of the event loop for long.
COST_PER_SECOND = 20_000
#: The cost of a second of CPU time in the thread that parses and plans.
THREAD_COST_PER_SECOND = 10_000
#: The seconds of each operation that cost nothing.
FREE_SECONDS = 0.1


def cost_of_time(seconds: float, cost: float) -> int:
    """Return the additional cost of an operation that has cost so much and taken so long."""
    return int(max(0.0, (seconds - FREE_SECONDS) * COST_PER_SECOND - cost))


@dataclass(frozen=True)
class Caller:
    """The owner of a budget: a user, or an address without a user."""

    name: str
    allowance: BucketSize


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    limit: int
    remaining: int
    #: Seconds until the bucket will be full again if nothing more is charged.
    seconds_to_full: float

    @property
    def used(self) -> int:
        return self.limit - self.remaining

    @property
    def reset_at(self) -> datetime:
        """When the bucket will be full again if nothing more is charged."""
        return now() + timedelta(seconds=self.seconds_to_full)


@dataclass(slots=True)
class _Level:
    """The tokens of a caller at a time."""

    #: Tokens that this process can spend.
    local: float
    #: Tokens in the shared bucket, as far as this process knows; 0 if buckets are not shared.
    shared: float
    #: Seconds of the monotonic clock.
    at: float

    @property
    def total(self) -> float:
        return self.local + self.shared


class Budgets:
    """The token buckets of all callers."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.is_shared = settings.shared_budgets
        self._user_bucket = BucketSize(settings.budget, settings.budget_period)
        self._anonymous_bucket = BucketSize(settings.anonymous_budget, settings.budget_period)
        self._levels: LRUCache[str, _Level] = LRUCache(MAX_CALLERS)

    def caller(self, user_id: object | None, address: str) -> Caller:
        if user_id is not None:
            return Caller(f"user {user_id}", self._user_bucket)
        return Caller(f"address {address}", self._anonymous_bucket)

    def failures_caller(self, address: str) -> Caller:
        """The network of an address as the sender of invalid credentials."""
        return Caller(f"failures {address}", self._anonymous_bucket)

    async def charge(self, caller: Caller, cost: float) -> None:
        """Take tokens out of a caller's bucket; raise `RateLimited` if there are too few."""
        capacity = caller.allowance.capacity
        if cost > capacity:
            raise RateLimited(
                f"This costs {cost:,.0f}; the whole budget is {capacity:,.0f}. "
                "Request less, or sign in for a larger budget."
            )
        level = self._level(caller)
        while level.local < cost and self.is_shared:
            missing = cost - level.local
            taken = await self._take(caller, missing, max(missing, capacity * SHARED_PORTION))
            # The caller's concurrent requests may have changed the level meanwhile.
            level = self._level(caller)
            level.local, level.shared = level.local + taken.amount, taken.left
            if taken.wait:
                break
        if level.local < cost:
            wait = caller.allowance.wait(level.total, cost)
            raise RateLimited(
                f"This costs {cost:,.0f}; {max(0.0, level.total):,.0f} of the budget of "
                f"{capacity:,.0f} remain. Wait {wait:.0f} seconds, or request less.",
                wait,
            )
        level.local -= cost

    async def refund(self, caller: Caller, amount: float) -> None:
        """Put tokens back that were charged and not needed."""
        level = self._level(caller)
        level.local += amount
        surplus = level.local - caller.allowance.capacity * LOCAL_SURPLUS if self.is_shared else 0
        if surplus > 0:
            level.local -= surplus
            taken = await self._take(caller, -surplus, None)
            self._level(caller).shared = taken.left

    def owe(self, caller: Caller, amount: float) -> None:
        """Charge what has been used already, whether or not the bucket covers it.

        A debt is at most half of the capacity, so that no caller has to wait longer than that.
        """
        level = self._level(caller)
        least = -caller.allowance.capacity * LARGEST_DEBT
        level.local = min(level.local, max(least, level.local - amount))

    def budget_status(self, caller: Caller) -> BudgetStatus:
        capacity = caller.allowance.capacity
        remaining = min(capacity, max(0.0, self._level(caller).total))
        wait = caller.allowance.wait(remaining, capacity)
        return BudgetStatus(int(capacity), int(remaining), wait)

    async def _take(self, caller: Caller, least: float, most: float | None) -> TakenTokens:
        return await take_tokens(
            self.database, f"budget {caller.name}", caller.allowance, least, most
        )

    def _level(self, caller: Caller) -> _Level:
        """The caller's level, refilled until now; a full bucket if it is not remembered."""
        at, allowance = time.monotonic(), caller.allowance
        level = self._levels.get(caller.name)
        if level is None:
            shared = allowance.capacity if self.is_shared else 0
            level = _Level(allowance.capacity - shared, shared, at)
            self._levels.put(caller.name, level)
            return level
        passed, level.at = at - level.at, at
        # Only one of the two refills: where buckets are shared, the one in the database.
        if self.is_shared:
            level.shared = allowance.level(level.shared, passed)
        else:
            level.local = allowance.level(level.local, passed)
        return level
