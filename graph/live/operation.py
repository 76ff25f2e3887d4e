"""What subscribers have subscribed to."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from graph.auth.identity import Identity
from graph.engine.declarations import is_same_for_all
from graph.engine.field_to_plan import DEFINITION
from graph.kit.errors import ReadLimitExceeded
from graph.kit.loading.texts import LongTexts
from graph.operations.subscriptions import Subscription
from models import Change
from models.base import long_texts, models_with_long_texts

if TYPE_CHECKING:
    from graph.context import Context

#: The most changes that are executed at once.
BATCH = 100
#: The same, for operations that show long texts.
TEXT_BATCH = 10
#: Bytes of the long texts of a page of several changes.
MAX_PAGE_BYTES = 5_000_000


@dataclass(slots=True, frozen=True)
class Event:
    """The response to a subscription for one change."""

    sequence: int
    body: bytes
    cost: int


class Source(Protocol):
    """Which changes a subscription is about."""

    workspace_id: Any
    #: The number after which it starts, and that of the newest change at that time.
    position: int
    newest: int

    def matches(self, change: Any) -> bool:
        """Whether a change of the workspace passes the filter."""
        ...

    @property
    def conditions(self) -> Hashable:
        """The filter; equal filters are equal."""
        ...

    async def page(
        self, context: "Context", after: int, size: int
    ) -> tuple[Sequence[Any], int, bool]:
        """Read the log after a number, as the viewer of a context sees it.

        Return the changes that match, the number up to which the log was read, and whether there
        are more.
        """
        ...


class LiveOperation:
    """A subscription, and what its subscribers share. Equal operations have equal keys."""

    __slots__ = ("_subscription", "batch", "key", "price", "same_for_all", "source")

    def __init__(self, subscription: Subscription, max_cost: int) -> None:
        """`max_cost` is the most that one operation may cost."""
        self._subscription = subscription
        self.source: Source = subscription.source
        #: The operation, the variables that its events depend on, and the filter.
        self.key: Hashable = (subscription.key, self.source.conditions)
        texts = LongTexts(subscription.price.fields)
        batch = TEXT_BATCH if any(map(texts.are_read, models_with_long_texts())) else BATCH
        #: The most changes that are read and executed at once.
        self.batch = max(1, min(batch, max_cost // max(1, subscription.price.total)))
        #: The estimated cost of an event.
        self.price = subscription.price.total
        types = subscription.runner.rules.schema.type_map
        #: Whether its events are the same for all members of the workspace.
        self.same_for_all = all(
            _is_same_for_all(types[kind], name) for kind, name in subscription.price.fields
        )

    @property
    def texts(self) -> frozenset[str]:
        """The long texts of changes that it shows."""
        unread = LongTexts(self._subscription.price.fields).unread(Change)
        return frozenset(long_texts(Change)) - frozenset(unread)

    def group_key(self, identity: Identity) -> Hashable:
        """Return what is equal for subscribers that get the same events."""
        return self.key, None if self.same_for_all else identity.viewer

    async def page(
        self, context: "Context", after: int, size: int
    ) -> tuple[Sequence[Any], int, bool]:
        """Read the log after a number; see `Source.page`."""
        self._subscription.prepare(context)
        whole = context.texts.max_bytes
        while True:
            # One change may have as much as an operation may read.
            context.texts.max_bytes = whole if size == 1 else min(whole, MAX_PAGE_BYTES)
            try:
                return await self.source.page(context, after, size)
            except ReadLimitExceeded:
                if size == 1:
                    raise
                size //= 2
                context.texts.bytes_read = 0

    async def execute(self, context: "Context", changes: Sequence[Any]) -> list[Event]:
        """Return the event of each of some changes."""
        self._subscription.prepare(context)
        bodies = await self._subscription.execute(context, changes)
        return [
            Event(change.sequence, one.body, one.cost)
            for change, one in zip(changes, bodies, strict=True)
        ]


def _is_same_for_all(kind: Any, name: str) -> bool:
    if name == "__typename":
        return True
    field = kind.fields[name].extensions[DEFINITION]
    return field.is_subscription or is_same_for_all(field)
