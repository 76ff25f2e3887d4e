"""A mutation with invalid input, and the errors that it must return."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.office import Office


@dataclass(frozen=True)
class Case:
    """A call of a mutation that must be refused."""

    mutation: str
    who: str
    arguments: Callable[[Office], dict[str, Any]]
    #: The code and the path of each error.
    errors: list[tuple[str, str]]

    def __str__(self) -> str:
        errors = ",".join(f"{code}@{path}" for code, path in self.errors)
        return f"{self.mutation}-{self.who}-{errors}"


def refuses(
    mutation: str, arguments: Callable[[Office], dict[str, Any]], *errors: str, who: str = "member"
) -> Case:
    """A case whose errors are strings such as `INVALID input.title`."""
    parts = [error.partition(" ") for error in errors]
    return Case(mutation, who, arguments, [(code, path) for code, _, path in parts])
