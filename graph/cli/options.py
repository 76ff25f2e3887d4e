"""Checks of option values. An invalid value ends the command with exit code 2."""

from collections.abc import Sequence
from typing import Any, TypeVar

import typer

from models import Role, Scope
from models.base import column_of
from models.columns.rules import normalize, value_problem
from models.project import PROJECT_KEY
from models.workspace import is_slug

T = TypeVar("T", Role, Scope)


def check_slug(slug: str) -> None:
    if not is_slug(slug):
        raise typer.BadParameter(
            "--workspace: use up to 64 lowercase letters and digits in words joined by hyphens, "
            "such as my-team"
        )


def check_project_key(key: str) -> None:
    if not PROJECT_KEY.fullmatch(key):
        raise typer.BadParameter(
            "--project: use up to 10 uppercase letters and digits, starting with a letter"
        )


def check_text(option: str, attribute: Any, value: str) -> str:
    """Return a text as its column stores it; reject a text that the API would reject too."""
    column = column_of(attribute)
    text: str = normalize(column, value)
    if problem := value_problem(column, text):
        raise typer.BadParameter(f"{option}: {problem}")
    return text


def parse_pairs(option: str, values: Sequence[str]) -> dict[str, str]:
    """Parse values such as login=handle. No login may have two handles."""
    pairs: dict[str, str] = {}
    for value in values:
        login, _, handle = value.partition("=")
        if not login or not handle:
            raise typer.BadParameter(f"{option}: use LOGIN=HANDLE, such as octocat=ada")
        if pairs.setdefault(login.lower(), handle) != handle:
            raise typer.BadParameter(f"{option}: use each LOGIN once")
    return pairs


def parse_member(option: str, members: type[T], value: str) -> T:
    """Look up a member of an enumeration by its name, which is case-insensitive."""
    try:
        return members[value.upper()]
    except KeyError:
        names = ", ".join(name.lower() for name in members.__members__)
        raise typer.BadParameter(f"{option}: use one of {names}") from None
