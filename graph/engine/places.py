"""The parts of a plan: places of the answer, and the steps that fill them with rows.

A place is one spot of the answer, such as the tasks of a project. During a run it holds its rows
for all parents at once, in a dictionary by the parent's key. A row is a record, which is a tuple as
the driver returned it, or a Python object. A step fills one or more places by one statement, or by
calls of a resolver.
"""

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any

from graph.engine.arguments import FieldArguments
from models.base import long_texts

#: Returns an expression of the generated code, once the positions of columns are known.
Expression = Callable[[], str]


SERIALS = count()


class NotPlannable(Exception):
    """An operation cannot be planned. The message names the field and the reason."""

    #: What the reason may depend on, as a plan does.
    dependencies: Sequence[Any] = ()


class Shape(enum.Enum):
    """What a place holds for a parent."""

    #: The only place without a parent.
    ROOT = "root"
    #: At most one row for a key.
    ONE = "one"
    #: A list of rows for a key.
    MANY = "many"


@dataclass(eq=False)
class Place:
    """Objects of one type at one spot of the answer."""

    number: int
    #: The path of the fields, for messages and diagrams.
    path: str
    #: The GraphQL type of its objects; None if its rows are only read for others.
    kind: Any
    shape: Shape
    #: The model of its rows; None for objects without one.
    model: Any = None
    #: Whether its rows are Python objects. Otherwise they are records of `step`.
    has_objects: bool = False
    #: The step whose records are its rows.
    step: "Step | None" = None
    #: The place of the parents; None for the root.
    parent: "Place | None" = None
    #: The fields of its objects, by their keys in the answer.
    outputs: list[tuple[str, Expression]] = field(default_factory=list)
    #: Of objects whose types differ from row to row: the place of each type.
    by_model: "dict[Any, Place]" = field(default_factory=dict)
    has_children: bool = False
    #: The places that its objects show, with the expressions of their keys.
    shown: "list[tuple[Place, Expression]]" = field(default_factory=list)
    #: Whether its keys come from a list in the arguments.
    has_many_keys: bool = False

    def cell(self, column: str) -> Expression:
        """Return the expression of a column's raw value, or of an object's attribute."""
        if self.has_objects:
            return lambda: f"r.{column}"
        if self.step is None:
            raise NotPlannable(f"{self.path}: {column} is not read")
        step = self.step
        step.need(column)
        return lambda: f"r[{self.step_position(column)}]"

    def step_position(self, column: str) -> int:
        assert self.step is not None
        return self.step.position(column)

    @property
    def is_single(self) -> bool:
        """Whether it has at most one row."""
        place: Place | None = self
        while place is not None:
            if place.shape is Shape.MANY or place.has_many_keys:
                return False
            place = place.parent
        return True

    @cached_property
    def is_shown_once(self) -> bool:
        """Whether it is a list all of whose rows are shown, each once."""
        if self.shape is not Shape.MANY or self.step is None or self.parent is None:
            return False
        return len(self.step.sources) == 1 and self.parent.has_rows_shown_once

    @property
    def has_rows_shown_once(self) -> bool:
        """Whether each of its rows is shown, and once."""
        step = self.step
        if self.shape is Shape.ROOT:
            return not self.has_objects
        if step is None or self.parent is None or len(step.sources) > 1 or self.has_many_keys:
            return False
        if self.shape is Shape.MANY:
            # A page of several parents has rows beyond it, whose children are read too.
            has_more = step.kind is StepKind.PAGE and not self.parent.is_single
            return not has_more and self.is_shown_once
        is_shared = step.kind is StepKind.ROWS and not self.is_single
        return not is_shared and self.parent.has_rows_shown_once


class StepKind(enum.Enum):
    """What a step does."""

    ROWS = "rows by key"
    LOOKUP = "row by a composite key"
    PAGE = "page"
    LIST = "list"
    COUNT = "count"
    VIEWER = "the viewer's row"
    CALLS = "calls of a resolver"
    ATTRIBUTE = "attribute of objects"
    CHECK = "check of arguments"


#: The kinds of steps that are statements of their own making, and can be stacked.
STATEMENTS = {StepKind.ROWS, StepKind.LOOKUP, StepKind.PAGE, StepKind.LIST, StepKind.COUNT}


@dataclass(eq=False)
class Source:
    """Where a step gets its keys, and the places that its rows go to."""

    #: The place of the parents; None if the keys come from the field's arguments.
    place: Place | None
    #: The columns of the parents that make the key.
    columns: tuple[str, ...]
    targets: list[Place] = field(default_factory=list)
    arguments: FieldArguments | None = None
    #: The declaration of the arguments, if they make the key.
    declared: Any = None
    #: Its place in what is bound for a request.
    number: int = -1
    #: The column and the value that parents must have: those of a row of any type.
    type_column: str | None = None
    type_name: str | None = None
    #: See `ToMany.shown_if`.
    shown_if: Callable[[Any, Any], bool] | None = None


@dataclass(eq=False)
class Step:
    """What fills places."""

    number: int
    kind: StepKind
    model: Any
    sources: list[Source]
    #: Equal for steps that one statement can do.
    merge_key: Any = None
    #: The declaration of the field.
    declared: Any = None
    arguments: FieldArguments | None = None
    #: The number of columns that records begin with, besides `columns`: the key.
    key_width: int = 0
    #: The names of the columns that are read.
    columns: list[str] = field(default_factory=list)
    #: Of counts: the argument `limit`.
    limit: int | None = None
    #: Of calls: the resolver, and whether its results are lists.
    resolver: Any = None
    attribute: str = ""
    is_list: bool = False
    #: Of pages: the columns of the order, which cursors consist of.
    terms: tuple[str, ...] = ()
    #: The positions of its columns in the rows of a stacked statement, and their tag.
    layout: list[int] | None = None
    tag: int = 0

    #: Of steps that read long texts: the most rows of one statement that are expected.
    rows_with_texts: int = 0
    #: Its number among all units and steps of the process.
    serial: int = field(default_factory=lambda: next(SERIALS))
    #: The step that this one was merged into.
    merged_into: "Step | None" = None

    @cached_property
    def text_positions(self) -> list[int]:
        """The positions of long texts in its records. Read it once the plan is made."""
        return [self.position(name) for name in self.long_texts]

    @property
    def long_texts(self) -> list[str]:
        """The columns that hold texts of any length."""
        if self.model is None or not self.is_statement:
            return []
        return [name for name in long_texts(self.model) if name in self.columns]

    @property
    def final(self) -> "Step":
        """The step that does what this one asks for."""
        return self if self.merged_into is None else self.merged_into.final

    def absorb(self, other: "Step") -> None:
        """Do what another step asks for too."""
        other.merged_into = self
        self.sources += other.sources
        for target in other.targets:
            target.step = self
        for column in other.columns:
            self.need(column)

    def need(self, column: str) -> None:
        if column not in self.columns:
            self.columns.append(column)

    def position(self, column: str) -> int:
        """Return the position of a column in the step's records."""
        return self.place_of(self.key_width + self.columns.index(column))

    def place_of(self, position: int) -> int:
        """Return the position in the rows of the statement."""
        return position if self.layout is None else self.layout[position]

    @property
    def targets(self) -> list[Place]:
        return [target for source in self.sources for target in source.targets]

    @property
    def is_statement(self) -> bool:
        return self.kind in STATEMENTS

    @property
    def has_children(self) -> bool:
        return any(target.has_children for target in self.targets)
