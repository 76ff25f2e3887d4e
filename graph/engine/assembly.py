"""The code that assembles an answer from rows, generated for a plan.

Each place becomes one function from its rows to objects of the answer, and a place's function runs
after those of the places below it. In their code

    r     the row
    S, P  rows and finished objects of places, by the places' numbers
    R, M  rows or counts of steps by parent's key, and the keys whose pages have more rows
    B, A  the bound steps, and keys from arguments
    X     the context
    E     an empty list
    R_    makes a key as the driver would return it
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from graph.engine.binding import Bound
from graph.engine.codecs import Codecs
from graph.engine.connections import written
from graph.engine.expressions import Constants
from graph.engine.places import Expression, Place, Shape
from graph.engine.tables import Tables
from graph.operations.encoding import count_rows

PARAMETERS = "S, P, R, M, B, A, X"
#: Rows that are assembled before other tasks get their turn.
SLICE = 500


PlaceFunction = Callable[..., Any]


class Assembly:
    """The generated code of one plan."""

    def __init__(
        self,
        root: Place,
        places: Sequence[Place],
        constants: Constants,
        codecs: Codecs,
        *,
        can_count: bool,
    ) -> None:
        self.root = root
        #: Those below others come first.
        self.places = [place for place in reversed(places) if _is_shown(place)]
        names = {**constants.by_name, "E": [], "R_": codecs.raw_key}
        self.source = "\n".join(map(_function, [*self.places, root]))
        if can_count:
            self.source += "\n" + _count_function(self.places, root)
        exec(compile(self.source, "<plan>", "exec"), names)
        self._functions: list[PlaceFunction] = [
            names[f"place_{place.number}"] for place in self.places
        ]
        self._root_function: PlaceFunction = names[f"place_{root.number}"]
        self._size = len(places)
        #: Counts the objects in the lists of the answer; None if only the answer itself tells.
        self._count: PlaceFunction | None = names.get("count")

    async def run(self, tables: Tables, bound: Bound, context: Any) -> tuple[dict[str, Any], int]:
        """Return the data of the answer, and the number of objects in its lists.

        Large places are assembled in slices.
        """
        finished: list[dict[Any, Any]] = [{}] * self._size
        common = (
            tables.rows,
            finished,
            tables.by_step,
            tables.more,
            bound.steps,
            bound.sources,
            context,
        )
        for place, function in zip(self.places, self._functions, strict=True):
            rows = tables.rows[place.number]
            if _has_more_than(SLICE, place, rows):
                objects: dict[Any, Any] = {}
                for items in _slices(place, rows):
                    objects.update(function(items, *common))
                    await asyncio.sleep(0)
                finished[place.number] = objects
            elif place.by_model:
                merged: dict[Any, Any] = {}
                for one in place.by_model.values():
                    merged.update(finished[one.number])
                finished[place.number] = merged
            else:
                finished[place.number] = function(rows.items(), *common)
        data: dict[str, Any] = self._root_function(tables.root, *common)
        counted = count_rows(data) if self._count is None else self._count(tables.root, *common)
        return data, counted


def _is_shown(place: Place) -> bool:
    return place.shape is not Shape.ROOT and place.kind is not None


def _function(place: Place) -> str:
    made = written(place.outputs)
    if place.shape is Shape.ROOT:
        return f"def place_{place.number}(r, {PARAMETERS}):\n    return {made}\n"
    if place.shape is Shape.ONE:
        body = f"{{k: {made} for k, r in rows}}"
    else:
        body = f"{{k: [{made} for r in rs] for k, rs in rows}}"
    return f"def place_{place.number}(rows, {PARAMETERS}):\n    return {body}\n"


def _count_function(places: Sequence[Place], root: Place) -> str:
    """Return the code that counts the objects in the lists of the answer.

    Most rows are shown once. `C` has the numbers of objects in lists below the rows of places that
    may be shown several times, by the key of the parent.
    """
    lines: list[str] = []
    counted: set[int] = set()
    once = [place for place in places if place.is_shown_once]
    for place in [*places, root]:
        shown = [(inner, key) for inner, key in place.shown if not inner.is_shown_once]
        terms = [_count_term(inner, key, counted) for inner, key in shown]
        below = " + ".join(term for term in terms if term is not None)
        if place is root:
            totals = [f"sum(map(len, S[{inner.number}].values()))" for inner in once]
            lines.append(f"    return {' + '.join([*totals, below or '0'])}")
        elif below:
            counted.add(place.number)
            one = f"{{k: {below} for k, r in S[{place.number}].items()}}"
            itself = "" if place.is_shown_once else "1 + "
            many = (
                f"{{k: sum([{itself}{below} for r in rs]) for k, rs in S[{place.number}].items()}}"
            )
            made = one if place.shape is Shape.ONE else many
            lines.append(f"    C[{place.number}] = {made}")
    body = "\n".join(lines)
    return f"def count(r, {PARAMETERS}):\n    C = {{}}\n{body}\n"


def _count_term(place: Place, key: Expression, counted: set[int]) -> str | None:
    if place.number in counted:
        return f"C[{place.number}].get({key()}, 0)"
    if place.shape is Shape.MANY:
        return f"len(P[{place.number}].get({key()}, E))"
    return None


def _has_more_than(count: int, place: Place, rows: dict[Any, Any]) -> bool:
    if place.shape is Shape.ONE or len(rows) > count:
        return len(rows) > count
    return sum(map(len, rows.values())) > count


def _slices(place: Place, rows: dict[Any, Any]) -> Iterator[Iterable[tuple[Any, Any]]]:
    """Return the items of a place in slices of about `SLICE` rows."""
    items = iter(rows.items())
    if place.shape is Shape.ONE:
        while part := list(islice(items, SLICE)):
            yield part
        return
    part, size = [], 0
    for key, found in items:
        part.append((key, found))
        size += len(found)
        if size >= SLICE:
            yield part
            part, size = [], 0
    yield part
