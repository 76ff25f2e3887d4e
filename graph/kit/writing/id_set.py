"""What an input says of a set: all of it, or what comes and what goes."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from strawberry.utils.str_converters import to_camel_case

from graph.kit.writing.payload import InputPath, UserErrorCode, UserErrors
from graph.kit.writing.write import INPUT_PATH, Write, provided
from models.base import Base

#: The most ids in one list of an input.
MAX_IDS = 100

Places = dict[UUID, InputPath]


@dataclass
class IdSet:
    """The ids in an input that say what a set is to be.

    Of `labelIds`, `addedLabelIds` and `removedLabelIds`, the first replaces the set; the others
    merge with what somebody else did to it meanwhile.
    """

    user_errors: UserErrors
    whole: Places | None = None
    added: Places = field(default_factory=dict)
    removed: Places = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        write: Write,
        model: type[Base],
        source: Any,
        name: str,
        path: InputPath = INPUT_PATH,
        user_errors: UserErrors | None = None,
    ) -> "IdSet":
        """Reads the field `name` of an input, and those that add and remove where it has them."""
        chosen = cls(user_errors or write.user_errors)
        for part in ("", "added_", "removed_"):
            if not hasattr(source, part + name):
                continue
            given = provided(source, part + name)
            if part + name not in given:
                continue
            ids = given[part + name] or []
            places = chosen._keys(write, model, ids, (*path, to_camel_case(part + name)))
            setattr(chosen, part.rstrip("_") or "whole", places)
        return chosen

    def __bool__(self) -> bool:
        """Whether the input says anything of the set."""
        return self.whole is not None or bool(self.added or self.removed)

    @property
    def wanted(self) -> set[UUID]:
        """What must be there to be in the set."""
        return {*(self.whole or ()), *self.added}

    def of(self, present: Iterable[UUID]) -> set[UUID]:
        """What the set is to be, from what it is."""
        kept = set(present) if self.whole is None else set(self.whole)
        return (kept | set(self.added)) - set(self.removed)

    def reject_unknown(self, known: Collection[UUID], message: str) -> None:
        """Refuses what is to be in the set and is not known."""
        for places in (self.whole or {}, self.added):
            for key, path in places.items():
                if key not in known:
                    self.user_errors.add(UserErrorCode.NOT_FOUND, path, message)

    def _keys(self, write: Write, model: type[Base], ids: list[str], path: InputPath) -> Places:
        if len(ids) > MAX_IDS:
            message = f"At most {MAX_IDS} ids, not {len(ids)}."
            self.user_errors.add(UserErrorCode.TOO_MANY, path, message)
            return {}
        places: Places = {}
        for index, given in enumerate(ids):
            place = (*path, str(index))
            key = write.parse_id(model, given, place, self.user_errors)
            if key is not None:
                places.setdefault(key, place)
        return places
