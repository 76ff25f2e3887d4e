"""The rows of one run: where the records of steps go, and which keys later steps take from them."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from graph.engine.binding import Bound
from graph.engine.codecs import Codecs
from graph.engine.expressions import are_hashable, view_of
from graph.engine.places import Place, Shape, Source, Step, StepKind
from models.base import column_of

#: A row as the driver returns it.
Record = Sequence[Any]


class Tables:
    """The rows of one run, by the numbers of places and steps."""

    def __init__(self, places: int, steps: int, bound: Bound, codecs: Codecs, context: Any) -> None:
        #: The rows of places: records or objects by the key of their parent.
        self.rows: list[dict[Any, Any]] = [{}] * places
        #: The object that the answer begins with, if it is that of a payload.
        self.root: Any = None
        #: The rows or the counts of steps by the key of the parent.
        self.by_step: list[dict[Any, Any]] = [{}] * steps
        #: The keys of the parents whose pages have more rows, by step.
        self.more: list[set[Any]] = [set()] * steps
        self.bound = bound
        self.codecs = codecs
        self.context = context

    def rows_of(self, place: Place) -> Sequence[Any]:
        """Return all rows of a place."""
        rows = self.rows[place.number]
        if place.shape is Shape.MANY:
            return [row for found in rows.values() for row in found]
        return list(rows.values())

    # Keys

    def keys(self, step: Step) -> list[Any]:
        """Return the keys that a step needs, each once."""
        keys: dict[Any, None] = {}
        for source in step.sources:
            keys.update(dict.fromkeys(self.source_keys(source)))
        keys.pop(None, None)
        return list(keys)

    def source_keys(self, source: Source) -> list[Any]:
        """Return the raw keys of a source, which may repeat or be null."""
        if source.place is None:
            return self._argument_keys(source)
        place = source.place
        rows = self.rows_of(place)
        [column] = source.columns
        if place.has_objects:
            if source.type_column is not None:
                name = source.type_column
                rows = [row for row in rows if getattr(row, name) == source.type_name]
            if source.shown_if is not None:
                rows = [row for row in rows if source.shown_if(row, self.context)]
            return [self.codecs.raw_key(getattr(row, column)) for row in rows]
        assert place.step is not None
        if source.type_column is not None:
            type_position = place.step.position(source.type_column)
            rows = [row for row in rows if row[type_position] == source.type_name]
        position = place.step.position(column)
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
        if not isinstance(found, list):
            return [self.codecs.raw_key(found)]
        model = source.targets[0].model
        decoded = (one for one in found if one is not None and one.model is model)
        return [self.codecs.raw_key(one.key) for one in decoded]

    def parent_columns(self, source: Source) -> dict[Any, tuple[Any, ...]]:
        """Return the raw columns of parents, by the key that the generated code uses."""
        place = source.place
        assert place is not None
        if not source.columns:
            return {0: ()}
        rows = self.rows_of(place)
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

    def parents(self, place: Place, columns: Sequence[str]) -> dict[Any, Any]:
        """Return what resolvers get as parents, by the key that the generated code uses."""
        if place.has_objects:
            return {id(row): row for row in self.rows_of(place)}
        if place.shape is Shape.ROOT:
            return {0: None}
        assert place.step is not None
        positions = [place.step.position(name) for name in columns]
        readers = [
            self.codecs.reader(column_of(getattr(place.model, name)).type) for name in columns
        ]
        view, is_hashable = view_of(place.model, columns), are_hashable(place.model, columns)
        parents: dict[Any, Any] = {}
        for row in self.rows_of(place):
            values = [row[position] for position in positions]
            key: Any = values[0] if len(values) == 1 else tuple(values)
            if not is_hashable:
                key = id(row)
            if key not in parents:
                read = zip(readers, values, strict=True)
                parents[key] = view(
                    *(value if reader is None else reader(value) for reader, value in read)
                )
        return parents

    # Where rows go

    def put_objects(self, target: Place, found: Mapping[Any, Any]) -> None:
        """Put Python objects, or leaves, by the key of their parent."""
        if target.kind is None:
            self.rows[target.number] = dict(found)
            return
        present = {key: value for key, value in found.items() if value is not None}
        self.rows[target.number] = present
        for model, place in target.by_model.items():
            self.rows[place.number] = {
                key: row for key, row in present.items() if type(row) is model
            }

    def put_records(self, step: Step, records: Sequence[Record]) -> None:
        """Put the records of a step into its places."""
        kind = step.kind
        if kind is StepKind.ROWS:
            position = step.position("id")
            self._put_rows(step, {record[position]: record for record in records})
        elif kind is StepKind.COUNT:
            key, value = step.place_of(0), step.place_of(1)
            self.by_step[step.number] = {record[key]: record[value] for record in records}
        elif kind is StepKind.LOOKUP:
            self._put_lookup(step, records)
        else:
            by_parent = _grouped(records, step.place_of(0))
            if kind is StepKind.PAGE:
                self._cut(step, by_parent)
            self.by_step[step.number] = by_parent
            self._put_rows(step, by_parent)

    def _cut(self, step: Step, by_parent: dict[Any, list[Record]]) -> None:
        """Cut what was read to pages, as `PageArguments.cut` does."""
        page = self.bound.steps[step.number].page
        assert page is not None
        size, more = page.size, set()
        for key, found in by_parent.items():
            if len(found) > size:
                del found[size:]
                more.add(key)
            if page.backward:
                found.reverse()
        self.more[step.number] = more

    def _put_rows(self, step: Step, found: dict[Any, Any]) -> None:
        """Give each place the rows of its own parents, so that their children alone are read."""
        for source in step.sources:
            rows = found
            if len(step.sources) > 1 and any(target.has_children for target in source.targets):
                keys = dict.fromkeys(self.source_keys(source))
                rows = {key: found[key] for key in keys if key in found}
            for target in source.targets:
                self.rows[target.number] = rows

    def _put_lookup(self, step: Step, records: Sequence[Record]) -> None:
        """Put the rows of a stacked lookup, which all have the same rest of the key."""
        [source] = step.sources
        [target] = source.targets
        key = step.place_of(0)
        self.rows[target.number] = {
            record[key] if source.columns else 0: record for record in records
        }

    def put_found(
        self, target: Place, wanted: Mapping[Any, Any], found: Mapping[Any, Record]
    ) -> None:
        """Put the rows of lookups: `wanted` are their composite keys by the key of the parent."""
        self.rows[target.number] = {
            key: found[composite] for key, composite in wanted.items() if composite in found
        }


def _grouped(records: Sequence[Record], position: int) -> dict[Any, list[Record]]:
    groups: dict[Any, list[Record]] = {}
    for key, record in zip(map(itemgetter(position), records), records, strict=True):
        group = groups.get(key)
        if group is None:
            groups[key] = [record]
        else:
            group.append(record)
    return groups
