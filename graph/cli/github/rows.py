"""Converts archived issues and comments to rows and log entries."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from graph.cli.github.archive import ArchivedComment, ArchivedIssue
from models import Base, ChangeKind, Project, Task
from models.columns.json_values import encode
from models.log.entries import change_entry, change_kind, creation_entry
from models.log.logged import logged_columns

Row = dict[str, Any]


def task_columns(issue: ArchivedIssue, users: dict[str, UUID]) -> Row:
    """The columns of a task that an issue sets."""
    return {
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "source_url": issue.url,
        "creator_id": users[issue.author] if issue.author else None,
        "created_at": issue.created_at,
        "updated_at": issue.updated_at,
        "closed_at": issue.closed,
    }


def comment_columns(comment: ArchivedComment) -> Row:
    """The columns of a comment that an archived comment sets."""
    edited = comment.updated_at if comment.updated_at > comment.created_at else None
    return {
        "body": comment.body,
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "edited_at": edited,
        "version": 1,
    }


@dataclass
class ImportedTask:
    """A task that the archive adds or changes."""

    key: UUID
    columns: Row
    #: The logged fields that change: their values before and after.
    fields: dict[str, list[Any]]
    #: The task that an earlier import added; None for a new one.
    existing: Task | None = None

    @classmethod
    def new(cls, row: Row) -> Self:
        return cls(row["id"], row, creation_entry(Task, row)["fields"])

    @classmethod
    def changed(cls, task: Task, columns: Row) -> Self:
        return cls(task.id, columns, field_changes(task, columns), task)

    def update(self) -> Row | None:
        """The new values of an existing task; None if it is new or unchanged."""
        task = self.existing
        if task is None:
            return None
        is_current = all(getattr(task, name) == value for name, value in self.columns.items())
        if is_current and not self.fields:
            return None
        # A column that is not logged, such as updated_at, does not make a new version.
        version = task.version + 1 if self.fields else task.version
        return {"id": self.key, **self.columns, "version": version}

    def collect(self, column: str, before: set[UUID], after: set[UUID]) -> None:
        """Record a change of the task's assignees or labels, by the column that refers to them."""
        name = next(name for name, field in Task.collected.items() if field.columns == column)
        values = [sorted(map(encode, keys)) for keys in (before, after)]
        if self.existing is None:
            self.fields[name] = [None, values[1]]
        elif before != after:
            self.fields[name] = values

    def log_entry(self, project: Project) -> Row:
        kind = ChangeKind.CREATED if self.existing is None else change_kind(self.fields)
        return change_entry(Task, self.key, kind, self.fields, project.id)


def field_changes(row: Base, columns: Row) -> dict[str, list[Any]]:
    """The logged fields of a row that differ from `columns`: their values before and after."""
    logged = logged_columns(type(row))
    return {
        name: [encode(getattr(row, name)), encode(value)]
        for name, value in columns.items()
        if name in logged and getattr(row, name) != value
    }
