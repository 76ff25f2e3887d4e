"""Execution of a plan: stage by stage, the units of a stage at the same time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable
from typing import Any, Protocol, TypeVar

from graph.engine.binding import Bound
from graph.engine.codecs import Codecs
from graph.engine.places import Step, StepKind
from graph.engine.plan import Plan
from graph.engine.schedule import Unit
from graph.engine.statements import composite_values, key_name
from graph.engine.tables import Record, Tables
from graph.engine.units import Order, UnitStatements, has_single_key
from graph.kit.loading import texts
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.read_sessions import SessionSource
from graph.kit.relations.batches import MANY_ROWS, CountBatch
from graph.kit.relations.parameters import ListParameter, ViewerShape, viewer_values
from graph.kit.trace import CURRENT_TRACE
from models.base import Base, column_of
from models.database.compiled import CompiledStatement
from models.database.list_parameters import padded
from models.viewer import Viewer

T = TypeVar("T")

#: Statements that are found without the shapes of their arguments.
MAX_KEPT = 100

#: The most keys, and the most composite keys, of one statement; more are read by several.
MAX_KEYS, MAX_LOOKUPS = 2000, 2000
#: The most keys of one statement that counts without LATERAL: each is a branch of a UNION.
COUNTED_KEYS = CountBatch.max_keys


class EngineContext(Protocol):
    """The part of an operation's context that the engine uses."""

    @property
    def viewer(self) -> Viewer: ...

    @property
    def scope(self) -> ReadScope: ...

    @property
    def reads(self) -> SessionSource: ...

    async def compute(self, job: Callable[[], T]) -> T:
        """Run a job that keeps a CPU busy in a thread, and charge the caller for its time."""
        ...

    def known_columns(self, model: type[Base]) -> Mapping[str, Any] | None:
        """Return the columns of the viewer's row if it is of this model."""
        ...


class StatementSource(Protocol):
    """Compiles statements, and keeps them."""

    codecs: Codecs

    async def statement(
        self, key: Hashable, build: Callable[[], CompiledStatement], context: EngineContext
    ) -> CompiledStatement: ...


@dataclass(frozen=True)
class CallInfo:
    """What resolvers get as `info`."""

    context: Any
    field_name: str = ""


