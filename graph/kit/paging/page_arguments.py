"""The page arguments `first`, `after`, `last` and `before`, and the rows of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph.kit.errors import BadUserInput
from graph.kit.paging.keyset import Order

DEFAULT_SIZE = 50
MAX_SIZE = 100


@dataclass(frozen=True)
class PageRows:
    """The rows of one page in list order, and whether there are more on either side."""

    rows: Sequence[Any]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True)
class PageArguments:
    """Which page: a number of rows from one end of the list, or from a cursor."""

    size: int
    backward: bool = False
    cursor: tuple[Any, ...] | None = None

    @property
    def limit(self) -> Any:
        """The rows to read: one more than the page has, to know whether there are more."""
        return self.size + 1

    def cut(self, found: Sequence[Any]) -> PageRows:
        """Make the page from rows read in reading direction, one more than its size."""
        rows = list(found[: self.size])
        more = len(found) > self.size
        beyond_cursor = self.cursor is not None
        if self.backward:
            return PageRows(rows[::-1], has_next=beyond_cursor, has_previous=more)
        return PageRows(rows, has_next=more, has_previous=beyond_cursor)


def parse_page_size(name: str, size: int | None) -> int:
    """Return the validated size of a page, or the default. Raises `BadUserInput`."""
    if size is None:
        return DEFAULT_SIZE
    if not 0 <= size <= MAX_SIZE:
        raise BadUserInput(f"{name}: must be between 0 and {MAX_SIZE}, not {size}.")
    return size


def parse_page_arguments(
    order: Order, first: int | None, after: str | None, last: int | None, before: str | None
) -> PageArguments:
    """Parse the page arguments of a connection. Raises `BadUserInput`, which names them."""
    if first == DEFAULT_SIZE and (last is not None or before is not None):
        # It is the default of the schema.
        first = None
    if first is not None and last is not None:
        raise BadUserInput("first, last: use only one of them.")
    if after is not None and before is not None:
        raise BadUserInput("after, before: use only one of them.")
    if first is not None and before is not None:
        raise BadUserInput("first, before: use first with after, and last with before.")
    if last is not None and after is not None:
        raise BadUserInput("last, after: use first with after, and last with before.")
    backward = last is not None or before is not None
    name, size = ("last", last) if backward else ("first", first)
    size = parse_page_size(name, size)
    if backward:
        cursor = None if before is None else order.values(before, "before")
    else:
        cursor = None if after is None else order.values(after, "after")
    return PageArguments(size, backward, cursor)
