"""Observing the statements of an operation: their texts, times and numbers of rows.

An observer is set for the current task and those that it starts. Without one, nothing is measured.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from time import perf_counter
from typing import Any, Protocol

from sqlalchemy import Engine, event


class StatementObserver(Protocol):
    """Is told of each statement, in the order in which they end."""

    def ran(
        self, sql: str, parameters: Any, *, started: float, seconds: float, rows: int | None
    ) -> None:
        """Note a statement; times are those of `perf_counter`, `rows` are returned or changed."""
        ...


OBSERVER: ContextVar[StatementObserver | None] = ContextVar("statement_observer", default=None)

#: The engines whose cursors are observed.
_OBSERVED: set[int] = set()


def observe_cursors(engines: Sequence[Engine]) -> None:
    """Let the cursors of SQLAlchemy tell the observer.

    Each statement of these engines takes some microseconds more from then on.
    """
    for engine in engines:
        if id(engine) not in _OBSERVED:
            _OBSERVED.add(id(engine))
            event.listen(engine, "before_cursor_execute", _before)
            event.listen(engine, "after_cursor_execute", _after)


def _before(
    connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    if OBSERVER.get() is not None:
        context.taskloom_started = perf_counter()


def _after(
    connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    observer = OBSERVER.get()
    started = getattr(context, "taskloom_started", None)
    if observer is not None and started is not None:
        rows = _row_count(cursor)
        seconds = perf_counter() - started
        observer.ran(statement, parameters, started=started, seconds=seconds, rows=rows)


def _row_count(cursor: Any) -> int | None:
    """Return the number of rows that a statement has returned or changed."""
    # The cursors of asynchronous drivers have fetched all rows.
    fetched = getattr(cursor, "_rows", None)
    if cursor.description and fetched is not None:
        return len(fetched)
    count: int = cursor.rowcount
    return count if count >= 0 else None
