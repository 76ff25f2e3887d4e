"""What the mutations of tasks and their links refuse."""

from tests.support.office import given, named
from tests.support.refused import refuses

NOTHING = "task_" + "0" * 32

TASKS = [
    # Tasks
    refuses(
        "taskCreate",
        given(
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
    refuses("taskCreate", given(projectId="@project", title="a\u2028b"), "INVALID input.title"),
    refuses(
        "taskCreate",
        given(projectId="@project", title="a", body="b\0"),
        "INVALID input.body",
    ),
    refuses("taskCreate", given(projectId="@shelved", title="a"), "INVALID input.projectId"),
    refuses(
        "taskCreate",
        given(projectId="@project", title="a", parentId="@trashed"),
        "INVALID input.parentId",
    ),
    refuses("taskCreate", given(projectId="@project", title="a", id="@task"), "UNIQUE input.id"),
    refuses(
        "taskCreate",
        given(projectId="@project", title="a", id="@foreign_task"),
        "UNIQUE input.id",
    ),
    refuses("taskCreate", given(projectId="@project", title="a", id="1"), "INVALID input.id"),
    refuses(
        "taskCreate",
        given(projectId="@foreign_project", title=""),
        "REQUIRED input.title",
        "NOT_FOUND input.projectId",
    ),
    refuses(
        "taskCreate",
        given(projectId="@project", title="a"),
        "FORBIDDEN input.projectId",
        who="guest",
    ),
    refuses("taskCreate", given(projectId="@project", title="a"), "FORBIDDEN ", who="reader"),
    refuses(
        "taskUpdate",
        given(
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
    refuses("taskUpdate", given(id=NOTHING, title="a"), "NOT_FOUND input.id"),
    refuses("taskUpdate", given(id="@foreign_task", title="a"), "NOT_FOUND input.id"),
    refuses("taskUpdate", given(id="@task", title="a"), "FORBIDDEN input.id", who="guest"),
    refuses("taskUpdate", given(id="@task", title="a"), "NOT_FOUND input.id", who="outsider"),
    refuses("taskUpdate", given(id="@trashed", title="a"), "INVALID input.id"),
    refuses("taskUpdate", given(id="@task", parentId="@task"), "INVALID input.parentId"),
    refuses("taskUpdate", given(id="@task", parentId="@child"), "INVALID input.parentId"),
    refuses("taskUpdate", given(id="@parent", parentId="@child"), "INVALID input.parentId"),
    refuses(
        "taskUpdate",
        given(id="@task", labelIds=[f"label_{n:032x}" for n in range(101)]),
        "TOO_MANY input.labelIds",
    ),
    refuses(
        "taskUpdate",
        given(id="@task", expectedVersion=7, title="x"),
        "CONFLICT input.expectedVersion",
    ),
    refuses("taskMove", given(id="@task", afterId="@task"), "NOT_FOUND input.afterId"),
    refuses("taskMove", given(id="@task", afterId="@foreign_task"), "NOT_FOUND input.afterId"),
    refuses(
        "taskMove",
        given(id="@task", stateId="@finished", beforeId="@parent"),
        "CONFLICT input.beforeId",
    ),
    refuses(
        "taskMove",
        given(id="@task", afterId="@child", beforeId="@parent"),
        "CONFLICT input.beforeId",
    ),
    refuses("taskMove", given(id="@task", stateId="@foreign_state"), "NOT_FOUND input.stateId"),
    refuses("taskMove", given(id="@task"), "FORBIDDEN input.id", who="guest"),
    refuses("taskMove", given(id="@trashed"), "INVALID input.id"),
    refuses("taskArchive", named("@task"), "FORBIDDEN id", who="guest"),
    refuses("taskArchive", named("@trashed"), "INVALID id"),
    refuses("taskArchive", named("@foreign_task"), "NOT_FOUND id"),
    refuses("taskUnarchive", named("@task"), "FORBIDDEN id", who="guest"),
    refuses("taskUnarchive", named("@trashed"), "INVALID id"),
    refuses("taskDelete", named("@task"), "FORBIDDEN id", who="guest"),
    refuses("taskDelete", named("@task", permanently=True), "FORBIDDEN id"),
    refuses("taskDelete", named("@foreign_task"), "NOT_FOUND id", who="owner"),
    refuses("taskRestore", named("@trashed"), "FORBIDDEN id", who="guest"),
    refuses("taskRestore", named("@project"), "NOT_FOUND id"),
    refuses(
        "taskBatchUpdate",
        given(
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
        given(
            rows=[
                {"id": "@linked", "parentId": "@child"},
                {"id": "@child", "parentId": "@linked"},
            ]
        ),
        "INVALID input.rows.1.parentId",
    ),
    refuses(
        "taskBatchUpdate",
        given(rows=[{"id": "@task", "title": "x"}]),
        "FORBIDDEN input.rows.0.id",
        who="guest",
    ),
    # Links
    refuses(
        "taskLinkCreate",
        given(taskId="@task", kind="BLOCKS", otherId="@task"),
        "INVALID input.otherId",
    ),
    refuses(
        "taskLinkCreate",
        given(taskId="@child", kind="BLOCKS", otherId="@parent"),
        "INVALID input.otherId",
    ),
    refuses(
        "taskLinkCreate",
        given(taskId="@parent", kind="BLOCKED_BY", otherId="@child"),
        "INVALID input.otherId",
    ),
    refuses(
        "taskLinkCreate",
        given(taskId="@task", kind="BLOCKS", otherId="@foreign_task"),
        "NOT_FOUND input.otherId",
    ),
    refuses(
        "taskLinkCreate",
        given(taskId="@task", kind="RELATES_TO", otherId="@trashed"),
        "INVALID input.otherId",
    ),
    refuses(
        "taskLinkCreate",
        given(taskId="@task", kind="BLOCKS", otherId="@child"),
        "FORBIDDEN input.taskId",
        who="guest",
    ),
    refuses(
        "taskLinkDelete", given(taskId="@task", kind="BLOCKS", otherId="@child"), "NOT_FOUND input"
    ),
    refuses(
        "taskLinkDelete",
        given(taskId="@parent", kind="BLOCKS", otherId="@child"),
        "FORBIDDEN input.taskId",
        who="guest",
    ),
]
