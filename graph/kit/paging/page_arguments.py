"""The arguments of a page, and the rows that make it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph.kit.errors import BadUserInput
from graph.kit.paging.keyset import Order

DEFAULT_SIZE = 50
MAX_SIZE = 100


@dataclass(frozen=True)
class PageRows:
    """The rows of one page, in the order of the list, and whether more stand on either side."""

    rows: Sequence[Any]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True)
class PageArguments:
    """Which page: so many rows from an end of the list, or from a cursor on."""

    size: int
    backward: bool = False
    cursor: tuple[Any, ...] | None = None

    def cut(self, found: Sequence[Any]) -> PageRows:
        """Makes the page of the rows found, which were read from its own end, one too many."""
        rows = list(found[: self.size])
        more = len(found) > self.size
        beyond_cursor = self.cursor is not None
        if self.backward:
            return PageRows(rows[::-1], has_next=beyond_cursor, has_previous=more)
        return PageRows(rows, has_next=more, has_previous=beyond_cursor)


def page_size(name: str, size: int | None) -> int:
    """The number of rows that the argument `name` asks for; a `BadUserInput` if it cannot be."""
    if size is None:
        return DEFAULT_SIZE
    if not 0 <= size <= MAX_SIZE:
        raise BadUserInput(f"{name}: a page has 0 to {MAX_SIZE} rows, not {size}.")
    return size


def parse_page_arguments(
    order: Order, first: int | None, after: str | None, last: int | None, before: str | None
) -> PageArguments:
    """Reads the arguments of a connection; a `BadUserInput` says which of them cannot be."""
    if first is not None and last is not None:
        raise BadUserInput("first, last: ask for one end of the list, not for both at once.")
    if after is not None and before is not None:
        raise BadUserInput("after, before: a page begins at one cursor, not between two.")
    if first is not None and before is not None:
        raise BadUserInput("first, before: use first with after, and last with before.")
    if last is not None and after is not None:
        raise BadUserInput("last, after: use first with after, and last with before.")
    backward = last is not None or before is not None
    name, size = ("last", last) if backward else ("first", first)
    size = page_size(name, size)
    if backward:
        cursor = None if before is None else order.values(before, "before")
    else:
        cursor = None if after is None else order.values(after, "after")
    return PageArguments(size, backward, cursor)
