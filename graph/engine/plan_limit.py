"""The memory of all plans of a server, bounded.

Plans live with the documents that they belong to. How large they are depends on what a document
selects, not only on its length.
"""

from collections import OrderedDict
from typing import Protocol

from graph.engine.plan import Plan

#: Characters of the generated code of all plans. A plan takes about 30 to 55 bytes for each.
MAX_CODE = 1_500_000


class Owner(Protocol):
    """What keeps a plan."""

    def forget(self, plan: Plan) -> None: ...


class PlanLimit:
    """Lets owners forget the plans that were used least recently."""

    def __init__(self, most: int = MAX_CODE) -> None:
        self.most = most
        self._owners: OrderedDict[Plan, Owner] = OrderedDict()
        self._used = 0

    def __len__(self) -> int:
        return len(self._owners)

    def add(self, plan: Plan, owner: Owner) -> None:
        self._owners[plan] = owner
        self._used += len(plan.assembly.source)
        while self._used > self.most:
            oldest, its_owner = self._owners.popitem(last=False)
            self._used -= len(oldest.assembly.source)
            its_owner.forget(oldest)

    def use(self, plan: Plan) -> None:
        """Note that a plan is used. One that was forgotten meanwhile stays forgotten."""
        if plan in self._owners:
            self._owners.move_to_end(plan)

    def drop(self, plan: Plan) -> None:
        """Note that its owner keeps a plan no more."""
        if self._owners.pop(plan, None) is not None:
            self._used -= len(plan.assembly.source)
