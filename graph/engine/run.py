"""Execution of a plan: stage by stage, the units of a stage at the same time."""

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable
from operator import attrgetter
from typing import Any, Protocol

from graph.engine.assembly import Tables
from graph.engine.binding import Bound, BoundStep
from graph.engine.codecs import Codecs
from graph.engine.expressions import view_of
from graph.engine.parameters import LateViewer, ListParameter, ViewerShape, viewer_values
from graph.engine.places import Place, Shape, Source, Step, StepKind
from graph.engine.plan import Plan
from graph.engine.schedule import Unit
from graph.engine.stack import StackBuilder
from graph.engine.statements import (
    Statement,
    StepStatements,
    compile_statement,
    composite_values,
    key_name,
)
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.read_sessions import SessionSource
from models.base import Base, column_of
from models.viewer import Viewer

#: A row as the driver returns it.
Record = Sequence[Any]

#: The most keys of one statement; more are read by several.
MAX_KEYS = 2000


class EngineContext(Protocol):
    """The part of an operation's context that the engine uses."""

    @property
    def viewer(self) -> Viewer: ...

    @property
    def scope(self) -> ReadScope: ...

    @property
    def reads(self) -> SessionSource: ...

    def known_columns(self, model: type[Base]) -> Mapping[str, Any] | None:
        """Return the columns of the viewer's row if it is of this model."""
        ...


class StatementSource(Protocol):
    """Compiles statements, and keeps them."""

    codecs: Codecs

    async def statement(self, key: Hashable, build: Callable[[], Statement]) -> Statement: ...


@dataclass(frozen=True)
class CallInfo:
    """What resolvers get as `info`."""

    context: Any
    field_name: str = ""


