"""What an input asks of a task: read, held to the rules, and done, for many tasks at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from sqlalchemy.orm import selectinload
from strawberry.utils.str_converters import to_camel_case

import models
from graph.concepts.task.inputs import TaskUpdateInput
from graph.kit.writing.expected_version import ExpectedVersion
from graph.kit.writing.id_set import IdSet
from graph.kit.writing.payload import InputPath, UserErrorCode, UserErrors
from graph.kit.writing.write import FOR_CHANGE, INPUT_PATH, Write, provided
from graph.rules.cycles import ancestors_of, is_circular
from graph.rules.membership import NOT_A_MEMBER, members_of
from graph.rules.trash import reject_if_in_trash

PLAIN = ("title", "body", "priority", "estimate", "due_on")
#: What a task points at by an id of the input.
REFERENCES = {
    "state_id": models.State,
    "milestone_id": models.Milestone,
    "parent_id": models.Task,
}


@dataclass
class TaskEdit:
    """What one input asks of one task. Wrong is what `user_errors` holds."""

    values: dict[str, Any]
    #: Keys of the rows to point at, by column; null to point at none.
    references: dict[str, UUID | None]
    assignees: IdSet
    labels: IdSet
    path: InputPath
    user_errors: UserErrors
    #: All fields that the sender filled.
    given: Sequence[str]
    #: The task that is there already, its key, and the version that the sender saw.
    task: models.Task | None = None
    key: UUID | None = None
    expected: int | None = None
    #: The states and so on that the task is to point at.
    rows: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        write: Write,
        source: Any,
        path: InputPath = INPUT_PATH,
        user_errors: UserErrors | None = None,
    ) -> Self:
        """Reads an input, as far as it can be judged by itself."""
        user_errors = user_errors or write.user_errors
        values = write.validate(models.Task, provided(source, *PLAIN), path, user_errors)
        references: dict[str, UUID | None] = {}
        for name, given in provided(source, *REFERENCES).items():
            place = (*path, to_camel_case(name))
            if given is not None:
                key = write.parse_id(REFERENCES[name], given, place, user_errors)
                if key is not None:
                    references[name] = key
            elif name == "state_id":
                user_errors.add(UserErrorCode.REQUIRED, place, "A task is always in some state.")
            else:
                references[name] = None
        assignees = IdSet.read(write, models.User, source, "assignee_ids", path, user_errors)
        labels = IdSet.read(write, models.Label, source, "label_ids", path, user_errors)
        given = [name for name in vars(source) if getattr(source, name) is not None]
        return cls(values, references, assignees, labels, path, user_errors, given)

    @classmethod
    def of_task(
        cls, write: Write, source: TaskUpdateInput, path: InputPath, user_errors: UserErrors
    ) -> Self:
        """Reads what an input asks of a task that is there already."""
        edit = cls.read(write, source, path, user_errors)
        edit.key = write.parse_id(models.Task, source.id, (*path, "id"), user_errors)
        edit.expected = source.expected_version
        return edit

    @property
    def is_wrong(self) -> bool:
        """Whether anything was refused."""
        return bool(self.user_errors.errors)

    def add_error(
        self, name: str, message: str, code: UserErrorCode = UserErrorCode.NOT_FOUND
    ) -> None:
        """Refuses a field of the input."""
        self.user_errors.add(code, (*self.path, to_camel_case(name)), message)

    def admit(self, write: Write, task: models.Task | None) -> None:
        """Takes the task on, if the viewer may change it as it is now."""
        path = (*self.path, "id")
        if not write.can_access(models.Task, task, path, self.user_errors) or task is None:
            return
        if task.deleted_at is None:
            self.task = task
        reject_if_in_trash(self.user_errors, task, path)

    @property
    def seen(self) -> ExpectedVersion:
        """The task, and the version of it that the sender saw."""
        return ExpectedVersion(self.task, self.expected, self.given, self.path, self.user_errors)

    def validate_references(
        self, found: "ReferencedRows", workspace_id: UUID, project_id: UUID
    ) -> None:
        """Refuses what does not belong to the task's workspace or project."""
        for name, key in self.references.items():
            if key is None:
                continue
            row = found.rows[name].get(key)
            if name == "milestone_id" and row is not None and row.project_id != project_id:
                row = None
            if row is None or row.workspace_id != workspace_id:
                where = "the task's project" if name == "milestone_id" else "the workspace"
                self.add_error(name, f"There is no such {name.removesuffix('_id')} in {where}.")
            else:
                self.rows[name] = row
        members = {user for workspace, user in found.members if workspace == workspace_id}
        self.assignees.reject_unknown(members, NOT_A_MEMBER)
        labels = {key for key, label in found.labels.items() if label.workspace_id == workspace_id}
        self.labels.reject_unknown(labels, "There is no such label in the workspace.")
        parent = self.rows.get("parent_id")
        if parent is not None:
            reject_if_in_trash(self.user_errors, parent, (*self.path, "parentId"))

    def apply(self, write: Write, task: models.Task) -> None:
        """Does to a task what is asked. Its sets must be loaded where they change."""
        for name, value in self.values.items():
            setattr(task, name, value)
        for name, key in self.references.items():
            if name != "state_id":
                setattr(task, name, key)
        state = self.rows.get("state_id")
        # A task that is in the state already has entered it before.
        if state is not None and state.id != task.state_id:
            task.move_to_state(state, write.now)
        if self.assignees:
            task.assign(self.assignees.of(one.user_id for one in task.assignments))
        if self.labels:
            task.label(self.labels.of(one.label_id for one in task.labelings))


