"""The order of a plan's steps: stages, each of which needs only rows of the stages before it.

Steps that one statement can do are merged. Where a stack pays, steps that feed one another become
one statement; see `stack`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from graph.engine.places import SERIALS, Place, Source, Step, StepKind

#: Steps that read nothing.
IMMEDIATE = {StepKind.VIEWER, StepKind.ATTRIBUTE, StepKind.CHECK}
#: Steps that may wait for others, whose rows may need more keys of theirs.
WAITING = {StepKind.ROWS, StepKind.LOOKUP}


#: The most steps of one stack.
MAX_STACK = 40


@dataclass(eq=False)
class Unit:
    """One statement, or the calls of a resolver."""

    steps: list[Step]
    #: Its number among all units and steps of the process.
    serial: int = field(default_factory=SERIALS.__next__)

    @property
    def is_stack(self) -> bool:
        return len(self.steps) > 1

    @cached_property
    def outside(self) -> list[list[Source]]:
        """For each step of a stack, the sources that the stack itself does not fill."""
        filled = {target.number for step in self.steps for target in step.targets}
        return [
            [
                source
                for source in step.sources
                if source.place is None or source.place.number not in filled
            ]
            for step in self.steps
        ]


@dataclass(eq=False)
class Stage:
    """What runs at the same time."""

    #: Steps that read nothing. They come first.
    immediate: list[Step] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)


class Scheduler:
    """Orders the steps of one plan."""

    def __init__(self, steps: Sequence[Step], can_stack: Callable[[Step], bool] | None) -> None:
        self.waiting = list(steps)
        self.can_stack = can_stack
        self.done: set[int] = set()

    def run(self, *known: Place) -> list[Stage]:
        """Order the steps. The rows of some places are known."""
        self.done.update(place.number for place in known)
        stages = []
        while self.waiting:
            stage = Stage()
            while immediate := [step for step in self._ready() if step.kind in IMMEDIATE]:
                stage.immediate += immediate
                self._finish(immediate)
            if self.waiting:
                stage.units = self._units()
            stages.append(stage)
        return stages

    def _units(self) -> list[Unit]:
        ready = self._ready()
        units = []
        stacked: list[Step] = []
        if self.can_stack is not None:
            stacked = self._stack()
            if stacked:
                units.append(Unit(_ordered(_merged(stacked, only_leaves=True))))
        calls = [step for step in ready if step.kind is StepKind.CALLS]
        units += [Unit([step]) for step in calls]
        statements = [step for step in ready if step.is_statement and step not in stacked]
        taken = [*stacked, *calls]
        later = [step for step in self.waiting if step not in ready and step not in stacked]
        held: list[list[Step]] = []
        for group in _groups(statements):
            if any(self._may_join(step, group) for step in later):
                held.append(group)
                continue
            taken += group
            units += [Unit([step]) for step in _merged(group)]
        if not units:
            for group in held:
                taken += group
                units += [Unit([step]) for step in _merged(group)]
        self._finish(taken)
        return units

    def _ready(self) -> list[Step]:
        return [step for step in self.waiting if self._is_ready(step, self.done)]

    def _is_ready(self, step: Step, done: set[int]) -> bool:
        return all(source.place is None or source.place.number in done for source in step.sources)

    def _stack(self) -> list[Step]:
        """Return the steps that can be stacked now: those that are ready, and those they feed."""
        assert self.can_stack is not None
        done, stack = set(self.done), []
        grows = True
        while grows:
            grows = False
            for step in self.waiting:
                if step in stack or not self.can_stack(step) or not self._is_ready(step, done):
                    continue
                stack.append(step)
                done |= _places(step)
                grows = True
        # A database plans each table of a statement, and joins no keys of different ones.
        return stack if len(stack) <= MAX_STACK else []

    def _may_join(self, step: Step, group: list[Step]) -> bool:
        """Whether a later step could be merged with a group, if the group waited for it."""
        first = group[0]
        if step.kind not in WAITING or step.merge_key != first.merge_key:
            return False
        below = {number for one in group for number in _places(one)}
        return not any(_is_below(source.place, below) for source in step.sources)

    def _finish(self, steps: Sequence[Step]) -> None:
        finished = set(map(id, steps))
        self.waiting = [step for step in self.waiting if id(step) not in finished]
        for step in steps:
            self.done |= _places(step)


def _places(step: Step) -> set[int]:
    """Return the numbers of the places that a step fills."""
    numbers = set()
    for target in step.targets:
        numbers.add(target.number)
        numbers |= {place.number for place in target.by_model.values()}
    return numbers


def _is_below(place: Place | None, numbers: set[int]) -> bool:
    while place is not None:
        if place.number in numbers:
            return True
        place = place.parent
    return False


def _groups(steps: Sequence[Step]) -> list[list[Step]]:
    groups: dict[object, list[Step]] = {}
    for step in steps:
        groups.setdefault(step.merge_key, []).append(step)
    return list(groups.values())


def _merged(steps: Sequence[Step], *, only_leaves: bool = False) -> list[Step]:
    """Merge the steps that one statement can do.

    In a stack only those without children: the rows of one source would get the children of all.
    """
    merged = []
    alone = [step for step in steps if only_leaves and not _is_leaf(step)]
    for group in _groups([step for step in steps if step not in alone]):
        first, *others = group
        for other in others:
            first.absorb(other)
        merged.append(first)
    return merged + alone


def _is_leaf(step: Step) -> bool:
    return not step.has_children and step.kind is not StepKind.LOOKUP


def _ordered(steps: Sequence[Step]) -> list[Step]:
    """Order steps so that each comes after those that feed it."""
    by_place = {number: step for step in steps for number in _places(step)}
    ordered: list[Step] = []

    def add(step: Step) -> None:
        if step in ordered:
            return
        for source in step.sources:
            before = None if source.place is None else by_place.get(source.place.number)
            if before is not None and before is not step:
                add(before)
        ordered.append(step)

    for step in steps:
        add(step)
    return ordered