class Run:
    """One execution of a plan."""

    def __init__(
        self,
        plan: Plan,
        bound: Bound,
        context: EngineContext,
        statements: StatementSource,
    ) -> None:
        self.plan = plan
        self.bound = bound
        self.context = context
        self.reads = context.reads
        self.codecs = statements.codecs
        self._statements = statements
        self.database = context.scope.database
        self.shape = ViewerShape.of(context.viewer, self.database)
        self.values = viewer_values(context.viewer, self.shape, self.database)
        self.tables = Tables(
            [{} for _ in plan.places],
            [{} for _ in range(plan.step_count)],
            [set() for _ in range(plan.step_count)],
        )

    async def run(self) -> tuple[dict[str, Any], int]:
        """Return the data of the answer, and the number of objects in its lists."""
        self.tables.rows[self.plan.root.number] = {0: ()}
        for stage in self.plan.stages:
            for step in stage.immediate:
                self._fill_at_once(step)
            if len(stage.units) == 1:
                await self._run_unit(stage.units[0])
            elif stage.units:
                async with asyncio.TaskGroup() as group:
                    for unit in stage.units:
                        group.create_task(self._run_unit(unit))
        return await self.plan.assembly.run(self.tables, self.bound, self.context)

    async def _run_unit(self, unit: Unit) -> None:
        if unit.is_stack:
            await self._run_stack(unit)
        elif unit.steps[0].kind is StepKind.CALLS:
            await self._call(unit.steps[0])
        else:
            await self._read(unit.steps[0])

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
        found = {id(row): getattr(row, step.attribute) for row in self._rows(source.place)}
        self._put_objects(step, target, found)

    def _record(self, step: Step, columns: Mapping[str, Any]) -> Record:
        """Return the record of a row that is known already."""
        return [
            self.codecs.raw(column_of(getattr(step.model, name)).type, columns[name])
            for name in step.columns
        ]

    def _rows(self, place: Place) -> list[Any]:
        tables = self.tables.rows[place.number]
        if place.shape is Shape.MANY:
            return [row for rows in tables.values() for row in rows]
        return list(tables.values())

    # Calls of resolvers

    async def _call(self, step: Step) -> None:
        """Call a resolver for all parents at once, so that data loaders batch what they load."""
        [source] = step.sources
        [target] = source.targets
        assert source.place is not None
        place, bound = source.place, self.bound.steps[step.number]
        info = CallInfo(self.context, step.arguments.field.python_name if step.arguments else "")
        parents = self._parents(place, source.columns)

        async def call(root: Any) -> Any:
            result = step.resolver(root, info, bound.arguments)
            return await result if isawaitable(result) else result

        if len(parents) == 1:
            results = [await call(root) for root in parents.values()]
        else:
            results = await asyncio.gather(*map(call, parents.values()))
        self._put_objects(step, target, dict(zip(parents, results, strict=True)))

    def _parents(self, place: Place, columns: Sequence[str]) -> dict[Any, Any]:
        """Return what resolvers get as parents, by the key that the generated code uses."""
        if place.shape is Shape.ROOT:
            return {0: None}
        rows = self._rows(place)
        if place.has_objects:
            return {id(row): row for row in rows}
        assert place.step is not None
        positions = [place.step.position(name) for name in columns]
        readers = [
            self.codecs.reader(column_of(getattr(place.model, name)).type) for name in columns
        ]
        view = view_of(place.model, columns)
        parents = {}
        for row in rows:
            values = [row[position] for position in positions]
            key = values[0] if len(values) == 1 else tuple(values)
            if key not in parents:
                read = zip(readers, values, strict=True)
                parents[key] = view(
                    *(value if reader is None else reader(value) for reader, value in read)
                )
        return parents

    def _put_objects(self, step: Step, target: Place, found: Mapping[Any, Any]) -> None:
        if target.kind is None:
            # Leaves.
            self.tables.rows[target.number] = dict(found)
            return
        present = {key: value for key, value in found.items() if value is not None}
        self.tables.rows[target.number] = present
        for model, place in target.by_model.items():
            self.tables.rows[place.number] = {
                key: row for key, row in present.items() if type(row) is model
            }

    # Statements

    async def _read(self, step: Step) -> None:
        if step.kind is StepKind.LOOKUP:
            await self._read_lookups(step)
            return
        keys = self._keys(step)
        bound = self.bound.steps[step.number]
        records: list[Record] = []
        for start in range(0, len(keys), MAX_KEYS):
            chunk = keys[start : start + MAX_KEYS]
            records += await self._fetch(bound, chunk)
        self._distribute(step, records)

    async def _fetch(self, bound: BoundStep, keys: Sequence[Any]) -> Sequence[Record]:
        step = bound.step
        parameter = ListParameter.for_values(key_name(step), len(keys), self.database)
        statement = await self._statement(
            step,
            parameter.length,
            partial(_for_keys, bound=bound, length=parameter.length),
            [bound],
        )
        values = {**self.values, **bound.values, **parameter.values(keys, self.database)}
        return await self._read_rows(statement, values)

    async def _statement(
        self,
        unit: Step | Unit,
        lengths: Hashable,
        build: Callable[[StepStatements], Any],
        bound: Sequence[BoundStep],
    ) -> Statement:
        """Return the statement of a unit for the shapes of its arguments and of the viewer."""
        known: Statement | None = self.bound.statements.get((unit, self.shape, lengths))
        if known is not None:
            return known
        late = set(self.values).union(*(one.values for one in bound))
        scope = ReadScope(self.database, LateViewer.of(self.shape, self.database))
        dialect = self.database.read_engine.dialect

        def compile_it() -> Statement:
            return compile_statement(build(StepStatements(scope)), dialect, late)

        shapes = tuple(one.shape for one in bound)
        key = (unit, self.shape, lengths, shapes)
        found = await self._statements.statement(key, compile_it)
        self.bound.statements[unit, self.shape, lengths] = found
        return found

    async def _read_rows(self, statement: Statement, values: Mapping[str, Any]) -> Sequence[Record]:
        async with self.reads.slot():
            return await self.reads.fetch_rows(statement.sql, statement.arguments(values))

    def _keys(self, step: Step) -> list[Any]:
        """Return the keys that a step needs, and remember those of each of its sources."""
        keys: dict[Any, None] = {}
        for source in step.sources:
            keys.update(dict.fromkeys(self._source_keys(source)))
        keys.pop(None, None)
        return list(keys)

    def _source_keys(self, source: Source) -> list[Any]:
        """Return the raw keys of a source, which may repeat."""
        if source.place is None:
            return self._argument_keys(source)
        place = source.place
        rows = self._rows(place)
        [column] = source.columns
        if place.has_objects:
            if source.type_column is not None:
                of_type = attrgetter(source.type_column)
                rows = [row for row in rows if of_type(row) == source.type_name]
            return [self.codecs.raw_key(getattr(row, column)) for row in rows]
        assert place.step is not None
        position = place.step.position(column)
        if source.type_column is not None:
            type_position = place.step.position(source.type_column)
            rows = [row for row in rows if row[type_position] == source.type_name]
        keys = [row[position] for row in rows]
        if source.shown_if is not None:
            return [key for key in keys if self._is_shown(source, place, key)]
        return keys

    def _is_shown(self, source: Source, place: Place, key: Any) -> bool:
        assert source.shown_if is not None
        reader = self.codecs.reader(column_of(place.model.id).type)
        row = view_of(place.model, ("id",))(key if reader is None else reader(key))
        return source.shown_if(row, self.context)

    def _argument_keys(self, source: Source) -> list[Any]:
        found = self.bound.sources[source.number]
        if isinstance(found, list):
            model = source.targets[0].model
            return [
                self.codecs.raw_key(one.key)
                for one in found
                if one is not None and one.model is model
            ]
        return [self.codecs.raw_key(found)]

    async def _read_lookups(self, step: Step) -> None:
        """Read rows by composite keys: columns of the parents, and values of the arguments."""
        wanted: list[tuple[Place, dict[Any, tuple[Any, ...]]]] = []
        for source in step.sources:
            rest = self.bound.sources[source.number]
            parents: dict[Any, tuple[Any, ...]] = {}
            if rest is not None:
                parents = {
                    key: (*columns, *rest) for key, columns in self._parent_columns(source).items()
                }
            wanted.append((source.targets[0], parents))
        keys = list({key: None for _, parents in wanted for key in parents.values()})
        found: dict[Any, Record] = {}
        bound = self.bound.steps[step.number]
        for start in range(0, len(keys), MAX_LOOKUPS):
            chunk = keys[start : start + MAX_LOOKUPS]
            padded = chunk + [chunk[-1]] * (_padding(len(chunk)))
            statement = await self._statement(
                step,
                len(padded),
                partial(_for_keys, bound=bound, length=len(padded)),
                [bound],
            )
            values = self.values | composite_values(key_name(step), padded)
            for record in await self._read_rows(statement, values):
                found[tuple(record[: step.key_width])] = record
        for target, parents in wanted:
            self.tables.rows[target.number] = {
                key: found[wanted_key] for key, wanted_key in parents.items() if wanted_key in found
            }

    def _parent_columns(self, source: Source) -> dict[Any, tuple[Any, ...]]:
        """Return the raw columns of parents, by the key that the generated code uses."""
        place = source.place
        assert place is not None
        if not source.columns:
            return {0: ()}
        rows = self._rows(place)
        if place.has_objects:
            columns = [
                tuple(self.codecs.raw_key(getattr(row, name)) for name in source.columns)
                for row in rows
            ]
        else:
            assert place.step is not None
            positions = [place.step.position(name) for name in source.columns]
            columns = [tuple(row[position] for position in positions) for row in rows]
        return {one[0] if len(one) == 1 else one: one for one in columns}

    # Where records go

    def _distribute(self, step: Step, records: Sequence[Record]) -> None:
        """Put the records of a step into its places."""
        key = step.place_of(0)
        if step.kind is StepKind.ROWS:
            position = step.position("id")
            self._put_rows(step, {record[position]: record for record in records})
        elif step.kind is StepKind.COUNT:
            value = step.place_of(1)
            self.tables.by_step[step.number] = {record[key]: record[value] for record in records}
        else:
            by_parent: dict[Any, list[Record]] = {}
            for record in records:
                found = by_parent.get(record[key])
                if found is None:
                    by_parent[record[key]] = [record]
                else:
                    found.append(record)
            if step.kind is StepKind.PAGE:
                self._cut(step, by_parent)
            self.tables.by_step[step.number] = by_parent
            self._put_rows(step, by_parent)

    def _cut(self, step: Step, by_parent: dict[Any, list[Record]]) -> None:
        """Cut what was read to pages, as `PageArguments.cut` does."""
        page = self.bound.steps[step.number].page
        assert page is not None
        more = self.tables.more[step.number]
        for key, found in by_parent.items():
            if len(found) > page.size:
                del found[page.size :]
                more.add(key)
            if page.backward:
                found.reverse()

    def _put_rows(self, step: Step, found: dict[Any, Any]) -> None:
        """Give each place the rows of its own parents, so that their children alone are read."""
        for source in step.sources:
            rows = found
            if len(step.sources) > 1 and any(target.has_children for target in source.targets):
                keys = dict.fromkeys(self._source_keys(source))
                rows = {key: found[key] for key in keys if key in found}
            for target in source.targets:
                self.tables.rows[target.number] = rows

    # Stacks

    async def _run_stack(self, unit: Unit) -> None:
        bound = self.bound.steps
        values = dict(self.values)
        lengths = []
        places = {target.number for step in unit.steps for target in step.targets}
        for step in unit.steps:
            values.update(bound[step.number].values)
            lengths.append(self._bind_stack_keys(step, places, values))
        steps = [bound[step.number] for step in unit.steps]
        families = self.plan.families[unit]
        statement = await self._statement(
            unit,
            tuple(lengths),
            lambda statements: StackBuilder(unit, families, statements.scope).build(bound, lengths),
            steps,
        )
        tables: list[list[Record]] = [[] for _ in unit.steps]
        for record in await self._read_rows(statement, values):
            tables[record[0]].append(record)
        for step in unit.steps:
            if step.kind is StepKind.LOOKUP:
                self._put_lookup(step, tables[step.tag])
            else:
                self._distribute(step, tables[step.tag])

    def _bind_stack_keys(self, step: Step, places: set[int], values: dict[str, Any]) -> int:
        """Bind the keys that come from outside a stack; return the length of their parameter."""
        name = key_name(step)
        if step.kind is StepKind.LOOKUP:
            [source] = step.sources
            rest = self.bound.sources[source.number]
            width = len(source.columns)
            missing = (None,) * (step.key_width - width)
            key = (None,) * width + (missing if rest is None else rest)
            values.update(composite_values(name, [key]))
            if not source.columns:
                return 0
        outside = [
            source
            for source in step.sources
            if source.place is None or source.place.number not in places
        ]
        if not outside:
            return 0
        is_single = len(step.sources) == 1 and (
            outside[0].place is None or outside[0].place.is_single
        )
        if outside[0].place is None and isinstance(self.bound.sources[outside[0].number], list):
            is_single = False
        keys = [key for source in outside for key in self._source_keys(source) if key is not None]
        values[name] = (keys[0] if keys else None) if is_single else list(dict.fromkeys(keys))
        return 1 if is_single else 2

    def _put_lookup(self, step: Step, records: Sequence[Record]) -> None:
        [source] = step.sources
        key = step.place_of(0)
        [target] = source.targets
        self.tables.rows[target.number] = {
            record[key] if source.columns else 0: record for record in records
        }


#: The most composite keys of one statement.
MAX_LOOKUPS = 100


def _padding(count: int) -> int:
    length: int = 1 << max(0, count - 1).bit_length()
    return length - count


def _for_keys(statements: StepStatements, bound: BoundStep, length: int) -> Any:
    return statements.for_keys(bound, length)
