"""Sets of ids in an input: replaced as a whole, or changed by what is added and removed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from strawberry.utils.str_converters import to_camel_case

from graph.kit.writing.payload import InputPath, UserErrorCode, UserErrors
from graph.kit.writing.write import INPUT_PATH, Write, provided
from models.base import Base

#: The most ids in one list of an input, and in the set that results.
MAX_IDS = 100

#: Where each id stands in the input.
IdPaths = dict[UUID, InputPath]


@dataclass
class IdSet:
    """The change that an input makes to a set, such as the labels of a task.

    `labelIds` replaces the set. `addedLabelIds` and `removedLabelIds` merge with concurrent
    changes instead.
    """

    user_errors: UserErrors
    replacement: IdPaths | None = None
    added: IdPaths = field(default_factory=dict)
    removed: IdPaths = field(default_factory=dict)

    @classmethod
    def parse(
        cls,
        write: Write,
        model: type[Base],
        input: Any,
        name: str,
        path: InputPath = INPUT_PATH,
        user_errors: UserErrors | None = None,
    ) -> "IdSet":
        """Parse the field `name` of an input, and its `added_` and `removed_` fields if any."""
        change = cls(user_errors or write.user_errors)
        for prefix, attribute in (
            ("", "replacement"),
            ("added_", "added"),
            ("removed_", "removed"),
        ):
            field_name = prefix + name
            if not hasattr(input, field_name):
                continue
            values = provided(input, field_name)
            if field_name not in values:
                continue
            field_path = (*path, to_camel_case(field_name))
            keys = change._parse(write, model, values[field_name] or [], field_path)
            setattr(change, attribute, keys)
        return change

    def __bool__(self) -> bool:
        """Whether the input changes the set at all."""
        return self.replacement is not None or bool(self.added or self.removed)

    @property
    def required_ids(self) -> set[UUID]:
        """The ids that must exist to be put into the set."""
        return {*(self.replacement or ()), *self.added}

    def applied_to(self, current: Iterable[UUID]) -> set[UUID]:
        """Return the set after the change."""
        kept = set(current) if self.replacement is None else set(self.replacement)
        return (kept | set(self.added)) - set(self.removed)

    def reject_growth(self, current: Collection[UUID]) -> None:
        """Add an error if the change makes the set too large."""
        after = len(self.applied_to(current))
        if self.added and after > max(MAX_IDS, len(current)):
            path = next(iter(self.added.values()))[:-1]
            message = f"There can be at most {MAX_IDS}, not {after}."
            self.user_errors.add(UserErrorCode.TOO_MANY, path, message)

    def reject_unknown(self, known: Collection[UUID], message: str) -> None:
        """Add an error for each required id that is not among the known ones."""
        for paths in (self.replacement or {}, self.added):
            for key, path in paths.items():
                if key not in known:
                    self.user_errors.add(UserErrorCode.NOT_FOUND, path, message)

    def _parse(self, write: Write, model: type[Base], ids: list[str], path: InputPath) -> IdPaths:
        if len(ids) > MAX_IDS:
            message = f"At most {MAX_IDS} IDs, not {len(ids)}."
            self.user_errors.add(UserErrorCode.TOO_MANY, path, message)
            return {}
        paths: IdPaths = {}
        for index, value in enumerate(ids):
            place = (*path, str(index))
            key = write.parse_id(model, value, place, self.user_errors)
            if key is not None:
                paths.setdefault(key, place)
        return paths
