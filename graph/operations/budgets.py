"""What each caller may ask for in a while: a budget of cost that fills again by itself.

In one process it is kept in memory. Where several share the callers, each takes portions out of
a bucket in the database and spends them by itself, so that few requests write there.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from graph.kit.errors import RateLimited
from graph.operations.lru_cache import LRUCache
from graph.settings import Settings
from models.base import now
from models.database import Database
from models.server.token_bucket import BucketSize, TakenTokens, take_tokens

#: How many callers are remembered: who is forgotten has a full budget.
MAX_CALLERS = 50_000
#: The part of a budget that a process takes at once out of a shared one.
SHARED_PORTION = 1 / 500
#: The part of it that a process keeps of what was given back.
LOCAL_SURPLUS = 1 / 50


@dataclass(frozen=True)
class Caller:
    """Whose budget it is."""

    name: str
    allowance: BucketSize


@dataclass(frozen=True)
class BudgetStatus:
    """A caller's budget at a moment."""

    limit: int
    remaining: int
    #: When it will be full again, if nothing more is spent.
    reset_at: datetime

    @property
    def used(self) -> int:
        """What is missing of it."""
        return self.limit - self.remaining


class Budgets:
    """The budgets of all callers."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.is_shared = settings.shared_budgets
        self._known = BucketSize(settings.budget, settings.budget_period)
        self._anonymous = BucketSize(settings.anonymous_budget, settings.budget_period)
        #: What each caller has, and since when; of a shared budget what was taken of it, what
        #: is left there, and when that was seen.
        self._levels: LRUCache[str, tuple[float, float, float]] = LRUCache(MAX_CALLERS)

    def caller(self, user: object | None, address: str) -> Caller:
        """A user, or whoever asks from an address."""
        if user is not None:
            return Caller(f"user {user}", self._known)
        return Caller(f"address {address}", self._anonymous)

    async def spend(self, caller: Caller, cost: float) -> BudgetStatus:
        """Spends a part of a caller's budget, or raises `RateLimited`."""
        capacity = caller.allowance.capacity
        if cost > capacity:
            raise RateLimited(
                f"This costs {cost:,.0f}, and the whole budget is {capacity:,.0f}: "
                "ask for less, or sign in for a larger one."
            )
        level, left, at = self._seen(caller)
        while level < cost and self.is_shared:
            wanted = cost - level
            taken = await self._take(caller, wanted, max(wanted, capacity * SHARED_PORTION))
            # Others of this caller's requests may have spent meanwhile.
            level, left, at = self._seen(caller)
            level, left = level + taken.amount, taken.left
            self._remember(caller, (level, left, at))
            if taken.wait:
                break
        if level < cost:
            wait = caller.allowance.wait(level + left, cost)
            raise RateLimited(
                f"This costs {cost:,.0f}, and {max(0.0, level + left):,.0f} are left of the budget "
                f"of {capacity:,.0f}. Wait {wait:.0f} seconds, or ask for less.",
                wait,
            )
        self._remember(caller, (level - cost, left, at))
        return self.budget_status(caller)

    async def give_back(self, caller: Caller, amount: float) -> BudgetStatus:
        """Gives back what was spent and not needed."""
        level, left, at = self._seen(caller)
        level += amount
        surplus = level - caller.allowance.capacity * LOCAL_SURPLUS if self.is_shared else 0
        if surplus > 0:
            level -= surplus
            self._remember(caller, (level, left, at))
            left = (await self._take(caller, -surplus, None)).left
            level, _, at = self._seen(caller)
        self._remember(caller, (level, left, at))
        return self.budget_status(caller)

    async def _take(self, caller: Caller, least: float, most: float | None) -> TakenTokens:
        return await take_tokens(
            self.database, f"budget {caller.name}", caller.allowance, least, most
        )

    def budget_status(self, caller: Caller) -> BudgetStatus:
        """What a caller has now."""
        level, left, _ = self._seen(caller)
        capacity = caller.allowance.capacity
        remaining = min(capacity, max(0.0, level + left))
        wait = caller.allowance.wait(remaining, capacity)
        return BudgetStatus(int(capacity), int(remaining), now() + timedelta(seconds=wait))

    def _seen(self, caller: Caller) -> tuple[float, float, float]:
        """What the caller has here, what is left elsewhere, and when that was so."""
        known, at = self._levels.get(caller.name), time.monotonic()
        if known is None:
            return (
                (0, caller.allowance.capacity, at)
                if self.is_shared
                else (caller.allowance.capacity, 0, at)
            )
        level, left, before = known
        if self.is_shared:
            return level, caller.allowance.level(left, at - before), at
        return caller.allowance.level(level, at - before), 0, at

    def _remember(self, caller: Caller, level: tuple[float, float, float]) -> None:
        self._levels.put(caller.name, level)
