"""A plan with the arguments of a request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date

from graph.engine.codecs import Codecs
from graph.engine.declarations import ById, ByIds
from graph.engine.places import Source, Step, StepKind
from graph.kit.filtering.conditions import NO_CONDITION, Condition
from graph.kit.filtering.filter_input import parse_filter
from graph.kit.filtering.late_values import LateValues
from graph.kit.loading.loaders import ReadScope
from graph.kit.node import decode_id
from graph.kit.paging.keyset import Order, encode_cursor
from graph.kit.paging.order_input import list_order
from graph.kit.paging.page_arguments import PageArguments
from graph.kit.relations.batches import ChildRows, CountBatch, ListBatch, PageBatch
from graph.kit.relations.fields import parse_paging
from graph.kit.relations.parameters import LatePage, page_values, parameter
from models.base import column_of
from models.columns.types import timestamp

#: The types of parameters for arguments of these types.
ARGUMENT_TYPES = {datetime: timestamp, date: Date}


@dataclass(eq=False)
class BoundStep:
    """A step with its arguments: a batch whose values are late, its shape, and the values."""

    step: Step
    batch: Any = None
    shape: Any = None
    values: dict[str, Any] = field(default_factory=dict)
    #: The arguments of a resolver.
    arguments: Mapping[str, Any] = field(default_factory=dict)
    page: PageArguments | None = None
    order: Order | None = None
    #: The positions of the cursor's columns in a row, and what makes their raw values readable.
    cursor_columns: Sequence[tuple[int, Any]] = ()

    # What the generated code calls, in terms of `PageArguments.cut`.

    def has_next(self, has_more: bool) -> bool:
        assert self.page is not None
        return self.page.cursor is not None if self.page.backward else has_more

    def has_previous(self, has_more: bool) -> bool:
        assert self.page is not None
        return has_more if self.page.backward else self.page.cursor is not None

    def end_cursor(self, rows: Sequence[Any] | None, place: int) -> str | None:
        return self.cursor(rows[place]) if rows else None

    def cursor(self, row: Any) -> str:
        assert self.order is not None
        values = [
            row[position] if reader is None else reader(row[position])
            for position, reader in self.cursor_columns
        ]
        return encode_cursor(self.order.digest, values)


@dataclass(eq=False)
class Bound:
    """A plan with the arguments of a request."""

    steps: list[BoundStep]
    #: What the arguments say about the keys of sources, by their numbers.
    sources: list[Any]
    #: Whether it is valid for later requests with the same variables.
    is_lasting: bool = True
    #: The statements that it has needed.
    statements: dict[Any, Any] = field(default_factory=dict)


class TimedScope(ReadScope):
    """A scope that notes whether the time of the operation was asked for."""

    def __init__(self, scope: ReadScope) -> None:
        self.was_asked_for_time = False
        super().__init__(scope.database, scope.viewer, scope.texts)
        self._now = scope.now

    @property
    def now(self) -> datetime:
        self.was_asked_for_time = True
        return self._now

    @now.setter
    def now(self, value: datetime) -> None:
        self._now = value


class Binder:
    """Binds the arguments of one request to the steps of a plan."""

    def __init__(self, codecs: Codecs, scope: ReadScope, coerced: Any) -> None:
        self.codecs = codecs
        self.scope = TimedScope(scope)
        self.coerced = coerced

    def bind(self, steps: Sequence[Step], count: int) -> Bound:
        """Bind the steps of a plan, which had `count` steps before some were merged."""
        bound = Bound([BoundStep(steps[0])] * count if steps else [], [None] * count)
        for step in steps:
            bound.steps[step.number] = self.bind_step(step)
            for source in step.sources:
                bound.sources[source.number] = self._bind_source(step, source)
        # Times that are relative to now are others in the next request.
        bound.is_lasting = not self.scope.was_asked_for_time
        return bound

    def _bind_source(self, step: Step, source: Source) -> Any:
        arguments = source.arguments
        if arguments is None:
            return None
        values = arguments.values(self.coerced)
        if step.kind is StepKind.LOOKUP:
            return step.declared.key(**values)
        declared = source.declared
        if isinstance(declared, ById):
            return _decoded(values["id"], declared.argument).key
        if isinstance(declared, ByIds):
            name = declared.argument
            return [decode_id(one, f"{name}[{place}]") for place, one in enumerate(values["ids"])]
        raise TypeError(declared)

    def bind_step(self, step: Step) -> BoundStep:
        if step.kind is StepKind.PAGE:
            return self._page(step)
        if step.kind in (StepKind.COUNT, StepKind.CHECK):
            return self._count(step)
        if step.kind is StepKind.LIST:
            return self._list(step)
        bound = BoundStep(step)
        if step.kind is StepKind.CALLS and step.arguments is not None:
            bound.arguments = step.arguments.values(self.coerced)
        return bound

    def _page(self, step: Step) -> BoundStep:
        order, page, children, values, shape = self._children(step)
        prefix = _prefix(step)
        late = LatePage.of(page, order, prefix)
        nulls = None if page.cursor is None else tuple(value is None for value in page.cursor)
        model: Any = step.model
        return BoundStep(
            step,
            PageBatch(children, order, late),
            (shape, order, page.backward, nulls),
            values | page_values(page, prefix),
            page=page,
            order=order,
            cursor_columns=[
                (step.position(name), self.codecs.reader(column_of(getattr(model, name)).type))
                for name in step.terms
                if name in step.columns
            ],
        )

    def _count(self, step: Step) -> BoundStep:
        _, _, children, values, shape = self._children(step)
        return BoundStep(step, CountBatch(children, step.limit), (shape, step.limit), values)

    def _list(self, step: Step) -> BoundStep:
        assert step.arguments is not None
        arguments = step.arguments.values(self.coerced)
        declared = step.declared
        children, values, shape = self._restricted(step, arguments, None)
        return BoundStep(step, ListBatch(children, declared.order), shape, values)

    def _children(self, step: Step) -> tuple[Order, PageArguments, ChildRows, dict[str, Any], Any]:
        """Parse the arguments of a connection, as the resolver of `many` does."""
        assert step.arguments is not None
        declared = step.declared
        arguments = step.arguments.values(self.coerced)
        order, page = parse_paging(declared.order or list_order(step.model), arguments)
        filter_ = arguments.pop("filter", None)
        declared.check(**arguments)
        children, values, shape = self._restricted(step, arguments, filter_)
        return order, page, children, values, shape

    def _restricted(
        self, step: Step, arguments: dict[str, Any], filter_: Any
    ) -> tuple[ChildRows, dict[str, Any], Any]:
        relation, where = step.declared.relation, step.declared.where
        late = LateValues(self.scope.database, f"{_prefix(step)}_value")
        condition: Condition = NO_CONDITION
        if filter_ is not None:
            condition = parse_filter(self.scope, filter_).template(late)
        values, given, shape = dict(late.values), {}, []
        for name, value in arguments.items():
            kind = ARGUMENT_TYPES.get(type(value))
            given[name] = value
            if kind is not None:
                named = f"{_prefix(step)}_{name}"
                values[named] = value
                given[name] = parameter(named, kind())
            shape.append((name, kind or value))
        children = ChildRows(relation.class_, relation.key, where, tuple(given.items()), condition)
        return children, values, (condition, tuple(shape))


def _prefix(step: Step) -> str:
    return f"s{step.number}"


def _decoded(value: str, argument: str) -> Any:
    decoded = decode_id(value, argument)
    if decoded is None:
        raise LookupError(value)
    return decoded