async def together(works: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run coroutines at the same time. If one fails, cancel the others and raise its error."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


class Run:
    """One execution of a plan."""

    def __init__(
        self, plan: Plan, bound: Bound, context: EngineContext, statements: StatementSource
    ) -> None:
        self.plan = plan
        self.bound = bound
        self.context = context
        self.reads = context.reads
        self.codecs = statements.codecs
        self.database = context.scope.database
        self.shape = ViewerShape.of(context.viewer, self.database)
        self.values = viewer_values(context.viewer, self.shape, self.database)
        self._statements = statements
        self._units = UnitStatements(self.database, self.shape, list(self.values))
        self.trace = CURRENT_TRACE.get()
        self.tables = Tables(len(plan.places), plan.step_count, bound, self.codecs, context)

    async def run(self, root: Any = None) -> tuple[dict[str, Any], int]:
        """Return the data of the answer, and the number of objects in its lists.

        `root` is what the plan begins with: the object of a payload, or a list of objects.
        """
        self.tables.root = root
        self.tables.rows[self.plan.root.number] = {0: root}
        self.tables.rows[self.plan.given.number] = {0: root}
        for stage in self.plan.stages:
            for step in stage.immediate:
                self._fill_at_once(step)
            if len(stage.units) == 1:
                await self._run_unit(stage.units[0])
            elif stage.units:
                await together([self._run_unit(unit) for unit in stage.units])
        if self.trace is None:
            return await self.plan.assembly.run(self.tables, self.bound, self.context)
        with self.trace.span("assemble", "assemble the response"):
            return await self.plan.assembly.run(self.tables, self.bound, self.context)

    async def _run_unit(self, unit: Unit) -> None:
        if self.trace is None:
            await self._run_steps(unit)
            return
        with self.trace.of_steps([step.number for step in unit.steps]):
            await self._run_steps(unit)

    async def _run_steps(self, unit: Unit) -> None:
        [step, *others] = unit.steps
        if others:
            await self._read_stack(unit)
        elif step.kind is StepKind.CALLS:
            await self._call(step)
        elif step.kind is StepKind.LOOKUP:
            await self._read_lookups(step)
        else:
            await self._read(step)

    # Steps that read nothing

    def _fill_at_once(self, step: Step) -> None:
        if step.kind is StepKind.CHECK:
            return
        [source] = step.sources
        [target] = source.targets
        if step.kind is StepKind.VIEWER:
            columns = self.context.known_columns(step.model)
            if columns is not None:
                self.tables.rows[target.number] = {0: self._record(step, columns)}
            return
        assert source.place is not None
        rows = self.tables.rows_of(source.place)
        self.tables.put_objects(target, {id(row): getattr(row, step.attribute) for row in rows})

    def _record(self, step: Step, columns: Mapping[str, Any]) -> Record:
        """Return the record of a row that is known already."""
        return [
            self.codecs.raw(column_of(getattr(step.model, name)).type, columns[name])
            for name in step.columns
        ]

    # Calls of resolvers

    async def _call(self, step: Step) -> None:
        """Call a resolver for all parents at once, so that data loaders batch what they load."""
        [source] = step.sources
        [target] = source.targets
        assert source.place is not None
        arguments = self.bound.steps[step.number].arguments
        info = CallInfo(self.context, step.arguments.field.python_name if step.arguments else "")
        parents = self.tables.parents(source.place, source.columns)

        async def call(root: Any) -> Any:
            result = step.resolver(root, info, arguments)
            return await result if isawaitable(result) else result

        if len(parents) == 1:
            results = [await call(root) for root in parents.values()]
        else:
            results = await asyncio.gather(*map(call, parents.values()))
        self.tables.put_objects(target, dict(zip(parents, results, strict=True)))

    # Statements

    async def _read(self, step: Step) -> None:
        keys = self.tables.keys(step)
        bound = self.bound.steps[step.number]
        records: list[Record] = []
        most = self._most_keys(step)
        for start in range(0, len(keys), most):
            chunk = keys[start : start + most]
            parameter = ListParameter.for_values(key_name(step), len(chunk), self.database)
            statement = await self._statement(
                (step, parameter.length), partial(self._units.step, bound, parameter.length)
            )
            values = {**self.values, **bound.values, **parameter.values(chunk, self.database)}
            found = await self._fetch(statement, values)
            self._count_texts(step, found)
            records += found
        self.tables.put_records(step, records)

    def _most_keys(self, step: Step) -> int:
        """Return the most keys of one statement: fewer if its rows have long texts."""
        if step.kind is StepKind.COUNT and not self.database.has_lateral:
            return COUNTED_KEYS
        if not step.text_positions:
            return MAX_KEYS
        page = self.bound.steps[step.number].page
        rows = page.size if page else MANY_ROWS if step.kind is StepKind.LIST else 1
        return max(1, min(MAX_KEYS, texts.MAX_ROWS // max(1, rows)))

    def _count_texts(self, step: Step, records: Sequence[Record]) -> None:
        """Count the bytes of long texts. Raise `ReadLimitExceeded` if they are too many."""
        positions = step.text_positions
        if positions:
            self.context.scope.texts.count_values(
                record[position] for record in records for position in positions
            )

    async def _read_lookups(self, step: Step) -> None:
        """Read rows by composite keys: columns of the parents, and values of the arguments."""
        tables, bound = self.tables, self.bound.steps[step.number]
        wanted: list[dict[Any, tuple[Any, ...]]] = []
        for source in step.sources:
            rest = self.bound.sources[source.number]
            columns = {} if rest is None else tables.parent_columns(source)
            wanted.append({key: (*values, *rest) for key, values in columns.items()})
        keys = list({key: None for parents in wanted for key in parents.values()})
        found: dict[Any, Record] = {}
        for start in range(0, len(keys), MAX_LOOKUPS):
            chunk = padded(keys[start : start + MAX_LOOKUPS])
            statement = await self._statement(
                (step, len(chunk)), partial(self._units.step, bound, len(chunk))
            )
            values = self.values | composite_values(key_name(step), chunk)
            for record in await self._fetch(statement, values):
                found[tuple(record[: step.key_width])] = record
        for source, parents in zip(step.sources, wanted, strict=True):
            tables.put_found(source.targets[0], parents, found)

    async def _read_stack(self, unit: Unit) -> None:
        bound = self.bound.steps
        values = dict(self.values)
        lengths, is_needed = [], False
        for step in unit.steps:
            values.update(bound[step.number].values)
            length, has_keys = self._bind_keys(unit, step, values)
            lengths.append(length)
            is_needed |= has_keys
        records: list[list[Record]] = [[] for _ in unit.steps]
        if is_needed:
            families = self.plan.families[unit]
            statement = await self._statement(
                (unit, tuple(lengths)), lambda: self._units.stack(unit, families, bound, lengths)
            )
            for record in await self._fetch(statement, values):
                records[record[0]].append(record)
        for step in unit.steps:
            self._count_texts(step, records[step.tag])
            self.tables.put_records(step, records[step.tag])

    def _bind_keys(self, unit: Unit, step: Step, values: dict[str, Any]) -> tuple[int, bool]:
        """Bind the keys that come from outside a stack.

        Return the length of their parameter, and whether the step has keys of its own, so that it
        may find rows although the other steps of the stack do not.
        """
        name = key_name(step)
        if step.kind is StepKind.LOOKUP:
            [source] = step.sources
            rest = self.bound.sources[source.number]
            first = (None,) * len(source.columns)
            missing = (None,) * (step.key_width - len(first))
            values.update(composite_values(name, [first + (missing if rest is None else rest)]))
            if not source.columns:
                return 0, rest is not None
        outside = unit.outside[step.tag]
        if not outside:
            return 0, False
        found = (key for source in outside for key in self.tables.source_keys(source))
        keys = list(dict.fromkeys(key for key in found if key is not None))
        if has_single_key(step, outside):
            values[name] = keys[0] if keys else None
            return 1, bool(keys)
        values[name] = keys
        return 2, bool(keys)

    async def _statement(self, key: Hashable, order: Callable[[], Order]) -> CompiledStatement:
        """Return a statement of the plan for the viewer's shape."""
        kept = self.bound.statements
        found: CompiledStatement | None = kept.get((key, self.shape))
        if found is None:
            if len(kept) >= MAX_KEPT:
                kept.clear()
            found = kept[key, self.shape] = await self._statements.statement(*order(), self.context)
        return found

    async def _fetch(
        self, statement: CompiledStatement, values: Mapping[str, Any]
    ) -> Sequence[Record]:
        async with self.reads.slot():
            return await self.reads.fetch_rows(statement.sql, statement.arguments(values))