@dataclass
class ReferencedRows:
    """The rows that some edits want to point at, each kind read in one statement."""

    rows: dict[str, dict[UUID, Any]]
    labels: dict[UUID, models.Label]
    members: set[tuple[UUID, UUID]]

    @classmethod
    async def by(
        cls,
        write: Write,
        edits: Sequence[TaskEdit],
        workspace_ids: Iterable[UUID],
        tasks: Mapping[UUID, models.Task] | None = None,
    ) -> "ReferencedRows":
        """Finds and locks them. `tasks` holds the parents, where they are locked already."""
        rows: dict[str, dict[UUID, Any]] = {}
        for name, model in REFERENCES.items():
            keys = [key for edit in edits if (key := edit.references.get(name)) is not None]
            if name == "parent_id" and tasks is not None:
                rows[name] = dict(tasks)
            else:
                rows[name] = await write.get_many(model, keys)
        labels = await write.get_many(models.Label, _wanted(edit.labels for edit in edits))
        people = _wanted(edit.assignees for edit in edits)
        return cls(rows, labels, await members_of(write, workspace_ids, people))


async def lock_tasks(write: Write, edits: Sequence[TaskEdit]) -> dict[UUID, models.Task]:
    """The tasks of edits and those that they are to be part of, locked, and what they gather."""
    keys = [edit.key for edit in edits if edit.key is not None]
    parents = [key for edit in edits if (key := edit.references.get("parent_id")) is not None]
    options = []
    if any(edit.assignees for edit in edits):
        options.append(selectinload(models.Task.assignments))
    if any(edit.labels for edit in edits):
        options.append(selectinload(models.Task.labelings))
    return await write.get_many(models.Task, [*keys, *parents], options=options, lock=FOR_CHANGE)


async def reject_cycles(write: Write, edits: Sequence[TaskEdit]) -> None:
    """Refuses the edits that would make a task part of itself.

    Two writers could close a circle together, each seeing its own half alone: whoever moves
    subtasks waits for the others of the workspace.
    """
    moved = [edit for edit in edits if "parent_id" in edit.rows and not edit.is_wrong]
    if not moved:
        return
    await write.lock_rows(models.Workspace, {edit.rows["parent_id"].workspace_id for edit in moved})
    parents = await ancestors_of(write, [edit.rows["parent_id"].id for edit in moved])
    freed = [edit for edit in edits if "parent_id" in edit.references and edit not in moved]
    parents |= {edit.task.id: None for edit in freed if edit.task and not edit.is_wrong}
    for edit in moved:
        assert edit.task is not None
        as_asked = parents | {edit.task.id: edit.rows["parent_id"].id}
        if is_circular(as_asked, edit.task.id):
            message = "This task is part of the one that is to be part of it."
            edit.add_error("parent_id", message, UserErrorCode.INVALID)
        else:
            parents = as_asked


def _wanted(choices: Iterable[IdSet]) -> set[UUID]:
    return {key for chosen in choices for key in chosen.wanted}
