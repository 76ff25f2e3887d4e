"""What an archive has, as rows of ours and as changes in the log."""

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
    """An issue as columns of a task."""
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
    """An archived comment as columns of one."""
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
    """A task of an archive: what is to be written of it, and told."""

    key: UUID
    columns: Row
    fields: dict[str, list[Any]]
    #: The task where it was there before.
    task: Task | None = None

    @classmethod
    def made(cls, row: Row) -> Self:
        """A task that was not there."""
        return cls(row["id"], row, creation_entry(Task, row)["fields"])

    @classmethod
    def found(cls, task: Task, columns: Row) -> Self:
        """A task that was there, as the archive has it."""
        return cls(task.id, columns, differences(task, columns), task)

    def update(self) -> Row | None:
        """What to write of a task that was there; null where it is as the archive has it."""
        task = self.task
        if task is None:
            return None
        as_told = all(getattr(task, name) == value for name, value in self.columns.items())
        if as_told and not self.fields:
            return None
        # What the log does not tell, such as when it was last commented on, is no new version.
        version = task.version + 1 if self.fields else task.version
        return {"id": self.key, **self.columns, "version": version}

    def gather(self, column: str, before: set[UUID], after: set[UUID]) -> None:
        """Notes whom it is assigned to, or what labels it bears."""
        name = next(name for name, one in Task.collected.items() if one.columns == column)
        values = [sorted(map(encode, keys)) for keys in (before, after)]
        if self.task is None:
            self.fields[name] = [None, values[1]]
        elif before != after:
            self.fields[name] = values

    def log_entry(self, project: Project) -> Row:
        """The change that it is in the log."""
        kind = ChangeKind.CREATED if self.task is None else change_kind(self.fields)
        return change_entry(Task, self.key, kind, self.fields, project.id)


def differences(row: Base, columns: Row) -> dict[str, list[Any]]:
    """The fields of a row that are not as the archive has them."""
    told = logged_columns(type(row))
    return {
        name: [encode(getattr(row, name)), encode(value)]
        for name, value in columns.items()
        if name in told and getattr(row, name) != value
    }
