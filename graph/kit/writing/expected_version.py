"""Optimistic concurrency: a writer says which version they saw."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from strawberry.utils.str_converters import to_camel_case

from graph.kit.writing.payload import InputPath, MutationRejected, UserErrorCode, UserErrors
from graph.kit.writing.write import INPUT_PATH, Write
from models.log.recorder import fields_changed_since

EXPECTED_VERSION = (
    "The version that the sender saw. If there is another one by now nothing is written, and the "
    "error CONFLICT names the fields that changed. Left out, the last writer wins."
)


async def check_version(
    write: Write, row: Any, expected: int | None, given: Collection[str]
) -> None:
    """Ends the write where the row has changed since the version that its sender saw."""
    stale = ExpectedVersion(row, expected, given, INPUT_PATH, write.user_errors)
    if await reject_stale(write, [stale]):
        raise MutationRejected(write.user_errors.errors, row)


@dataclass
class ExpectedVersion:
    """A row, and the version of it that the sender of an input saw."""

    row: Any
    expected: int | None
    #: The fields of the input by their attributes.
    given: Collection[str]
    path: InputPath
    user_errors: UserErrors

    @property
    def is_stale(self) -> bool:
        """Whether there is another version by now."""
        return self.expected is not None and self.row.version != self.expected


async def reject_stale(write: Write, seen: Iterable[ExpectedVersion]) -> bool:
    """Refuses the expected versions that the rows do not have; false where all have them.

    There is one error for the version, and one for each field of the sender's that somebody
    else has changed since.
    """
    stale = [one for one in seen if one.is_stale]
    if not stale:
        return False
    versions = {one.row: one.expected or 0 for one in stale}
    changed = await fields_changed_since(write.session, versions)
    for one in stale:
        _refuse(one, changed[one.row.id])
    return True


def _refuse(one: ExpectedVersion, changed: Collection[str]) -> None:
    message = f"It has version {one.row.version} now, not {one.expected}. "
    names = ", ".join(to_camel_case(name) for name in sorted(changed))
    message += f"Changed since: {names}." if names else "Look at it again."
    one.user_errors.add(UserErrorCode.CONFLICT, (*one.path, "expectedVersion"), message)
    for name in one.given:
        # addedLabelIds and removedLabelIds are of the field labelIds.
        if name.removeprefix("added_").removeprefix("removed_") in changed:
            message = "Somebody has changed this field since."
            one.user_errors.add(UserErrorCode.CONFLICT, (*one.path, to_camel_case(name)), message)
