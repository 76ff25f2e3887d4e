"""A plan: what the planner, the schedule and the generated code say about one operation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, FragmentDefinitionNode

from graph.engine.assembly import Assembly
from graph.engine.codecs import Codecs
from graph.engine.places import NotPlannable, Place, Step
from graph.engine.planner import Planner
from graph.engine.schedule import Scheduler, Stage, Unit
from graph.engine.selections import Dependency, Selections
from graph.engine.stack import can_stack, lay_out
from graph.engine.text_estimates import estimate_texts
from graph.operations.prepared import PreparedOperation

Fragments = Mapping[str, FragmentDefinitionNode]


@dataclass(eq=False)
class Plan:
    """How an operation is executed."""

    root: Place
    #: The place that is filled before the run: the root, or the list of objects that it shows.
    given: Place
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
        return are_met(self.dependencies, variables)


@dataclass(eq=False)
class NoPlan:
    """That an operation cannot be planned for some variables."""

    reason: str
    dependencies: Sequence[Dependency]

    def is_valid_for(self, variables: Mapping[str, Any]) -> bool:
        return are_met(self.dependencies, variables)


def are_met(dependencies: Sequence[Dependency], variables: Mapping[str, Any]) -> bool:
    return all(function(variables) == value for function, value in dependencies)


class PlanMaker:
    """Makes the plans of one schema for one database."""

    def __init__(self, schema: Any, codecs: Codecs, *, stacks: bool) -> None:
        self.schema = schema
        self.codecs = codecs
        self.stacks = stacks

    def of_query(self, operation: PreparedOperation, coerced: Any) -> Plan:
        """Plan a query for given variables. Raise `NotPlannable` if it cannot be planned."""
        planner = self._planner(operation.fragments, coerced)
        return self._plan(planner, lambda: planner.plan(operation.operation))

    def of_object(
        self, fragments: Fragments, kind: Any, nodes: Sequence[FieldNode], coerced: Any
    ) -> Plan:
        """Plan what fields select of a known object of a type, as `of_query` does."""
        planner = self._planner(fragments, coerced)
        return self._plan(planner, lambda: planner.plan_object(kind, nodes))

    def of_objects(
        self, fragments: Fragments, kind: Any, nodes: Sequence[FieldNode], coerced: Any
    ) -> Plan:
        """Plan what fields select of known objects of a type; the answer has them as `nodes`."""
        planner = self._planner(fragments, coerced)
        return self._plan(planner, lambda: planner.plan_objects(kind, nodes))

    def _planner(self, fragments: Fragments, coerced: Any) -> Planner:
        selections = Selections(self.schema._schema, fragments, coerced.coerced)
        return Planner(self.schema, self.codecs, selections, coerced)

    def _plan(self, planner: Planner, walk: Callable[[], Place]) -> Plan:
        try:
            return self._made(planner, walk())
        except NotPlannable as reason:
            reason.dependencies = planner.selections.dependencies
            raise

    def _made(self, planner: Planner, root: Place) -> Plan:
        estimate_texts(planner.steps, planner.selections)
        count = len(planner.steps)
        given = planner.given or root
        scheduler = Scheduler(planner.steps, can_stack if self.stacks else None)
        stages = scheduler.run(root, given)
        families: dict[Unit, list[str]] = {}
        for unit in (unit for stage in stages for unit in stage.units if unit.is_stack):
            try:
                families[unit] = lay_out(unit)
            except LookupError as error:
                raise NotPlannable(f"no family for the type {error}") from None
        steps = [step for stage in stages for step in stage.immediate]
        steps += [step for stage in stages for unit in stage.units for step in unit.steps]
        assembly = Assembly(
            root,
            planner.places,
            planner.constants,
            self.codecs,
            can_count=planner.can_count and not planner.leaves.has_json,
        )
        dependencies = planner.selections.dependencies
        return Plan(
            root, given, planner.places, steps, stages, assembly, dependencies, count, families
        )
