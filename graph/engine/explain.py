"""Explanations of plans: what is loaded for an operation, by which statements, and why not.

`taskloom explain` prints one. Nothing is executed, and no database is asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from graph.engine.binding import Binder, Bound
from graph.engine.described_plan import ExplainedStep, explained, shown_places
from graph.engine.engine import Engine
from graph.engine.places import NotPlannable, Step, StepKind
from graph.engine.plan import Plan
from graph.engine.schedule import Unit
from graph.engine.units import Order, UnitStatements, has_single_key
from graph.kit.loading.loaders import ReadScope
from graph.kit.relations.parameters import ViewerShape, viewer_values
from graph.operations.prepared import PreparedOperation
from models.viewer import Role, Scope, Viewer

#: The viewer that statements are explained for: a member of one workspace.
VIEWER = Viewer(UUID(int=1), {UUID(int=2): Role.MEMBER}, Scope.WRITE)


@dataclass(frozen=True)
class ExplainedUnit:
    """The steps of one statement, or of the calls of one resolver."""

    steps: list[ExplainedStep]
    is_stacked: bool
    #: The statement; None for calls of a resolver.
    sql: str | None


@dataclass(frozen=True)
class Explanation:
    """What the engine does for an operation."""

    #: Why the operation is executed by the reference executor; None if it has a plan.
    reason: str | None = None
    #: The paths of the places, in the order of the operation, with their types.
    places: list[tuple[str, str]] = field(default_factory=list)
    #: What runs at the same time, stage by stage.
    stages: list[list[ExplainedUnit]] = field(default_factory=list)

    @property
    def statements(self) -> int:
        return sum(unit.sql is not None for stage in self.stages for unit in stage)


class Explainer:
    """Explains the operations of one schema for one database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def explain(
        self, operation: PreparedOperation, variables: dict[str, Any] | None
    ) -> Explanation:
        """Explain a query for given variables. Raise the error of invalid ones."""
        coerced = self.engine.coerced(operation, variables)
        try:
            plan = self.engine.plans.of_query(operation, coerced)
        except NotPlannable as reason:
            return Explanation(str(reason))
        scope = ReadScope(self.engine.database, VIEWER)
        bound = Binder(self.engine.codecs, scope, coerced).bind(plan.steps, plan.step_count)
        places = [(place.path, place.kind.name) for place in shown_places(plan)]
        stages = [list(self._stage(plan, bound, number)) for number in range(len(plan.stages))]
        return Explanation(None, places, [stage for stage in stages if stage])

    def _stage(self, plan: Plan, bound: Bound, number: int) -> Iterator[ExplainedUnit]:
        stage = plan.stages[number]
        for step in stage.immediate:
            if step.kind is not StepKind.CHECK:
                yield ExplainedUnit([explained(step)], is_stacked=False, sql=None)
        for unit in stage.units:
            yield ExplainedUnit(
                [explained(step) for step in unit.steps],
                unit.is_stack,
                self._sql(plan, bound, unit),
            )

    def _sql(self, plan: Plan, bound: Bound, unit: Unit) -> str | None:
        [first, *_] = unit.steps
        if not first.is_statement:
            return None
        database = self.engine.database
        shape = ViewerShape.of(VIEWER, database)
        units = UnitStatements(database, shape, list(viewer_values(VIEWER, shape, database)))
        if unit.is_stack:
            lengths = [_length(unit, step) for step in unit.steps]
            order: Order = units.stack(unit, plan.families[unit], bound.steps, lengths)
        else:
            places = [source.place for source in first.sources]
            single = len(places) == 1 and (places[0] is None or places[0].is_single)
            order = units.step(bound.steps[first.number], 1 if single else 2)
        return order[1]().sql


def _length(unit: Unit, step: Step) -> int:
    """Return the length of the keys that a stacked step gets from outside its stack."""
    outside = unit.outside[step.tag]
    if not outside or (step.kind is StepKind.LOOKUP and not step.sources[0].columns):
        return 0
    return 1 if has_single_key(step, outside) else 2


def as_text(explanation: Explanation) -> str:
    """Return an explanation as text."""
    if explanation.reason is not None:
        return f"Executed by the reference executor: {explanation.reason}.\n"
    lines = ["Places"]
    lines += [f"  {path}: {kind}" for path, kind in explanation.places]
    for number, stage in enumerate(explanation.stages, start=1):
        lines += ["", f"Stage {number}"]
        for unit in stage:
            lines += _unit_lines(unit)
    lines += ["", f"Statements: {explanation.statements}"]
    return "\n".join(lines) + "\n"


def _unit_lines(unit: ExplainedUnit) -> list[str]:
    lines = [f"  {len(unit.steps)} steps stacked as one statement"] if unit.is_stacked else []
    for step in unit.steps:
        model = f" of {step.model}" if step.model else ""
        lines.append(f"  {step.number}. {step.kind}{model}: {', '.join(step.paths)}")
        lines.append(f"       keys: {'; '.join(step.keys)}")
        if step.columns:
            lines.append(f"       columns: {', '.join(step.columns)}")
    if unit.sql is not None:
        lines += [f"       {line}".rstrip() for line in unit.sql.splitlines()]
    return lines
