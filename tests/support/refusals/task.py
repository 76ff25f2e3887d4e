"""Refusals of the mutations of tasks."""

from tests.support.office import id_of, input_of
from tests.support.refusals.case import Case, refuses

UNKNOWN_TASK = "task_" + "0" * 32

CASES: list[Case] = [
    refuses(
        "taskCreate",
        input_of(
            projectId="@project",
            title="x" * 501,
            estimate=-1,
            stateId="@foreign_state",
            milestoneId="@other_milestone",
            parentId="@foreign_task",
            assigneeIds=["@member", "@outsider"],
            labelIds=["@bug", "@foreign_label", "nonsense"],
        ),
        "INVALID input.title",
        "INVALID input.estimate",
        "INVALID input.labelIds.2",
        "NOT_FOUND input.stateId",
        "NOT_FOUND input.milestoneId",
        "NOT_FOUND input.parentId",
        "NOT_FOUND input.assigneeIds.1",
        "NOT_FOUND input.labelIds.1",
    ),
    refuses("taskCreate", input_of(projectId="@project", title="a\u2028b"), "INVALID input.title"),
    refuses(
        "taskCreate",
        input_of(projectId="@project", title="a", body="b\0"),
        "INVALID input.body",
    ),
    refuses("taskCreate", input_of(projectId="@shelved", title="a"), "INVALID input.projectId"),
    refuses(
        "taskCreate",
        input_of(projectId="@project", title="a", parentId="@trashed"),
        "INVALID input.parentId",
    ),
    refuses("taskCreate", input_of(projectId="@project", title="a", id="@task"), "UNIQUE input.id"),
    refuses(
        "taskCreate",
        input_of(projectId="@project", title="a", id="@foreign_task"),
        "INVALID input.id",
    ),
    refuses("taskCreate", input_of(projectId="@project", title="a", id="1"), "INVALID input.id"),
    refuses(
        "taskCreate",
        input_of(projectId="@foreign_project", title=""),
        "REQUIRED input.title",
        "NOT_FOUND input.projectId",
    ),
    refuses(
        "taskCreate",
        input_of(projectId="@project", title="a"),
        "FORBIDDEN input.projectId",
        who="guest",
    ),
    refuses("taskCreate", input_of(projectId="@project", title="a"), "FORBIDDEN ", who="reader"),
    refuses(
        "taskUpdate",
        input_of(
            id="@task",
            title=None,
            body=None,
            stateId=None,
            milestoneId="@other_milestone",
            addedLabelIds=["@foreign_label"],
            removedLabelIds=["x"],
        ),
        "REQUIRED input.title",
        "REQUIRED input.body",
        "REQUIRED input.stateId",
        "INVALID input.removedLabelIds.0",
        "NOT_FOUND input.milestoneId",
        "NOT_FOUND input.addedLabelIds.0",
    ),
    refuses("taskUpdate", input_of(id=UNKNOWN_TASK, title="a"), "NOT_FOUND input.id"),
    refuses("taskUpdate", input_of(id="@foreign_task", title="a"), "NOT_FOUND input.id"),
    refuses("taskUpdate", input_of(id="@task", title="a"), "FORBIDDEN input.id", who="guest"),
    refuses("taskUpdate", input_of(id="@task", title="a"), "NOT_FOUND input.id", who="outsider"),
    refuses("taskUpdate", input_of(id="@trashed", title="a"), "INVALID input.id"),
    refuses("taskUpdate", input_of(id="@task", parentId="@task"), "INVALID input.parentId"),
    refuses("taskUpdate", input_of(id="@task", parentId="@child"), "INVALID input.parentId"),
    refuses("taskUpdate", input_of(id="@parent", parentId="@child"), "INVALID input.parentId"),
    refuses(
        "taskUpdate",
        input_of(id="@task", labelIds=[f"label_{n:032x}" for n in range(101)]),
        "TOO_MANY input.labelIds",
    ),
    refuses(
        "taskUpdate",
        input_of(id="@task", expectedVersion=7, title="x"),
        "CONFLICT input.expectedVersion",
    ),
    refuses("taskMove", input_of(id="@task", afterId="@task"), "NOT_FOUND input.afterId"),
    refuses("taskMove", input_of(id="@task", afterId="@foreign_task"), "NOT_FOUND input.afterId"),
    refuses(
        "taskMove",
        input_of(id="@task", stateId="@finished", beforeId="@parent"),
        "CONFLICT input.beforeId",
    ),
    refuses(
        "taskMove",
        input_of(id="@task", afterId="@child", beforeId="@parent"),
        "CONFLICT input.beforeId",
    ),
    refuses("taskMove", input_of(id="@task", stateId="@foreign_state"), "NOT_FOUND input.stateId"),
    refuses("taskMove", input_of(id="@task"), "FORBIDDEN input.id", who="guest"),
    refuses("taskMove", input_of(id="@trashed"), "INVALID input.id"),
    refuses("taskArchive", id_of("@task"), "FORBIDDEN id", who="guest"),
    refuses("taskArchive", id_of("@trashed"), "INVALID id"),
    refuses("taskArchive", id_of("@foreign_task"), "NOT_FOUND id"),
    refuses("taskUnarchive", id_of("@task"), "FORBIDDEN id", who="guest"),
    refuses("taskUnarchive", id_of("@trashed"), "INVALID id"),
    refuses("taskDelete", id_of("@task"), "FORBIDDEN id", who="guest"),
    refuses("taskDelete", id_of("@task", permanently=True), "FORBIDDEN id"),
    refuses("taskDelete", id_of("@foreign_task"), "NOT_FOUND id", who="owner"),
    refuses("taskRestore", id_of("@trashed"), "FORBIDDEN id", who="guest"),
    refuses("taskRestore", id_of("@project"), "NOT_FOUND id"),
    refuses(
        "taskBatchUpdate",
        input_of(
            rows=[
                {"id": "@task", "title": "x"},
                {"id": "@child", "title": " "},
                {"id": "@task", "body": "twice"},
                {"id": "@foreign_task", "body": "x"},
            ]
        ),
        "REQUIRED input.rows.1.title",
        "INVALID input.rows.2.id",
        "NOT_FOUND input.rows.3.id",
    ),
    refuses(
        "taskBatchUpdate",
        input_of(
            rows=[
                {"id": "@linked", "parentId": "@child"},
                {"id": "@child", "parentId": "@linked"},
            ]
        ),
        "INVALID input.rows.1.parentId",
    ),
    refuses(
        "taskBatchUpdate",
        input_of(rows=[{"id": "@task", "title": "x"}]),
        "FORBIDDEN input.rows.0.id",
        who="guest",
    ),
]
