"""Payloads: the row that a mutation wrote, or the errors that the caller can fix."""

import enum
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import strawberry

from graph.kit.context import KitInfo
from graph.kit.declare import resolver_field
from graph.kit.enums import describe_enum
from graph.kit.relations.batches import RowBatch
from models.base import Base
from models.log.recorder import ChangeRecorder


class UserErrorCode(enum.Enum):
    """The kind of an error in the input of a mutation."""

    REQUIRED = "REQUIRED"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    UNIQUE = "UNIQUE"
    CONFLICT = "CONFLICT"
    TOO_MANY = "TOO_MANY"


describe_enum(
    UserErrorCode,
    REQUIRED="A required value is missing or empty.",
    INVALID="A value is not valid.",
    NOT_FOUND="No object with this ID exists here, or the viewer cannot see it.",
    FORBIDDEN="The viewer does not have permission to do this.",
    UNIQUE="Another object already has this value.",
    CONFLICT="Another write got in the way. Read the object again.",
    TOO_MANY="There are more values, or more attempts, than allowed.",
)

InputPath = tuple[str, ...]


@strawberry.type(
    description="An error in the input that the caller can fix. The mutation, or this row of a "
    "batch, was not applied."
)
class UserError:
    code: UserErrorCode = strawberry.field(description="The kind of error.")
    message: str = strawberry.field(description="What is wrong and how to fix it, for people.")
    path: list[str] = strawberry.field(
        description='The path to the invalid input, such as ["input", "labelIds", "2"]. Empty if '
        "the error concerns the whole mutation."
    )
    fields: list[str] = strawberry.field(
        default_factory=list,
        description="If the object has another version than expected: the fields that have changed "
        "since. Otherwise empty.",
    )


class UserErrors:
    """Collects the errors of an input, so that the caller learns all of them at once."""

    def __init__(self) -> None:
        self.errors: list[UserError] = []

    def add(
        self, code: UserErrorCode, path: InputPath, message: str, fields: Iterable[str] = ()
    ) -> None:
        error = UserError(code=code, message=message, path=list(path), fields=list(fields))
        self.errors.append(error)

    def raise_errors(self) -> None:
        """Raise `MutationRejected` if there are errors."""
        if self.errors:
            raise MutationRejected(self.errors)


class MutationRejected(Exception):
    """A mutation is not carried out; its transaction is rolled back.

    `row` is a row that the payload shows in its current state, and `results` has the errors of
    each row of a batch.
    """

    def __init__(
        self,
        errors: Iterable[UserError],
        row: Base | None = None,
        results: Iterable["MutationResult"] = (),
    ) -> None:
        super().__init__("rejected")
        self.errors = list(errors)
        self.row = row
        self.results = list(results)


def rejection(code: UserErrorCode, path: InputPath, message: str) -> MutationRejected:
    """Return a rejection with a single error."""
    return MutationRejected([UserError(code=code, message=message, path=list(path))])


@dataclass(frozen=True)
class DeletedRow:
    """A row that a mutation has deleted, with its last values.

    `related_rows` are rows that its fields show and that the viewer may not load without it.
    """

    row: Any
    related_rows: tuple[Any, ...] = ()


@dataclass
class MutationResult:
    """The root value of a payload."""

    model: type[Base] | None = None
    key: UUID | None = None
    #: The workspace that was written to.
    workspace_id: UUID | None = None
    #: The deleted row, which can no longer be loaded.
    deleted_row: Any = None
    #: See `DeletedRow.related_rows`.
    related_rows: list[Any] = field(default_factory=list)
    #: The row as it was written.
    row: Any = None
    #: The number of the row's own change.
    change_sequence: int | None = None
    #: The number of the last change of the transaction.
    sequence: int | None = None
    errors: Sequence[UserError] = ()
    #: One for each row of a batch.
    results: list["MutationResult"] = field(default_factory=list)

    @classmethod
    def of(cls, written: Any) -> "MutationResult":
        """Return the result for the return value of a mutation's function."""
        if isinstance(written, list):
            workspaces = [result.workspace_id for result in written if not result.errors]
            return cls(results=written, workspace_id=workspaces[0] if workspaces else None)
        if isinstance(written, DeletedRow):
            row = written.row
            return cls(type(row), row.id, workspace_id_of(row), row, list(written.related_rows))
        return cls(type(written), written.id, workspace_id_of(written), row=written)

    def set_numbers(self, recorder: ChangeRecorder) -> None:
        """Take over the numbers that the changes got in the log."""
        if self.workspace_id is not None:
            self.sequence = recorder.sequences.get(self.workspace_id)
        if self.model is not None and self.key is not None:
            self.change_sequence = recorder.numbers.get((self.model.__name__, self.key))

    def rows(self) -> list[Any]:
        """Return the rows that were written and still exist."""
        return [result.row for result in (self, *self.results) if result.row is not None]

    @property
    def count(self) -> int:
        """The number of rows of a batch that were written."""
        return 0 if self.errors else sum(not result.errors for result in self.results)

    def load(self, info: KitInfo) -> Awaitable[Any] | Any:
        """Load the row; return the deleted row, or None if nothing was written."""
        if self.model is None or self.key is None:
            return None
        return self.deleted_row or info.context.load(RowBatch(self.model), self.key)


def workspace_id_of(row: Any) -> UUID:
    workspace_id: UUID = row.workspace_of() if hasattr(row, "workspace_of") else row.workspace_id
    return workspace_id


def payload_field(description: str, model: type[Base] | None = None) -> Any:
    """Return the field of a payload that shows the row; null if it is of another model."""

    def load(root: MutationResult, info: KitInfo) -> Any:
        return root.load(info) if model in (None, root.model) else None

    return resolver_field(load, description)


@strawberry.type(description="The fields that the payload of every mutation has.")
class Payload:
    errors: list[UserError] = strawberry.field(
        description="All errors in the input. If there are any, nothing was written."
    )
    sequence: int | None = strawberry.field(
        description="The number of the last change that was written to the workspace's log; null "
        "if nothing was written."
    )
