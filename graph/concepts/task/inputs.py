"""The inputs of task mutations."""

import enum
from datetime import date

import strawberry

import models
from graph.kit.declare import client_generated_id, model_input
from graph.kit.enums import describe_enum
from graph.kit.writing.expected_version import expected_version

ASSIGNEES = "The users to assign, who must be members of the workspace."
LABELS = "Labels of the workspace."
REPLACES = "Replaces the current ones."
#: The most rows of a batch, unless a setting changes it.
MAX_ROWS = 50


@model_input(models.Task, "A task to create.")
class TaskCreateInput:
    id: strawberry.ID | None = client_generated_id()
    project_id: strawberry.ID
    title: str
    body: str | None = None
    state_id: strawberry.ID | None = strawberry.field(
        default=None, description="The workflow state. Defaults to the first one on the board."
    )
    priority: models.Priority | None = None
    estimate: float | None = None
    due_on: date | None = None
    assignee_ids: list[strawberry.ID] | None = strawberry.field(default=None, description=ASSIGNEES)
    label_ids: list[strawberry.ID] | None = strawberry.field(default=None, description=LABELS)
    milestone_id: strawberry.ID | None = None
    parent_id: strawberry.ID | None = None


@model_input(
    models.Task,
    "Changes to a task. Omitted fields are unchanged; null clears a field, except title, body and "
    "state, which are required.",
)
class TaskUpdateInput:
    id: strawberry.ID
    expected_version: int | None = expected_version()
    title: strawberry.Maybe[str | None]
    body: strawberry.Maybe[str | None]
    state_id: strawberry.Maybe[strawberry.ID | None]
    priority: strawberry.Maybe[models.Priority | None]
    estimate: strawberry.Maybe[float | None]
    due_on: strawberry.Maybe[date | None]
    assignee_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description=f"{ASSIGNEES} {REPLACES}"
    )
    added_assignee_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Users to assign in addition to the current ones."
    )
    removed_assignee_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Users to unassign."
    )
    label_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description=f"{LABELS} {REPLACES}"
    )
    added_label_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Labels to add to the current ones."
    )
    removed_label_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Labels to remove."
    )
    milestone_id: strawberry.Maybe[strawberry.ID | None]
    parent_id: strawberry.Maybe[strawberry.ID | None]


@strawberry.input(
    description="A task's new position: between two neighbors in a column of the board. With one "
    "neighbor the task is placed next to it, without neighbors at the end of the column."
)
class TaskMoveInput:
    id: strawberry.ID = strawberry.field(description="The ID.")
    state_id: strawberry.ID | None = strawberry.field(
        default=None, description="The state whose column to move to. Defaults to the current one."
    )
    after_id: strawberry.ID | None = strawberry.field(
        default=None, description="The task in that column to place it after."
    )
    before_id: strawberry.ID | None = strawberry.field(
        default=None, description="The task in that column to place it before."
    )


class ErrorPolicy(enum.Enum):
    """How a batch with invalid rows is handled."""

    REJECT_EVERYTHING = "REJECT_EVERYTHING"
    REJECT_FAILED_ROWS = "REJECT_FAILED_ROWS"


describe_enum(
    ErrorPolicy,
    REJECT_EVERYTHING="Nothing is written.",
    REJECT_FAILED_ROWS="The valid rows are written.",
)


@strawberry.input(description="Changes to many tasks, in one transaction.")
class TaskBatchUpdateInput:
    rows: list[TaskUpdateInput] = strawberry.field(
        description=f"The changes to each task: at most {MAX_ROWS} rows, and one row for a task."
    )
    error_policy: ErrorPolicy = strawberry.field(
        default=ErrorPolicy.REJECT_EVERYTHING,
        description="How the batch is handled if some rows are invalid.",
    )


@strawberry.input(description="A link between two tasks of a workspace.")
class TaskLinkInput:
    task_id: strawberry.ID = strawberry.field(description="The task.")
    kind: models.TaskLinkKind = strawberry.field(
        description="How the task relates to the other task."
    )
    other_id: strawberry.ID = strawberry.field(description="The other task.")
