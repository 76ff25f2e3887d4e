"""A plan: what the planner, the schedule and the generated code say about one operation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.engine.assembly import Assembly
from graph.engine.codecs import Codecs
from graph.engine.places import NotPlannable, Place, Step
from graph.engine.planner import Planner
from graph.engine.schedule import Scheduler, Stage, Unit
from graph.engine.selections import Dependency, Selections
from graph.engine.stack import can_stack, lay_out
from graph.operations.prepared import PreparedOperation


@dataclass(eq=False)
class Plan:
    """How an operation is executed."""

    root: Place
    places: Sequence[Place]
    #: The steps that are left after merging.
    steps: Sequence[Step]
    stages: Sequence[Stage]
    assembly: Assembly
    #: What it depends on: functions of the variables, and their values.
    dependencies: Sequence[Dependency]
    #: The number of steps before merging.
    step_count: int
    #: The families of the columns of stacks.
    families: Mapping[Unit, list[str]]

    def is_valid_for(self, variables: Mapping[str, Any]) -> bool:
        return all(function(variables) == value for function, value in self.dependencies)


def make_plan(
    schema: Any, operation: PreparedOperation, coerced: Any, codecs: Codecs, *, stacks: bool
) -> Plan:
    """Plan an operation for given variables. Raise `NotPlannable` if it cannot be planned."""
    selections = Selections(schema._schema, operation.fragments, coerced.coerced)
    planner = Planner(schema, codecs, selections, coerced)
    root = planner.plan(operation.operation)
    step_count = len(planner.steps)
    stages = Scheduler(planner.steps, can_stack if stacks else None).run(root)
    families: dict[Unit, list[str]] = {}
    for unit in (unit for stage in stages for unit in stage.units if unit.is_stack):
        try:
            families[unit] = lay_out(unit)
        except LookupError as error:
            raise NotPlannable(f"no family for the type {error}") from None
    steps = [
        step
        for stage in stages
        for step in [*stage.immediate, *(one for unit in stage.units for one in unit.steps)]
    ]
    return Plan(
        root,
        planner.places,
        steps,
        stages,
        Assembly(root, planner.places, planner.constants, codecs, can_count=planner.can_count),
        selections.dependencies,
        step_count,
        families,
    )
