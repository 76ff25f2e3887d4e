"""Descriptions of a plan's places and steps, for people."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graph.engine.places import Place, Shape, Source, Step, StepKind
from graph.engine.plan import Plan


@dataclass(frozen=True)
class ExplainedStep:
    """A step of a plan."""

    number: int
    kind: str
    #: The name of the model whose rows it reads, if any.
    model: str | None
    #: The paths of the fields that its rows are shown by.
    paths: list[str]
    #: What its keys are, such as `workspace.project.id`.
    keys: list[str]
    #: The columns that it reads, besides its keys.
    columns: list[str]


def explained(step: Step) -> ExplainedStep:
    return ExplainedStep(
        step.number,
        step.kind.value,
        None if step.model is None else step.model.__name__,
        sorted({place.path for place in step.targets}) or _paths(step.sources),
        [_key(source) for source in step.sources],
        list(step.columns),
    )


def _paths(sources: Sequence[Source]) -> list[str]:
    """Return the paths of counts, which have no place of their own."""
    return [_path(source.place) for source in sources]


def _key(source: Source) -> str:
    if source.place is None or not source.columns:
        return "the arguments"
    return ", ".join(f"{_path(source.place)}.{column}" for column in source.columns)


def _path(place: Place | None) -> str:
    return place.path if place is not None and place.path else "the root"


def shown_places(plan: Plan) -> list[Place]:
    """Return the places whose objects are shown."""
    return [
        place for place in plan.places if place.kind is not None and place.shape is not Shape.ROOT
    ]


def describe(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON: its places, and what runs at the same time, stage by stage."""
    stages: list[list[dict[str, Any]]] = []
    for stage in plan.stages:
        units = [[step] for step in stage.immediate if step.kind is not StepKind.CHECK]
        units += [unit.steps for unit in stage.units]
        described = [
            {"isStacked": len(steps) > 1, "steps": [asdict(explained(step)) for step in steps]}
            for steps in units
        ]
        if described:
            stages.append(described)
    places = [{"path": place.path, "type": place.kind.name} for place in shown_places(plan)]
    return {"places": places, "stages": stages}
