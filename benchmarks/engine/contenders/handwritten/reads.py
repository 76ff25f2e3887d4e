"""The statements of the reads, and the answers made of their rows."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

from benchmarks.engine.contenders.search_words import tsquery

Variables = dict[str, Any]
#: Reads an answer, on a connection, for a user.
Read = Callable[[Any, UUID, Variables], Awaitable[Any]]

PRIORITIES = {1: "URGENT", 2: "HIGH", 3: "MEDIUM", 4: "LOW"}

PROJECT = """
SELECT projects.id FROM workspaces
JOIN memberships ON memberships.workspace_id = workspaces.id AND memberships.user_id = $1
JOIN projects ON projects.workspace_id = workspaces.id AND projects.key = $3
WHERE workspaces.slug = $2
"""
WORKSPACE = """
SELECT workspaces.id FROM workspaces
JOIN memberships ON memberships.workspace_id = workspaces.id AND memberships.user_id = $1
WHERE workspaces.slug = $2
"""
BOARD_TASKS = """
SELECT tasks.id, tasks.number, tasks.title, tasks.priority, tasks.created_at,
  states.name AS state, creators.handle AS creator
FROM tasks
JOIN states ON states.id = tasks.state_id
LEFT JOIN users AS creators ON creators.id = tasks.creator_id
WHERE tasks.project_id = $1 AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL
ORDER BY tasks.created_at DESC, tasks.id DESC LIMIT 50
"""
ASSIGNEES = """
SELECT assignments.task_id, users.handle, users.name FROM assignments
JOIN users ON users.id = assignments.user_id WHERE assignments.task_id = ANY ($1)
ORDER BY users.handle
"""
LABELS = """
SELECT labelings.task_id, labels.name, labels.color FROM labelings
JOIN labels ON labels.id = labelings.label_id WHERE labelings.task_id = ANY ($1)
ORDER BY labels.name
"""
COMMENTS = """
SELECT page.*, users.handle, users.name FROM unnest($1::uuid[]) AS parents (id)
CROSS JOIN LATERAL (
  SELECT comments.task_id, comments.body, comments.created_at, comments.author_id, comments.id
  FROM comments WHERE comments.task_id = parents.id
  ORDER BY comments.created_at, comments.id LIMIT $2
) AS page
LEFT JOIN users ON users.id = page.author_id ORDER BY page.created_at, page.id
"""
TASK = """
SELECT tasks.id, tasks.number, tasks.title, tasks.body, tasks.priority, tasks.estimate,
  tasks.due_on, tasks.created_at, states.name AS state, states.category, states.color,
  creators.handle AS creator, milestones.title AS milestone
FROM workspaces
JOIN memberships ON memberships.workspace_id = workspaces.id AND memberships.user_id = $1
JOIN projects ON projects.workspace_id = workspaces.id AND projects.key = $3
JOIN tasks ON tasks.project_id = projects.id AND tasks.number = $4
JOIN states ON states.id = tasks.state_id
LEFT JOIN users AS creators ON creators.id = tasks.creator_id
LEFT JOIN milestones ON milestones.id = tasks.milestone_id
WHERE workspaces.slug = $2
"""
LIST = """
SELECT id, number, title, priority, estimate, due_on, rank, created_at, updated_at, closed_at
FROM tasks WHERE workspace_id = $1 AND deleted_at IS NULL AND archived_at IS NULL
ORDER BY created_at DESC, id DESC LIMIT 100
"""
PROJECTS = """
SELECT id, key, name FROM projects WHERE workspace_id = $1 AND archived_at IS NULL
ORDER BY created_at, id LIMIT 4
"""
MILESTONES = """
SELECT page.* FROM unnest($1::uuid[]) AS parents (id)
CROSS JOIN LATERAL (
  SELECT id, project_id, title, due_on, created_at FROM milestones
  WHERE project_id = parents.id ORDER BY created_at, id LIMIT 3
) AS page ORDER BY page.created_at, page.id
"""
MILESTONE_TASKS = """
SELECT page.* FROM unnest($1::uuid[]) AS parents (id)
CROSS JOIN LATERAL (
  SELECT id, milestone_id, number, title, created_at FROM tasks
  WHERE milestone_id = parents.id AND deleted_at IS NULL AND archived_at IS NULL
  ORDER BY created_at DESC, id DESC LIMIT 5
) AS page ORDER BY page.created_at DESC, page.id DESC
"""
FILTERED = """
SELECT tasks.id, tasks.number, tasks.title, tasks.priority, tasks.due_on, states.name AS state
FROM tasks JOIN states ON states.id = tasks.state_id
WHERE tasks.workspace_id = $1 AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL
  AND tasks.closed_at IS NULL AND tasks.priority IN (1, 2)
  AND EXISTS (
    SELECT FROM labelings JOIN labels ON labels.id = labelings.label_id
    WHERE labelings.task_id = tasks.id AND labels.name = $2
  )
