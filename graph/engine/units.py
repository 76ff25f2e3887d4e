"""The statements of a plan's units: compiled for the shapes of arguments, viewers and keys."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from graph.engine.binding import BoundStep
from graph.engine.places import Source, Step
from graph.engine.schedule import Unit
from graph.engine.stack import StackBuilder
from graph.engine.statements import StepStatements
from graph.kit.loading.loaders import ReadScope
from graph.kit.relations.parameters import KEY_PREFIX, LateViewer, ViewerShape
from models.database import Database
from models.database.compiled import CompiledStatement, compile_statement

#: A key of the cache of statements, and what builds the statement if it is missing there.
Order = tuple[Hashable, Callable[[], CompiledStatement]]


class UnitStatements:
    """Says how the statements of units are compiled for viewers of one shape."""

    def __init__(self, database: Database, shape: ViewerShape, viewer_names: Sequence[str]) -> None:
        self.database = database
        self.shape = shape
        self._viewer_names = viewer_names

    def step(self, bound: BoundStep, length: int) -> Order:
        """Order the statement of a step for a number of keys."""

        def build(scope: ReadScope) -> Any:
            return StepStatements(scope).for_keys(bound, length)

        return self._order(bound.step, length, build, [bound])

    def stack(
        self,
        unit: Unit,
        families: Sequence[str],
        bound: Sequence[BoundStep],
        lengths: Sequence[int],
    ) -> Order:
        """Order the statement of a stack."""

        def build(scope: ReadScope) -> Any:
            return StackBuilder(unit, families, scope).build(bound, lengths)

        steps = [bound[step.number] for step in unit.steps]
        return self._order(unit, tuple(lengths), build, steps)

    def _order(
        self,
        unit: Step | Unit,
        lengths: Hashable,
        build: Callable[[ReadScope], Any],
        bound: Sequence[BoundStep],
    ) -> Order:
        def compiled() -> CompiledStatement:
            late = set(self._viewer_names).union(*(one.values for one in bound))
            scope = ReadScope(self.database, LateViewer.of(self.shape, self.database))
            dialect = self.database.read_engine.dialect
            return compile_statement(build(scope), dialect, late, KEY_PREFIX)

        # Not the unit itself, which would keep its plan.
        return (unit.serial, self.shape, lengths, tuple(one.shape for one in bound)), compiled


def has_single_key(step: Step, outside: Sequence[Source]) -> bool:
    """Whether the keys that a stacked step gets from outside are always at most one."""
    if len(step.sources) > 1:
        return False
    [source] = outside
    if source.place is not None:
        return source.place.is_single
    return not source.targets[0].has_many_keys
