"""The form of a GitHub archive, and what is said of a file that does not have it."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import pydantic_core
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from graph.cli.console import CommandError
from models.user import HANDLE


def _handle(given: str) -> str:
    if not HANDLE.fullmatch(given):
        raise ValueError("not a user's handle")
    return given


def _no_null_characters(given: str) -> str:
    # PostgreSQL cannot store them, and no text means anything by them.
    return given.replace("\0", "")


Handle = Annotated[str, AfterValidator(_handle)]
Text = Annotated[str, AfterValidator(_no_null_characters)]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


class ArchivedLabel(_Part):
    """A label of the repository."""

    name: Annotated[Text, Field(min_length=1, max_length=100)]
    description: Text | None = None
    color: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{6}$")]


class ArchivedComment(_Part):
    """A comment on an issue or a pull request."""

    author: Handle | None
    body: Text
    created_at: AwareDatetime
    updated_at: AwareDatetime


class ArchivedIssue(_Part):
    """An issue, or a pull request as far as it is one too."""

    number: Annotated[int, Field(gt=0, lt=2**31)]
    title: Annotated[Text, Field(max_length=500)]
    body: Text
    url: Annotated[str, Field(max_length=500)] | None = None
    state: Annotated[str, Field(pattern="^(OPEN|CLOSED|MERGED)$")]
    author: Handle | None
    assignees: list[Handle]
    labels: list[Annotated[Text, Field(min_length=1, max_length=100)]]
    created_at: AwareDatetime
    updated_at: AwareDatetime
    closed_at: AwareDatetime | None
    comments: list[ArchivedComment]

    @property
    def closed(self) -> datetime | None:
        """When it was closed, null for one that is open."""
        return None if self.state == "OPEN" else self.closed_at or self.updated_at


class Archive(_Part):
    """A repository's issues and pull requests."""

    repo: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", max_length=200)]
    labels: list[ArchivedLabel]
    issues: list[ArchivedIssue]
    pulls: list[ArchivedIssue]

    @property
    def url(self) -> str:
        """The repository's address."""
        return f"https://github.com/{self.repo}"


def read_archive(file: Path) -> Archive:
    """Reads an archive; a `CommandError` names the place where the file is not one."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
    try:
        document = pydantic_core.from_json(content)
    except ValueError as error:
        raise CommandError(f"{file} is not a GitHub archive: {_break(content, error)}.") from None
    try:
        return Archive.model_validate(document)
    except ValidationError as error:
        [first, *others] = error.errors()
        more = f" ({len(others)} more like this)" if others else ""
        place = _place(document, first["loc"])
        raise CommandError(
            f"{file} is not a GitHub archive: {place}: {first['msg']}{more}."
        ) from None


def _break(content: bytes, error: ValueError) -> str:
    """Where a file that is not whole JSON breaks off."""
    try:
        partial = pydantic_core.from_json(content, allow_partial=True)
    except ValueError:
        return f"it is not JSON, {error}"
    if isinstance(partial, dict):
        for part in ("pulls", "issues"):
            entries = partial.get(part)
            if isinstance(entries, list) and entries:
                return f"it is cut off in {_entry(part, len(entries) - 1, entries[-1])}, {error}"
    return f"it is cut off, {error}"


def _place(document: Any, location: tuple[int | str, ...]) -> str:
    """A place in an archive in the reader's words: issue 17, comment 2, field createdAt."""
    if not location:
        return "the whole file"
    words: list[str] = []
    value = document
    for step in location:
        value = _step(value, step)
        if isinstance(step, int):
            words[-1:] = [_entry(words[-1].removeprefix("field "), step, value)]
        else:
            words.append(f"field {step}")
    return ", ".join(words)


def _step(value: Any, step: int | str) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None


def _entry(part: str, index: int, entry: Any) -> str:
    """One entry of a list: by its own number or name where it has one."""
    kind = {"issues": "issue", "pulls": "pull", "comments": "comment", "labels": "label"}
    name = kind.get(part, part)
    if isinstance(entry, dict):
        own = entry.get("number") or entry.get("name")
        if own is not None:
            return f"{name} {own}"
    return f"{name} {index + 1} of the list"


def reject_duplicates(issues: Sequence[ArchivedIssue]) -> None:
    """Refuses an archive in which a number stands twice."""
    seen: set[int] = set()
    for issue in issues:
        if issue.number in seen:
            raise CommandError(f"The archive has issue {issue.number} twice.")
        seen.add(issue.number)


def unused_key(repo: str, taken: Iterable[str]) -> str:
    """A project's key from a repository's name: owner/tls13-spec gives TLS, or TLS2 if taken."""
    name = repo.partition("/")[2].upper()
    word = re.search(r"[A-Z]+", name)
    stem = word[0][:8] if word else "GH"
    taken = set(taken)
    return next(key for key in _numbered(stem) if key not in taken)


def _numbered(stem: str) -> Iterable[str]:
    yield stem
    for number in range(2, 100):
        yield f"{stem}{number}"
    raise CommandError(f"The keys {stem} to {stem}99 are taken: give one with --project.")


def total_rows(archive: Archive, *, with_pulls: bool) -> int:
    """About how many rows an import writes, for its progress bar."""
    issues = [*archive.issues, *(archive.pulls if with_pulls else ())]
    parts = (1 + len(issue.comments) + len(issue.assignees) + len(issue.labels) for issue in issues)
    return sum(parts)