ORDER BY tasks.due_on, tasks.id LIMIT 50
"""
SEARCH = """
SELECT tasks.number, tasks.title, comments.body FROM (
  SELECT * FROM (
    SELECT id AS task_id, NULL::uuid AS comment_id, id AS hit_id,
      round(ts_rank(search, to_tsquery('simple', $2))::numeric, 6) AS score
    FROM tasks
    WHERE workspace_id = $1 AND deleted_at IS NULL AND search @@ to_tsquery('simple', $2)
    LIMIT 5000
  ) AS found_tasks
  UNION ALL
  SELECT * FROM (
    SELECT tasks.id, comments.id, comments.id,
      round(ts_rank(comments.search, to_tsquery('simple', $2))::numeric, 6)
    FROM comments JOIN tasks ON tasks.id = comments.task_id AND tasks.deleted_at IS NULL
    WHERE comments.workspace_id = $1 AND comments.search @@ to_tsquery('simple', $2)
    LIMIT 5000
  ) AS found_comments
  ORDER BY score DESC, hit_id DESC LIMIT 20
) AS hits
JOIN tasks ON tasks.id = hits.task_id LEFT JOIN comments ON comments.id = hits.comment_id
ORDER BY hits.score DESC, hits.hit_id DESC
"""


def _priority(number: int | None) -> str | None:
    return None if number is None else PRIORITIES[number]


def _user(handle: str | None) -> dict[str, str] | None:
    return None if handle is None else {"handle": handle}


def _grouped(rows: Iterable[Any], column: str) -> dict[UUID, list[Any]]:
    groups: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


async def read_board(db: Any, user: UUID, given: Variables) -> Any:
    project = await db.fetchval(PROJECT, user, given["slug"], given["key"])
    tasks = await db.fetch(BOARD_TASKS, project)
    ids = [task["id"] for task in tasks]
    assignees = _grouped(await db.fetch(ASSIGNEES, ids), "task_id")
    labels = _grouped(await db.fetch(LABELS, ids), "task_id")
    comments = _grouped(await db.fetch(COMMENTS, ids, 3), "task_id")
    nodes = [
        {
            "id": f"task_{task['id'].hex}",
            "number": task["number"],
            "title": task["title"],
            "priority": _priority(task["priority"]),
            "createdAt": task["created_at"],
            "state": {"name": task["state"]},
            "creator": _user(task["creator"]),
            "assignees": [
                {"handle": row["handle"], "name": row["name"]}
                for row in assignees.get(task["id"], ())
            ],
            "labels": [
                {"name": row["name"], "color": row["color"]} for row in labels.get(task["id"], ())
            ],
            "comments": {
                "nodes": [
                    {
                        "body": row["body"],
                        "createdAt": row["created_at"],
                        "author": _user(row["handle"]),
                    }
                    for row in comments.get(task["id"], ())
                ]
            },
        }
        for task in tasks
    ]
    return {"workspace": {"project": {"tasks": {"nodes": nodes}}}}


async def read_task(db: Any, user: UUID, given: Variables) -> Any:
    key, _, number = given["taskKey"].rpartition("-")
    task = await db.fetchrow(TASK, user, given["slug"], key, int(number))
    ids = [task["id"]]
    assignees = await db.fetch(ASSIGNEES, ids)
    labels = await db.fetch(LABELS, ids)
    comments = await db.fetch(COMMENTS, ids, 20)
    found = {
        "id": f"task_{task['id'].hex}",
        "number": task["number"],
        "title": task["title"],
        "body": task["body"],
        "priority": _priority(task["priority"]),
        "estimate": task["estimate"],
        "dueOn": task["due_on"],
        "createdAt": task["created_at"],
        "state": {"name": task["state"], "category": task["category"], "color": task["color"]},
        "creator": _user(task["creator"]),
        "assignees": [{"handle": row["handle"], "name": row["name"]} for row in assignees],
        "labels": [{"name": row["name"], "color": row["color"]} for row in labels],
        "milestone": None if task["milestone"] is None else {"title": task["milestone"]},
        "comments": {
            "nodes": [
                {
                    "body": row["body"],
                    "createdAt": row["created_at"],
                    "author": row["handle"] and {"handle": row["handle"], "name": row["name"]},
                }
                for row in comments
            ]
        },
    }
    return {"workspace": {"task": found}}


async def read_list(db: Any, user: UUID, given: Variables) -> Any:
    workspace = await db.fetchval(WORKSPACE, user, given["slug"])
    nodes = [
        {
            "id": f"task_{task['id'].hex}",
            "number": task["number"],
            "title": task["title"],
            "priority": _priority(task["priority"]),
            "estimate": task["estimate"],
            "dueOn": task["due_on"],
            "rank": task["rank"],
            "createdAt": task["created_at"],
            "updatedAt": task["updated_at"],
            "closedAt": task["closed_at"],
        }
        for task in await db.fetch(LIST, workspace)
    ]
    return {"workspace": {"tasks": {"nodes": nodes}}}


async def read_deep(db: Any, user: UUID, given: Variables) -> Any:
    workspace = await db.fetchval(WORKSPACE, user, given["slug"])
    projects = await db.fetch(PROJECTS, workspace)
    found = await db.fetch(MILESTONES, [row["id"] for row in projects])
    milestones = _grouped(found, "project_id")
    found = await db.fetch(MILESTONE_TASKS, [row["id"] for row in found])
    tasks = _grouped(found, "milestone_id")
    comments = _grouped(await db.fetch(COMMENTS, [row["id"] for row in found], 3), "task_id")

    def task_node(task: Any) -> Any:
        nodes = [
            {"body": row["body"], "author": _user(row["handle"])}
            for row in comments.get(task["id"], ())
        ]
        return {"number": task["number"], "title": task["title"], "comments": {"nodes": nodes}}

    def milestone_node(milestone: Any) -> Any:
        nodes = [task_node(row) for row in tasks.get(milestone["id"], ())]
        return {
            "title": milestone["title"],
            "dueOn": milestone["due_on"],
            "tasks": {"nodes": nodes},
        }

    nodes = [
        {
            "key": project["key"],
            "name": project["name"],
            "milestones": {
                "nodes": [milestone_node(row) for row in milestones.get(project["id"], ())]
            },
        }
        for project in projects
    ]
    return {"workspace": {"projects": {"nodes": nodes}}}


async def read_filtered(db: Any, user: UUID, given: Variables) -> Any:
    workspace = await db.fetchval(WORKSPACE, user, given["slug"])
    nodes = [
        {
            "id": f"task_{task['id'].hex}",
            "number": task["number"],
            "title": task["title"],
            "priority": _priority(task["priority"]),
            "dueOn": task["due_on"],
            "state": {"name": task["state"]},
        }
        for task in await db.fetch(FILTERED, workspace, given["label"])
    ]
    return {"workspace": {"tasks": {"nodes": nodes}}}


async def read_search(db: Any, user: UUID, given: Variables) -> Any:
    workspace = await db.fetchval(WORKSPACE, user, given["slug"])
    nodes = [
        {
            "task": {"number": hit["number"], "title": hit["title"]},
            "comment": None if hit["body"] is None else {"body": hit["body"]},
        }
        for hit in await db.fetch(SEARCH, workspace, tsquery(given["words"]))
    ]
    return {"workspace": {"search": {"nodes": nodes}}}


READS: dict[str, Read] = {
    "Board": read_board,
    "Task": read_task,
    "List": read_list,
    "Deep": read_deep,
    "Filtered": read_filtered,
    "Search": read_search,
}
