"""The operations for PostGraphile's schema, in the notation of `answers.common_form`.

Join tables are fields of their own there; the rest of the differences are aliases. It shows no
token's user: `viewer` asks for the user by handle.
"""

from collections.abc import Callable
from typing import Any

from benchmarks.engine.contenders.search_words import tsquery
from benchmarks.engine.data import Target
from benchmarks.engine.workloads import MakeRequest, Request, title

_ACTIVE = "deletedAt: { isNull: true } archivedAt: { isNull: true }"
_NEWEST = "orderBy: [CREATED_AT_DESC, ROW_ID_DESC]"
_OLDEST = "orderBy: [CREATED_AT_ASC, ROW_ID_ASC]"
_PEOPLE = """
  creator { handle }
  assignees: assignments { nodes { row: user { handle name } } }
  labels: labelings { nodes { row: label { name color } } }
"""

_DOCUMENTS = {
    "board": f"""
query Board($slug: String!, $key: String!) {{ workspace: workspaceBySlug(slug: $slug) {{
  only_project: projects(condition: {{ key: $key }}, first: 1) {{ nodes {{
    tasks(first: 50, filter: {{ {_ACTIVE} }}, {_NEWEST}) {{ nodes {{
      id: rowId number title priority createdAt state {{ name }} {_PEOPLE}
      comments(first: 3, {_OLDEST}) {{ nodes {{ body createdAt author {{ handle }} }} }}
    }} }}
  }} }}
}} }}
""",
    "task": f"""
query Task($slug: String!, $key: String!, $number: Int!) {{
  workspace: workspaceBySlug(slug: $slug) {{
    only_project: projects(condition: {{ key: $key }}, first: 1) {{ nodes {{
      only_task: tasks(condition: {{ number: $number }}, first: 1) {{ nodes {{
        id: rowId number title body priority estimate dueOn createdAt
        state {{ name category color }} {_PEOPLE} milestone {{ title }}
        comments(first: 20, {_OLDEST}) {{ nodes {{ body createdAt author {{ handle name }} }} }}
      }} }}
    }} }}
  }}
}}
""",
    "list": f"""
query List($slug: String!) {{ workspace: workspaceBySlug(slug: $slug) {{
  tasks(first: 100, filter: {{ {_ACTIVE} }}, {_NEWEST}) {{ nodes {{
    id: rowId number title priority estimate dueOn rank createdAt updatedAt closedAt
  }} }}
}} }}
""",
    "deep": f"""
query Deep($slug: String!) {{ workspace: workspaceBySlug(slug: $slug) {{
  projects(first: 4, filter: {{ archivedAt: {{ isNull: true }} }}, {_OLDEST}) {{ nodes {{
    key name milestones(first: 3, {_OLDEST}) {{ nodes {{
      title dueOn tasks(first: 5, filter: {{ {_ACTIVE} }}, {_NEWEST}) {{ nodes {{
        number title comments(first: 3, {_OLDEST}) {{ nodes {{ body author {{ handle }} }} }}
      }} }}
    }} }}
  }} }}
}} }}
""",
    "filtered": f"""
query Filtered($slug: String!, $label: String!) {{ workspace: workspaceBySlug(slug: $slug) {{
  tasks(
    first: 50
    filter: {{
      {_ACTIVE} closedAt: {{ isNull: true }} priority: {{ in: [1, 2] }}
      labelings: {{ some: {{ label: {{ name: {{ equalTo: $label }} }} }} }}
    }}
    orderBy: [DUE_ON_ASC, ROW_ID_ASC]
  ) {{ nodes {{ id: rowId number title priority dueOn state {{ name }} }} }}
}} }}
""",
    "search": """
query Search($slug: String!, $words: String!) { workspace: workspaceBySlug(slug: $slug) {
  search(words: $words, first: 20) { nodes { task { number title } comment { body } } }
} }
""",
    "typename": "query Typename { __typename }",
    "viewer": "query Viewer($handle: String!) { viewer: userByHandle(handle: $handle) { handle } }",
    "update": """
mutation Update($input: UpdateTaskInput!) {
  taskUpdate: updateTask(input: $input) { task { id: rowId title } }
}
""",
}


def request_maker(name: str) -> MakeRequest:
    """Return the function that makes a workload's request."""
    document = _DOCUMENTS[name]
    operation = document.split(maxsplit=2)[1].partition("(")[0]

    def make(target: Target) -> Request:
        return Request(document, _variables(name, target), operation, _SHAPES.get(name, _same))

    return make


def _variables(name: str, target: Target) -> dict[str, Any]:
    given = target.variables
    if name == "update":
        values = {"rowId": str(target.task_ids[0]), "patch": {"title": title(0)}}
        return {"input": values}
    if name == "task":
        key, _, number = given["taskKey"].rpartition("-")
        return {"slug": given["slug"], "key": key, "number": int(number)}
    if name == "viewer":
        return {"handle": target.handle}
    if name == "search":
        return {"slug": given["slug"], "words": tsquery(given["words"])}
    names = {"board": ("slug", "key"), "typename": (), "filtered": ("slug", "label")}
    return {key: given[key] for key in names.get(name, ("slug",))}


def _same(data: Any) -> Any:
    return data


def _task_without_project(data: Any) -> Any:
    [project] = data["workspace"]["only_project"]["nodes"]
    return {"workspace": {"only_task": project["only_task"]}}


_SHAPES: dict[str, Callable[[Any], Any]] = {"task": _task_without_project}
