"""Reading the log of changes."""

from typing import Any

import pytest

from tests.support.client import Statements
from tests.support.office import Office

pytestmark = pytest.mark.usefixtures("roles_read_once")

PAGE = """
  query ($slug: String!, $after: Int, $first: Int, $filter: ChangeFilter) {
    workspace(slug: $slug) {
      sequence
      changes(after: $after, first: $first, filter: $filter) {
        lastSequence hasMore nodes { sequence kind subjectType }
      }
    }
  }
"""


async def page(office: Office, **variables: Any) -> dict[str, Any]:
    variables = {"slug": "office"} | variables
    data = await office.api.ask(PAGE, office.tokens["guest"], **variables)
    result: dict[str, Any] = data["workspace"]["changes"]
    return result


async def test_page_resumes_after_a_sequence_number(office: Office) -> None:
    latest = await office.sequence()
    sequences: list[int] = []
    after = 0
    for _ in range(100):
        result = await page(office, after=after, first=7)
        sequences += [change["sequence"] for change in result["nodes"]]
        after = result["lastSequence"]
        if not result["hasMore"]:
            break
    assert sequences == list(range(1, latest + 1))
    assert after == latest
    empty = {"lastSequence": latest, "hasMore": False, "nodes": []}
    assert await page(office, after=latest) == empty


async def test_filtered_page_returns_the_last_sequence_it_searched(office: Office) -> None:
    latest = await office.sequence()
    tasks = await page(office, filter={"subjectTypes": ["Task"], "kinds": ["CREATED"]})
    assert [change["subjectType"] for change in tasks["nodes"]] == ["Task"] * 5
    assert (tasks["lastSequence"], tasks["hasMore"]) == (latest, False)
    two = await page(office, first=2, filter={"subjectTypes": ["Task"]})
    assert two["hasMore"]
    assert two["lastSequence"] == two["nodes"][-1]["sequence"] == tasks["nodes"][1]["sequence"]
    one = await page(office, filter={"subjectIds": [office.gid("remark")]})
    assert [change["subjectType"] for change in one["nodes"]] == ["Comment"]
    project = await page(office, filter={"projectIds": [office.gid("project")]})
    kinds = {change["subjectType"] for change in project["nodes"]}
    assert kinds == {"Project", "Milestone", "Task", "Comment", "Reaction"}
    assert (await page(office, filter={"kinds": []}))["nodes"] == []


async def test_empty_page_returns_the_latest_sequence(office: Office) -> None:
    result = await page(office, first=0)
    assert result == {"lastSequence": 0, "hasMore": True, "nodes": []}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"after": -1}, "after: must be 0 or greater, not -1."),
        ({"first": 101}, "first: must be between 0 and 100, not 101."),
        (
            {"filter": {"projectIds": ["x"]}},
            "filter.projectIds[0]: 'x' is not a valid ID. Use an ID that the API returned.",
        ),
    ],
)
async def test_invalid_arguments_are_refused(
    office: Office, variables: dict[str, Any], message: str
) -> None:
    variables = {"slug": "office"} | variables
    refusal = await office.api.refusal(PAGE, office.tokens["guest"], **variables)
    assert refusal == ("BAD_USER_INPUT", message)


async def test_task_has_its_own_changes(office: Office, kind: str) -> None:
    key = office.gid("task")
    await office.must_write("taskUpdate", input={"id": key, "title": "one"})
    await office.must_write("taskUpdate", input={"id": key, "addedLabelIds": [office.gid("bug")]})
    query = """
      query ($id: ID!, $after: String) { node(id: $id) { ... on Task {
        changes(first: 2, after: $after) {
          totalCount pageInfo { endCursor hasNextPage }
          nodes { kind actor { handle } subject { id } fields { name before after } }
        }
      } } }
    """
    with Statements(office.api.database) as statements:
        data = await office.api.ask(query, office.tokens["guest"], id=key)
    first = data["node"]["changes"]
    # The viewer, the task, the page, the count, the actors and the subjects. On PostgreSQL, one
    # statement reads all but the viewer and the subjects, which could be of any type.
    assert len(statements) == (3 if kind == "postgresql" else 6)
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    assert [node["kind"] for node in first["nodes"]] == ["CREATED", "UPDATED"]
    assert first["nodes"][1] == {
        "kind": "UPDATED",
        "actor": {"handle": "member"},
        "subject": {"id": key},
        "fields": [{"name": "title", "before": "task", "after": "one"}],
    }
    cursor = first["pageInfo"]["endCursor"]
    data = await office.api.ask(query, office.tokens["guest"], id=key, after=cursor)
    assert [node["fields"] for node in data["node"]["changes"]["nodes"]] == [
        [{"name": "labelIds", "before": [], "after": [office.gid("bug")]}]
    ]


async def test_outsider_sees_no_changes(office: Office) -> None:
    data = await office.api.ask(PAGE, office.tokens["outsider"], slug="office")
    assert data == {"workspace": None}
