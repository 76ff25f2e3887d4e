"""What a mutation answers: the row it wrote, or what its caller can mend."""

import enum
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import strawberry

from graph.kit.context import KitInfo
from graph.kit.enums import describe_enum
from graph.kit.relations.batches import RowBatch
from models.base import Base
from models.log.recorder import ChangeRecorder


class UserErrorCode(enum.Enum):
    """What is wrong with the input of a mutation."""

    REQUIRED = "REQUIRED"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    UNIQUE = "UNIQUE"
    CONFLICT = "CONFLICT"
    TOO_MANY = "TOO_MANY"


describe_enum(
    UserErrorCode,
    "What is wrong with the input of a mutation.",
    REQUIRED="A value is missing or empty.",
    INVALID="A value cannot be what it is.",
    NOT_FOUND="There is nothing of this id that the viewer sees and that belongs here.",
    FORBIDDEN="The viewer may not do this.",
    UNIQUE="Something else has this value already.",
    CONFLICT="Somebody changed it meanwhile: look at it again.",
    TOO_MANY="There is more of it than there may be.",
)

InputPath = tuple[str, ...]


@strawberry.type(description="What the caller can mend. Nothing was written.")
class UserError:
    code: UserErrorCode = strawberry.field(description="What is wrong.")
    message: str = strawberry.field(description="What is wrong and what to do, for people.")
    path: list[str] = strawberry.field(
        description='Leads to the input: ["input", "labelIds", "2"]. Empty for all of it.'
    )


class UserErrors:
    """What is wrong with an input, collected so that the caller learns all of it at once."""

    def __init__(self) -> None:
        self.errors: list[UserError] = []

    def add(self, code: UserErrorCode, path: InputPath, message: str) -> None:
        """Notes something that the caller can mend."""
        self.errors.append(UserError(code=code, message=message, path=list(path)))

    def raise_errors(self) -> None:
        """Ends the write here if anything is wrong."""
        if self.errors:
            raise MutationRejected(self.errors)


class MutationRejected(Exception):
    """A write that is not done; `row` is what the caller should look at again.

    `results` is what is wrong with each row of a batch.
    """

    def __init__(
        self,
        errors: Iterable[UserError],
        row: Base | None = None,
        results: Iterable["MutationResult"] = (),
    ) -> None:
        super().__init__("refused")
        self.errors = list(errors)
        self.row = row
        self.results = list(results)


def rejection(code: UserErrorCode, path: InputPath, message: str) -> MutationRejected:
    """The refusal of a write for one reason."""
    return MutationRejected([UserError(code=code, message=message, path=list(path))])


@dataclass(frozen=True)
class DeletedRow:
    """A row that a write has deleted, as it was.

    `related_rows` are the rows that its fields lead to and that cannot be seen without it.
    """

    row: Any
    related_rows: tuple[Any, ...] = ()


@dataclass
class MutationResult:
    """What the fields of a payload are resolved from."""

    model: type[Base] | None = None
    key: UUID | None = None
    #: The workspace that was written to.
    home: UUID | None = None
    #: The row itself where it was deleted, and so cannot be loaded.
    gone: Any = None
    #: Rows that are known for its sake; see `DeletedRow`.
    related_rows: list[Any] = field(default_factory=list)
    #: The row as it was written.
    row: Any = None
    #: The number of the row's own change.
    own: int | None = None
    sequence: int | None = None
    errors: Sequence[UserError] = ()
    #: One for each row of a batch.
    results: list["MutationResult"] = field(default_factory=list)

    @classmethod
    def of(cls, written: Any) -> "MutationResult":
        """The outcome of a write that gave a row, a row that is gone, or several outcomes."""
        if isinstance(written, list):
            homes = [result.home for result in written if not result.errors]
            return cls(results=written, home=homes[0] if homes else None)
        if isinstance(written, DeletedRow):
            row = written.row
            return cls(type(row), row.id, workspace_id_of(row), row, list(written.related_rows))
        return cls(type(written), written.id, workspace_id_of(written), row=written)

    def number(self, log: ChangeRecorder) -> None:
        """Gives it the numbers that the write took."""
        if self.home is not None:
            self.sequence = log.sequences.get(self.home)
        if self.model is not None and self.key is not None:
            self.own = log.numbers.get((self.model.__name__, self.key))

    def rows(self) -> list[Any]:
        """The rows that were written and are there."""
        return [one.row for one in (self, *self.results) if one.row is not None]

    @property
    def count(self) -> int:
        """How many rows of a batch were accepted."""
        return 0 if self.errors else sum(not result.errors for result in self.results)

    def load(self, info: KitInfo) -> Awaitable[Any] | Any:
        """The row as it is now; as it was, where it is gone; null where nothing was written."""
        if self.model is None or self.key is None:
            return None
        return self.gone or info.context.load(RowBatch(self.model), self.key)


def workspace_id_of(row: Any) -> UUID:
    """The workspace of a row."""
    home: UUID = row.workspace_of() if hasattr(row, "workspace_of") else row.workspace_id
    return home


def _load(root: MutationResult, info: KitInfo) -> Any:
    return root.load(info)


def payload_field(description: str) -> Any:
    """The field of a payload that holds the row."""
    return strawberry.field(resolver=_load, description=description)


@strawberry.type(description="What every mutation answers.")
class Payload:
    errors: list[UserError] = strawberry.field(
        description="What the caller can mend, all of it at once; then nothing was written."
    )
    sequence: int | None = strawberry.field(
        description="The number of the write in the workspace's log of changes; null where "
        "nothing was written."
    )
