"""Refusals of the mutations of links between tasks."""

from tests.support.office import input_of
from tests.support.refusals.case import Case, refuses

CASES: list[Case] = [
    refuses(
        "taskLinkCreate",
        input_of(taskId="@task", kind="BLOCKS", otherId="@task"),
        "INVALID input.otherId",
    ),
    refuses(
        "taskLinkCreate",
        input_of(taskId="@child", kind="BLOCKS", otherId="@parent"),
        "INVALID input.otherId",
    ),
    refuses(
        "taskLinkCreate",
        input_of(taskId="@parent", kind="BLOCKED_BY", otherId="@child"),
        "INVALID input.otherId",
    ),
    refuses(
        "taskLinkCreate",
        input_of(taskId="@task", kind="BLOCKS", otherId="@foreign_task"),
        "NOT_FOUND input.otherId",
    ),
    refuses(
        "taskLinkCreate",
        input_of(taskId="@task", kind="RELATES_TO", otherId="@trashed"),
        "INVALID input.otherId",
    ),
    refuses(
        "taskLinkCreate",
        input_of(taskId="@task", kind="BLOCKS", otherId="@child"),
        "FORBIDDEN input.taskId",
        who="guest",
    ),
    refuses(
        "taskLinkDelete",
        input_of(taskId="@task", kind="BLOCKS", otherId="@child"),
        "NOT_FOUND input",
    ),
    refuses(
        "taskLinkDelete",
        input_of(taskId="@parent", kind="BLOCKS", otherId="@child"),
        "FORBIDDEN input.taskId",
        who="guest",
    ),
]
