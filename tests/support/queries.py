"""Queries that clients of a task tracker typically send."""

TASKS = """
query ($slug: String!) { workspace(slug: $slug) {
  tasks(first: 50, ARGUMENTS) {
    nodes { key title priority dueOn state { name } assignees { handle } labels { name } }
    pageInfo { hasNextPage endCursor }
  }
} }
"""


def tasks(filter: str, order: str = "") -> str:
    """A query for a page of a workspace's tasks."""
    ordered = f", orderBy: [{order}]" if order else ""
    return TASKS.replace("ARGUMENTS", f"filter: {{{filter}}}{ordered}")


OPEN = "closedAt: {null: true}"
MINE = "assignees: {some: {isMe: true}}"

QUERIES = {
    "board": """
        query ($slug: String!) { workspace(slug: $slug) {
          taskGroups(by: STATE, filter: {project: {key: {eq: "WEB"}}}) {
            title count estimate
            tasks(first: 20, orderBy: [{field: RANK}]) { nodes { key title } }
          }
        } }
    """,
    "inbox": tasks("state: {category: {eq: TRIAGE}}"),
    "mine": tasks(f"{MINE}, {OPEN}", "{field: PRIORITY}, {field: DUE_ON}"),
    "mine_and_blocked": tasks(f"{MINE}, isBlocked: true"),
    "overdue": tasks(f'dueOn: {{lt: "P0D"}}, {OPEN}', "{field: DUE_ON}"),
    "recently_closed": tasks('closedAt: {gt: "-P1W"}', "{field: CLOSED_AT, direction: DESC}"),
    "unassigned_and_urgent": tasks(
        f"priority: {{in: [URGENT, HIGH]}}, assignees: {{length: {{eq: 0}}}}, {OPEN}",
        "{field: PRIORITY}",
    ),
    "bugs_without_comments": tasks(
        'labels: {some: {name: {eq: "bug"}}}, comments: {length: {eq: 0}}'
    ),
    "stale": tasks(f'updatedAt: {{lt: "-P4W"}}, {OPEN}', "{field: UPDATED_AT}"),
    "search": """
        query ($slug: String!) { workspace(slug: $slug) {
          search(query: "backup release", first: 20) { nodes { task { key title } snippet } }
        } }
    """,
    "projects": """
        query ($slug: String!) { workspace(slug: $slug) { projects { nodes {
          key name
          open: tasks(filter: {closedAt: {null: true}}) { count(limit: 100) { value isExact } }
          milestones(first: 3) { nodes { title dueOn } }
        } } } }
    """,
    "task": """
        query ($slug: String!) { workspace(slug: $slug) { task(key: "WEB-1") {
          title body state { name } creator { handle } parent { key } milestone { title }
          subtasks { nodes { key title } } links { kind task { key } }
          comments(first: 50) { totalCount nodes { body author { handle } } }
        } } }
    """,
}
