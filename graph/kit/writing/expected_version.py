"""Optimistic concurrency control: a caller states the version that it has read."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from strawberry.utils.str_converters import to_camel_case

from graph.kit.writing.payload import InputPath, MutationRejected, UserErrorCode, UserErrors
from graph.kit.writing.write import INPUT_PATH, Write
from models.log.history import fields_changed_since

EXPECTED_VERSION = (
    "The version that the caller has read. If the object has another version by now, nothing is "
    "written, and the error CONFLICT names the fields that changed. If omitted, the last write "
    "wins."
)


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
