"""What the mutations of tasks take."""

import enum
from datetime import date

import strawberry

import models
from graph.kit.enums import describe_enum
from graph.kit.writing.expected_version import EXPECTED_VERSION
from graph.kit.writing.mutation import CLIENT_ID

STATE = "A state of the task's workspace."
MILESTONE = "A milestone of the task's project."
PARENT = "The task that it is part of: one of the same workspace, and none that is part of it."
ASSIGNEES = "Who is to do it: members of the workspace."


@strawberry.input(description="A task to be made.")
class TaskCreateInput:
    id: strawberry.ID | None = strawberry.field(default=None, description=CLIENT_ID)
    project_id: strawberry.ID = strawberry.field(description="The project it is for.")
    title: str = strawberry.field(description="What is to be done, in a line.")
    body: str | None = strawberry.field(
        default=None, description="What is to be done, in full. Markdown."
    )
    state_id: strawberry.ID | None = strawberry.field(
        default=None, description=f"{STATE} Left out, the first on the board."
    )
    priority: models.Priority | None = strawberry.field(default=None, description="How urgent.")
    estimate: float | None = strawberry.field(
        default=None, description="How much work it is, in the unit that the team thinks in."
    )
    due_on: date | None = strawberry.field(
        default=None, description="The day by which it is to be done."
    )
    assignee_ids: list[strawberry.ID] | None = strawberry.field(default=None, description=ASSIGNEES)
    label_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Labels of the workspace."
    )
    milestone_id: strawberry.ID | None = strawberry.field(default=None, description=MILESTONE)
    parent_id: strawberry.ID | None = strawberry.field(default=None, description=PARENT)


@strawberry.input(
    description="What to change of a task. A field left out stays as it is; a null empties it, but "
    "for title, body and state, which are never without."
)
class TaskUpdateInput:
    id: strawberry.ID = strawberry.field(description="The task.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED_VERSION)
    title: strawberry.Maybe[str | None] = strawberry.field(
        description="What is to be done, in a line."
    )
    body: strawberry.Maybe[str | None] = strawberry.field(
        description="What is to be done, in full. Markdown."
    )
    state_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description=STATE)
    priority: strawberry.Maybe[models.Priority | None] = strawberry.field(description="How urgent.")
    estimate: strawberry.Maybe[float | None] = strawberry.field(
        description="How much work it is, in the unit that the team thinks in."
    )
    due_on: strawberry.Maybe[date | None] = strawberry.field(
        description="The day by which it is to be done."
    )
    assignee_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description=f"{ASSIGNEES} All of them, instead of those there are."
    )
    added_assignee_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Assignees to add to those there are."
    )
    removed_assignee_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Assignees to take off it."
    )
    label_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Labels of the workspace. All of them, instead of those there are."
    )
    added_label_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Labels to add to those there are."
    )
    removed_label_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Labels to take off it."
    )
    milestone_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description=MILESTONE)
    parent_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description=PARENT)


@strawberry.input(
    description="Where to put a task: between two neighbors of its column on the board. With one "
    "neighbor it goes right beside it, with none to the end of the column."
)
class TaskMoveInput:
    id: strawberry.ID = strawberry.field(description="The task.")
    state_id: strawberry.ID | None = strawberry.field(
        default=None, description=f"The column. {STATE} Left out, the one it is in."
    )
    after_id: strawberry.ID | None = strawberry.field(
        default=None, description="The task of that column that it is to come after."
    )
    before_id: strawberry.ID | None = strawberry.field(
        default=None, description="The task of that column that it is to come before."
    )


class ErrorPolicy(enum.Enum):
    """What becomes of a batch in which some rows are wrong."""

    REJECT_EVERYTHING = "REJECT_EVERYTHING"
    REJECT_FAILED_ROWS = "REJECT_FAILED_ROWS"


describe_enum(
    ErrorPolicy,
    "What becomes of a batch in which some rows are wrong.",
    REJECT_EVERYTHING="Nothing of it is written.",
    REJECT_FAILED_ROWS="The rows that are right are written.",
)

#: The most rows of a batch.
#: Unless the settings say otherwise.
MAX_ROWS = 50


@strawberry.input(description="Changes of many tasks, in one transaction.")
class TaskBatchUpdateInput:
    rows: list[TaskUpdateInput] = strawberry.field(
        description=f"What to change of each task, at most {MAX_ROWS} of them, each task once."
    )
    error_policy: ErrorPolicy = strawberry.field(
        default=ErrorPolicy.REJECT_EVERYTHING,
        description="What becomes of the batch if some rows are wrong.",
    )


@strawberry.input(description="A link between two tasks of a workspace.")
class TaskLinkInput:
    task_id: strawberry.ID = strawberry.field(description="The one task.")
    kind: models.TaskLinkKind = strawberry.field(description="How it stands to the other.")
    other_id: strawberry.ID = strawberry.field(description="The other task.")
