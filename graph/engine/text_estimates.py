"""How many rows with long texts a step reads: their bytes are limited between statements."""

from collections.abc import Sequence

from graph.engine.places import Place, Shape, Step, StepKind
from graph.engine.selections import Selections
from graph.kit.paging.page_arguments import DEFAULT_SIZE, MAX_SIZE
from graph.kit.relations.batches import MANY_ROWS


def estimate_texts(steps: Sequence[Step], selections: Selections) -> None:
    """Estimate the rows of the steps that read long texts. The plan depends on their page sizes."""
    for step in steps:
        if step.long_texts:
            [source] = step.sources
            parents = 1 if source.place is None else _rows_of(source.place, selections)
            step.rows_with_texts = parents * _rows_for_key(step, selections)


def _rows_of(place: Place, selections: Selections) -> int:
    """Return the most rows that a place is expected to have."""
    if place.shape is Shape.ROOT or place.parent is None:
        return 1
    rows = _rows_of(place.parent, selections)
    if place.shape is Shape.ONE:
        return rows * (MAX_SIZE if place.has_many_keys else 1)
    return rows * (MANY_ROWS if place.step is None else _rows_for_key(place.step, selections))


def _rows_for_key(step: Step, selections: Selections) -> int:
    if step.kind is StepKind.LIST:
        return MANY_ROWS
    if step.kind is not StepKind.PAGE:
        return 1
    assert step.arguments is not None
    for name in ("first", "last"):
        size = selections.argument(step.arguments.node, name)
        if isinstance(size, int | float):
            return max(1, min(int(size), MAX_SIZE))
    return DEFAULT_SIZE
