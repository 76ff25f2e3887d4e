"""The operations that are measured, in the schema of the API.

Plain Strawberry and the hand-written server get the same. PostGraphile has a schema of its own:
`contenders/postgraphile/documents.py` asks it for the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from benchmarks.engine.data import Target

_BOARD_TASK = """
    id number title priority createdAt
    state { name } creator { handle } assignees { handle name } labels { name color }
    comments(first: 3) { nodes { body createdAt author { handle } } }
"""

BOARD = f"""
query Board($slug: String!, $key: String!) {{ workspace(slug: $slug) {{ project(key: $key) {{
  tasks(first: 50) {{ nodes {{ {_BOARD_TASK} }} }}
}} }} }}
"""
TASK = """
query Task($slug: String!, $taskKey: String!) { workspace(slug: $slug) { task(key: $taskKey) {
  id number title body priority estimate dueOn createdAt state { name category color }
  creator { handle } assignees { handle name } labels { name color } milestone { title }
  comments(first: 20) { nodes { body createdAt author { handle name } } }
} } }
"""
LIST = """
query List($slug: String!) { workspace(slug: $slug) { tasks(first: 100) { nodes {
  id number title priority estimate dueOn rank createdAt updatedAt closedAt
} } } }
"""
DEEP = """
query Deep($slug: String!) { workspace(slug: $slug) { projects(first: 4) { nodes {
  key name milestones(first: 3) { nodes {
    title dueOn tasks(first: 5) { nodes {
      number title comments(first: 3) { nodes { body author { handle } } }
    } }
  } }
} } } }
"""
FILTERED = """
query Filtered($slug: String!, $label: String!) { workspace(slug: $slug) {
  tasks(
    first: 50
    filter: {
      closedAt: { null: true }, priority: { in: [URGENT, HIGH] }
      labels: { some: { name: { eq: $label } } }
    }
    orderBy: [{ field: DUE_ON }]
  ) { nodes { id number title priority dueOn state { name } } }
} }
"""
SEARCH = """
query Search($slug: String!, $words: String!) { workspace(slug: $slug) {
  search(query: $words, first: 20) { nodes { task { number title } comment { body } } }
} }
"""
TYPENAME = "query Typename { __typename }"
VIEWER = "query Viewer { viewer { handle } }"
UPDATE = """
mutation Update($input: TaskUpdateInput!) { taskUpdate(input: $input) { task { id title } } }
"""


@dataclass(frozen=True)
class Request:
    """An operation with its variables, and how its answer becomes comparable."""

    document: str
    variables: Mapping[str, Any]
    operation: str
    #: Turns `data` into the common form.
    shape: Callable[[Any], Any] = lambda data: data

    def body(self) -> bytes:
        return orjson.dumps(
            {
                "query": self.document,
                "variables": self.variables,
                "operationName": self.operation,
            }
        )


#: Makes the request of a workload.
MakeRequest = Callable[[Target], Request]


@dataclass(frozen=True)
class Workload:
    """An operation that is measured."""

    name: str
    description: str
    make_request: MakeRequest
    #: Whether it writes: then each client updates a task of its own, with a new title each time.
    writes: bool = False


def title(number: int) -> str:
    """The title that an update sets. All have the same length."""
    return f"Title {number % 1_000_000:06}"


def _request(document: str, *names: str) -> MakeRequest:
    operation = document.split(maxsplit=2)[1].partition("(")[0]

    def make(target: Target) -> Request:
        return Request(document, {name: target.variables[name] for name in names}, operation)

    return make


def _update(target: Target) -> Request:
    values = {"id": f"task_{target.task_ids[0].hex}", "title": title(0)}
    return Request(UPDATE, {"input": values}, "Update")


WORKLOADS = (
    Workload("board", "50 tasks of a project with people, labels, state and 3 comments each",
             _request(BOARD, "slug", "key")),
    Workload("task", "one task by its key, with its relations", _request(TASK, "slug", "taskKey")),
    Workload("list", "100 tasks with ten scalars", _request(LIST, "slug")),
    Workload("deep", "projects, their milestones, tasks and comments", _request(DEEP, "slug")),
    Workload("filtered", "50 open, urgent tasks with a label, by due date",
             _request(FILTERED, "slug", "label")),
    Workload("search", "20 hits of a full-text search", _request(SEARCH, "slug", "words")),
    Workload("typename", "{ __typename }", _request(TYPENAME)),
    Workload("viewer", "{ viewer { handle } }", _request(VIEWER)),
    Workload("update", "a new title for a task", _update, writes=True),
)  # fmt: skip
