"""Reads a GitHub archive, a JSON file, and reports where it is invalid."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import pydantic_core
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from graph.cli.console import CommandError
from models import Label, Task
from models.base import column_of
from models.columns.rules import normalize, value_problem
from models.user import HANDLE


def _check_handle(handle: str) -> str:
    if not HANDLE.fullmatch(handle):
        raise ValueError("not a valid handle")
    return handle


def _stored_in(attribute: Any) -> AfterValidator:
    """Check a value by the rules of its column, which are those of the API."""
    column = column_of(attribute)

    def check(value: Any) -> Any:
        value = normalize(column, value)
        if problem := value_problem(column, value):
            raise ValueError(problem)
        return value

    return AfterValidator(check)


Handle = Annotated[str, AfterValidator(_check_handle)]
LabelName = Annotated[str, _stored_in(Label.name)]
Moment = Annotated[AwareDatetime, _stored_in(Task.created_at)]


#: GitHub has null for an empty text.
NONE_IS_EMPTY = BeforeValidator(lambda value: "" if value is None else value)


class _Object(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


class ArchivedLabel(_Object):
    name: LabelName
    description: Annotated[str, NONE_IS_EMPTY, _stored_in(Label.description)] = ""
    color: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{6}$")]


class ArchivedComment(_Object):
    """A comment on an issue or a pull request."""

    author: Handle | None
    # Not `_stored_in(Comment.body)`: GitHub has comments without a text.
    body: Annotated[str, _stored_in(Task.body)]
    created_at: Moment
    updated_at: Moment


class ArchivedIssue(_Object):
    """An issue, or the fields that a pull request shares with one."""

    number: Annotated[int, Field(gt=0, lt=2**31)]
    title: Annotated[str, _stored_in(Task.title)]
    body: Annotated[str, _stored_in(Task.body)]
    url: Annotated[str | None, _stored_in(Task.source_url)] = None
    state: Annotated[str, Field(pattern="^(OPEN|CLOSED|MERGED)$")]
    author: Handle | None
    assignees: list[Handle]
    labels: list[LabelName]
    created_at: Moment
    updated_at: Moment
    closed_at: Moment | None
    comments: list[ArchivedComment]

    @property
    def closed(self) -> datetime | None:
        """When it was closed; None if it is open."""
        return None if self.state == "OPEN" else self.closed_at or self.updated_at


class Archive(_Object):
    repo: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", max_length=200)]
    labels: list[ArchivedLabel]
    issues: list[ArchivedIssue]
    pulls: list[ArchivedIssue]

    @property
    def url(self) -> str:
        return f"https://github.com/{self.repo}"


def read_archive(file: Path) -> Archive:
    """Read an archive; raises a `CommandError` that says where the file is invalid."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
    try:
        document = pydantic_core.from_json(content)
    except ValueError as error:
        raise CommandError(f"{file} is not a GitHub archive: {_syntax(content, error)}.") from None
    try:
        return Archive.model_validate(document)
    except ValidationError as error:
        [first, *others] = error.errors()
        more = f" (and {len(others)} more errors)" if others else ""
        path = _path(document, first["loc"])
        problem = first["msg"].removeprefix("Value error, ")
        raise CommandError(f"{file} is not a GitHub archive: {path}: {problem}{more}.") from None


def _syntax(content: bytes, error: ValueError) -> str:
    """Describe a JSON syntax error; in a truncated file, name the last issue or pull request."""
    try:
        partial = pydantic_core.from_json(content, allow_partial=True)
    except ValueError:
        return f"invalid JSON: {error}"
    if isinstance(partial, dict):
        for part in ("pulls", "issues"):
            items = partial.get(part)
            if isinstance(items, list) and items:
                return f"truncated JSON in {_item(part, len(items) - 1, items[-1])}: {error}"
    return f"truncated JSON: {error}"


def _path(document: Any, location: tuple[int | str, ...]) -> str:
    """Describe a location in an archive: issue 17, comment at index 1, field createdAt."""
    if not location:
        return "top level"
    parts: list[str] = []
    value = document
    for key in location:
        value = _child(value, key)
        if isinstance(key, int):
            parts[-1:] = [_item(parts[-1].removeprefix("field "), key, value)]
        else:
            parts.append(f"field {key}")
    return ", ".join(parts)


def _child(value: Any, key: int | str) -> Any:
    try:
        return value[key]
    except (KeyError, IndexError, TypeError):
        return None


def _item(field: str, index: int, item: Any) -> str:
    """Describe an item of a list by its number or name, or else by its index."""
    kinds = {"issues": "issue", "pulls": "pull", "comments": "comment", "labels": "label"}
    kind = kinds.get(field, field)
    if isinstance(item, dict):
        identifier = item.get("number") or item.get("name")
        if identifier is not None:
            return f"{kind} {identifier}"
    return f"{kind} at index {index}"


def reject_duplicates(issues: Sequence[ArchivedIssue]) -> None:
    """Raise a `CommandError` if two issues have the same number."""
    numbers: set[int] = set()
    for issue in issues:
        if issue.number in numbers:
            raise CommandError(f"The archive contains issue {issue.number} twice.")
        numbers.add(issue.number)


def unused_key(repo: str, used: Iterable[str]) -> str:
    """Derive a project key from a repository's name: owner/tls13-spec gives TLS, else TLS2."""
    name = repo.partition("/")[2].upper()
    word = re.search(r"[A-Z]+", name)
    stem = word[0][:8] if word else "GH"
    used = set(used)
    return next(key for key in _candidates(stem) if key not in used)


def _candidates(stem: str) -> Iterable[str]:
    yield stem
    for number in range(2, 100):
        yield f"{stem}{number}"
    raise CommandError(
        f"The project keys {stem} to {stem}99 are taken. Choose another one with --project."
    )


def total_rows(archive: Archive, *, with_pulls: bool) -> int:
    """Estimate how many rows an import writes, for its progress bar."""
    issues = [*archive.issues, *(archive.pulls if with_pulls else ())]
    return sum(
        1 + len(issue.comments) + len(issue.assignees) + len(issue.labels) for issue in issues
    )
