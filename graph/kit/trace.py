"""Traces: what an operation did, step by step, for developers who ask for it.

A trace has the spans of the operation, each SQL statement with its duration and rows, and what the
operation cost. It never has the values of parameters. Nothing is measured unless a request asks for
a trace and may have one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from models.database import Database, sync_engines
from models.database.observation import OBSERVER, observe_cursors

#: The trace of the operation that the current task is part of.
CURRENT_TRACE: ContextVar["Trace | None"] = ContextVar("current_trace", default=None)
#: Statements and spans that a trace has at most.
MAX_STATEMENTS, MAX_SPANS = 200, 500


@dataclass(slots=True)
class Span:
    """A part of an operation's time, in seconds since its start."""

    kind: str
    name: str
    start: float
    seconds: float = 0.0
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class TracedStatement:
    sql: str
    start: float
    seconds: float
    #: Returned or changed; None if the driver does not tell.
    rows: int | None
    #: The numbers of the plan's steps that it executes.
    steps: list[int]
    #: Only to ask the database for its plan.
    parameters: Any
    #: The database's plan, if it was asked for.
    explanation: Any = None


class Trace:
    """The trace of one operation."""

    def __init__(
        self, *, explains: bool = False, by_reference: bool = False, of_queries: bool = False
    ) -> None:
        #: Whether the database is asked how it executes the statements.
        self.explains = explains
        #: Whether only queries may be traced.
        self.of_queries = of_queries
        #: Whether the reference executor is to execute the operation.
        self.by_reference = by_reference
        self.started = perf_counter()
        self.spans: list[Span] = []
        self.statements: list[TracedStatement] = []
        self.executor = "reference"
        #: Why the operation has no plan.
        self.reason: str | None = None
        #: The plan, as the engine describes it.
        self.plan: Any = None
        self.is_truncated = False
        #: The estimated cost of each path, and the objects that were returned there.
        self.requested_by_path: Mapping[str, int] = {}
        self.actual_by_path: Mapping[str, int] = {}
        self._steps: ContextVar[Sequence[int]] = ContextVar("traced_steps", default=())

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return perf_counter() - self.started

    @contextmanager
    def span(self, kind: str, name: str, **details: Any) -> Iterator[Span]:
        """Measure a part of the operation."""
        span = Span(kind, name, self.now, details=details)
        if len(self.spans) < MAX_SPANS:
            self.spans.append(span)
        else:
            self.is_truncated = True
        try:
            yield span
        finally:
            span.seconds = self.now - span.start

    @contextmanager
    def of_steps(self, steps: Sequence[int]) -> Iterator[None]:
        """Note that the statements of the block execute some steps of the plan."""
        token = self._steps.set(steps)
        try:
            yield
        finally:
            self._steps.reset(token)

    def ran(
        self, sql: str, parameters: Any, *, started: float, seconds: float, rows: int | None
    ) -> None:
        """Note a statement; see `StatementObserver`."""
        if len(self.statements) >= MAX_STATEMENTS:
            self.is_truncated = True
            return
        start, steps = started - self.started, list(self._steps.get())
        self.statements.append(TracedStatement(sql, start, seconds, rows, steps, parameters))

    @contextmanager
    def recording(self, database: Database) -> Iterator[None]:
        """Record what the current task does, and the tasks that it starts."""
        observe_cursors(sync_engines(database))
        tokens = CURRENT_TRACE.set(self), OBSERVER.set(self)
        try:
            yield
        finally:
            CURRENT_TRACE.reset(tokens[0])
            OBSERVER.reset(tokens[1])

    def as_extension(self) -> dict[str, Any]:
        """Return the trace as `extensions.trace`. Times are in milliseconds."""
        repeated = Counter(statement.sql for statement in self.statements)
        statements = [
            {
                "id": number,
                "sql": statement.sql,
                "startMs": _ms(statement.start),
                "durationMs": _ms(statement.seconds),
                "rows": statement.rows,
                "steps": statement.steps,
                # The same statement with other keys: a list was loaded one by one.
                "isRepeated": repeated[statement.sql] > 1,
                "explain": statement.explanation,
            }
            for number, statement in enumerate(self.statements)
        ]
        paths = {**self.requested_by_path, **self.actual_by_path}
        return {
            "executor": self.executor,
            "reason": self.reason,
            "durationMs": _ms(self.now),
            "databaseMs": _ms(sum(one.seconds for one in self.statements)),
            "isTruncated": self.is_truncated,
            "spans": [
                {
                    "kind": span.kind,
                    "name": span.name,
                    "startMs": _ms(span.start),
                    "durationMs": _ms(span.seconds),
                    **span.details,
                }
                for span in self.spans
            ],
            "statements": statements,
            "plan": self.plan,
            "costs": [
                {
                    "path": path,
                    "requested": self.requested_by_path.get(path, 0),
                    "objects": self.actual_by_path.get(path, 0),
                }
                for path in sorted(paths)
                if path
            ],
        }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


@contextmanager
def traced(kind: str, name: str, **details: Any) -> Iterator[None]:
    """Measure a part of the current operation, if it is traced."""
    trace = CURRENT_TRACE.get()
    if trace is None:
        yield
    else:
        with trace.span(kind, name, **details):
            yield


def note_reason(reason: str) -> None:
    """Note why the current operation has no plan, if it is traced."""
    trace = CURRENT_TRACE.get()
    if trace is not None:
        trace.reason = reason


def count_objects(data: Any) -> dict[str, int]:
    """Return the number of objects in lists, by the path of their field."""
    counts: Counter[str] = Counter()
    stack: list[tuple[str, Any]] = [("", data)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            for name, inner in value.items():
                stack.append((f"{path}.{name}" if path else name, inner))
        elif isinstance(value, list):
            objects = [one for one in value if isinstance(one, dict)]
            if objects:
                counts[path] += len(objects)
            stack.extend((path, one) for one in value if isinstance(one, dict | list))
    return dict(counts)
