"""Optimistic concurrency control: a caller states the version that it has read."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import strawberry
from strawberry.utils.str_converters import to_camel_case

from graph.kit.writing.payload import InputPath, MutationRejected, UserErrorCode, UserErrors
from graph.kit.writing.write import ID_PATH, INPUT_PATH, Write
from models.base import Base
from models.log.history import fields_changed_since

M = TypeVar("M", bound=Base)


def expected_version() -> Any:
    """Return the field of an input that updates an object with a version."""
    return strawberry.field(
        default=None,
        description="The version that the caller has read. If the object has another version by "
        "now, nothing is written, and the error CONFLICT names the fields that changed. If "
        "omitted, the last write wins.",
    )


async def get_to_update(write: Write, model: type[M], input: Any) -> M:
    """Return the row of an input's ID, locked, if it has the expected version.

    Raises `MutationRejected` as `Write.get` does, and with the current row for another version.
    """
    row = await write.get(model, input.id, ID_PATH)
    await check_version(write, row, input.expected_version)
    return row


async def check_version(write: Write, row: Any, expected: int | None) -> None:
    """Raise `MutationRejected`, with the current row, if it has another version."""
    version = ExpectedVersion(row, expected, INPUT_PATH, write.user_errors)
    if await reject_stale(write, [version]):
        raise MutationRejected(write.user_errors.errors, row)


@dataclass
class ExpectedVersion:
    """A row, and the version of it that the caller has read."""

    row: Any
    expected: int | None
    path: InputPath
    user_errors: UserErrors

    @property
    def is_stale(self) -> bool:
        return self.expected is not None and self.row.version != self.expected


async def reject_stale(write: Write, versions: Iterable[ExpectedVersion]) -> bool:
    """Add an error for each stale version, and return whether there are any."""
    stale = [version for version in versions if version.is_stale]
    if not stale:
        return False
    expected = {version.row: version.expected or 0 for version in stale}
    changed = await fields_changed_since(write.session, expected)
    for version in stale:
        _add_error(version, changed[version.row.id])
    return True


def _add_error(version: ExpectedVersion, changed: Collection[str]) -> None:
    names = [to_camel_case(name) for name in sorted(changed)]
    message = f"The current version is {version.row.version}, not {version.expected}. "
    message += f"Changed since: {', '.join(names)}." if names else "Read it again."
    path = (*version.path, "expectedVersion")
    version.user_errors.add(UserErrorCode.CONFLICT, path, message, names)
