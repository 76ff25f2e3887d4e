"""TaskEdit: the changes that an input makes to a task, parsed, validated and applied."""

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
from graph.kit.writing.locks import FOR_UPDATE
from graph.kit.writing.payload import InputPath, UserErrorCode, UserErrors
from graph.kit.writing.write import INPUT_PATH, Write, provided
from graph.rules.cycles import ancestors_of, is_circular
from graph.rules.membership import NOT_A_MEMBER, members_of
from graph.rules.trash import reject_if_in_trash

COLUMNS = ("title", "body", "priority", "estimate", "due_on")
#: The foreign keys of a task that an input can set.
REFERENCES = {
    "state_id": models.State,
    "milestone_id": models.Milestone,
    "parent_id": models.Task,
}


@dataclass
class TaskEdit:
    """The changes that one input makes to one task; `user_errors` has what is wrong with them."""

    values: dict[str, Any]
    #: The keys to refer to, by foreign key; None clears the reference.
    references: dict[str, UUID | None]
    assignees: IdSet
    labels: IdSet
    path: InputPath
    user_errors: UserErrors
    #: The existing task, its key, and the version that the caller has read.
    task: models.Task | None = None
    key: UUID | None = None
    expected: int | None = None
    #: The rows to refer to, by foreign key.
    rows: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(
        cls,
        write: Write,
        input: Any,
        path: InputPath = INPUT_PATH,
        user_errors: UserErrors | None = None,
    ) -> Self:
        """Parse an input and validate what needs no database."""
        user_errors = user_errors or write.user_errors
        values = write.validate(models.Task, provided(input, *COLUMNS), path, user_errors)
        references: dict[str, UUID | None] = {}
        for name, value in provided(input, *REFERENCES).items():
            place = (*path, to_camel_case(name))
            if value is not None:
                key = write.parse_id(REFERENCES[name], value, place, user_errors)
                if key is not None:
                    references[name] = key
            elif name == "state_id":
                user_errors.add(UserErrorCode.REQUIRED, place, "A task must have a state.")
            else:
                references[name] = None
        assignees = IdSet.parse(write, models.User, input, "assignee_ids", path, user_errors)
        labels = IdSet.parse(write, models.Label, input, "label_ids", path, user_errors)
        return cls(values, references, assignees, labels, path, user_errors)

    @classmethod
    def parse_update(
        cls, write: Write, input: TaskUpdateInput, path: InputPath, user_errors: UserErrors
    ) -> Self:
        """Parse an input that changes an existing task."""
        edit = cls.parse(write, input, path, user_errors)
        edit.key = write.parse_id(models.Task, input.id, (*path, "id"), user_errors)
        edit.expected = input.expected_version
        return edit

    @property
    def has_errors(self) -> bool:
        return bool(self.user_errors.errors)

    def add_error(
        self, name: str, message: str, code: UserErrorCode = UserErrorCode.NOT_FOUND
    ) -> None:
        """Add an error for a field of the input."""
        self.user_errors.add(code, (*self.path, to_camel_case(name)), message)

    def set_task(self, write: Write, task: models.Task | None) -> None:
        """Set the task to change, if the viewer may change it; otherwise add an error."""
        path = (*self.path, "id")
        if not write.can_access(models.Task, task, path, self.user_errors) or task is None:
            return
        if task.deleted_at is None:
            self.task = task
        reject_if_in_trash(self.user_errors, task, path)

    @property
    def version(self) -> ExpectedVersion:
        return ExpectedVersion(self.task, self.expected, self.path, self.user_errors)

    def validate_references(
        self, found: "ReferencedRows", workspace_id: UUID, project_id: UUID
    ) -> None:
        """Add errors for references outside the task's workspace or project."""
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

    def validate_sizes(self, task: models.Task) -> None:
        """Add errors if the task would have too many assignees or labels."""
        if self.assignees:
            self.assignees.reject_growth([one.user_id for one in task.assignments])
        if self.labels:
            self.labels.reject_growth([one.label_id for one in task.labelings])

    def apply(self, write: Write, task: models.Task) -> None:
        """Apply the changes. The task's assignments and labelings must be loaded if they change."""
        for name, value in self.values.items():
            setattr(task, name, value)
        for name, key in self.references.items():
            if name != "state_id":
                setattr(task, name, key)
        state = self.rows.get("state_id")
        # Setting the current state again must not change `started_at` or `closed_at`.
        if state is not None and state.id != task.state_id:
            task.move_to_state(state, write.now)
        if self.assignees:
            current = (assignment.user_id for assignment in task.assignments)
            task.set_assignees(self.assignees.applied_to(current))
        if self.labels:
            task.set_labels(
                self.labels.applied_to(labeling.label_id for labeling in task.labelings)
            )


