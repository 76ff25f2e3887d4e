"""How a mutation that is refused is written down."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.office import Office


@dataclass(frozen=True)
class Case:
    """A mutation that is refused."""

    mutation: str
    who: str
    arguments: Callable[[Office], dict[str, Any]]
    #: Code and path of each error.
    errors: list[tuple[str, str]]

    def __str__(self) -> str:
        said = ",".join(f"{code}@{path}" for code, path in self.errors)
        return f"{self.mutation}-{self.who}-{said}"


def refuses(
    mutation: str, arguments: Callable[[Office], dict[str, Any]], *errors: str, who: str = "member"
) -> Case:
    """A case whose errors are written as CODE path.to.input."""
    parts = [error.partition(" ") for error in errors]
    return Case(mutation, who, arguments, [(code, path) for code, _, path in parts])