@dataclass
class ReferencedRows:
    """The rows that some edits refer to, locked; one statement for each kind of row."""

    rows: dict[str, dict[UUID, Any]]
    labels: dict[UUID, models.Label]
    #: Pairs of workspace and user.
    members: set[tuple[UUID, UUID]]

    @classmethod
    async def load(
        cls,
        write: Write,
        edits: Sequence[TaskEdit],
        workspace_ids: Iterable[UUID],
        tasks: Mapping[UUID, models.Task] | None = None,
    ) -> "ReferencedRows":
        """Load and lock them. `tasks` has the parents, if they are locked already."""
        rows: dict[str, dict[UUID, Any]] = {}
        for name, model in REFERENCES.items():
            keys = [key for edit in edits if (key := edit.references.get(name)) is not None]
            if name == "parent_id" and tasks is not None:
                rows[name] = dict(tasks)
            else:
                rows[name] = await write.get_many(model, keys)
        label_ids = _required_ids(edit.labels for edit in edits)
        labels = await write.get_many(models.Label, label_ids)
        user_ids = _required_ids(edit.assignees for edit in edits)
        return cls(rows, labels, await members_of(write, workspace_ids, user_ids))


async def lock_tasks(write: Write, edits: Sequence[TaskEdit]) -> dict[UUID, models.Task]:
    """Return the tasks of the edits and their new parents, locked, with the sets that change."""
    keys = [edit.key for edit in edits if edit.key is not None]
    parents = [key for edit in edits if (key := edit.references.get("parent_id")) is not None]
    options = []
    if any(edit.assignees for edit in edits):
        options.append(selectinload(models.Task.assignments))
    if any(edit.labels for edit in edits):
        options.append(selectinload(models.Task.labelings))
    return await write.get_many(models.Task, [*keys, *parents], options=options, lock=FOR_UPDATE)


async def reject_cycles(write: Write, edits: Sequence[TaskEdit]) -> None:
    """Add errors to edits that would make a task its own ancestor.

    The workspace is locked: two transactions could close a cycle together, each seeing only its
    own half.
    """
    moved = [edit for edit in edits if "parent_id" in edit.rows and not edit.has_errors]
    if not moved:
        return
    await write.lock_rows(models.Workspace, {edit.rows["parent_id"].workspace_id for edit in moved})
    parents = await ancestors_of(write, [edit.rows["parent_id"].id for edit in moved])
    freed = [edit for edit in edits if "parent_id" in edit.references and edit not in moved]
    parents |= {edit.task.id: None for edit in freed if edit.task and not edit.has_errors}
    for edit in moved:
        assert edit.task is not None
        with_edit = parents | {edit.task.id: edit.rows["parent_id"].id}
        if is_circular(with_edit, edit.task.id):
            message = "The parent is a subtask of this task."
            edit.add_error("parent_id", message, UserErrorCode.INVALID)
        else:
            parents = with_edit


def _required_ids(sets: Iterable[IdSet]) -> set[UUID]:
    return {key for id_set in sets for key in id_set.required_ids}
