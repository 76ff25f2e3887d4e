"""Random filters and orders, compared with a reference implementation."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.kit.node import node_id
from models import Priority, StateCategory, TaskLinkKind
from tests.support.client import Api
from tests.support.filter_reference import URGENCY, Data, Row, matches, ordered
from tests.support.world import World

#: Letters that all databases lowercase in the same way, and characters that LIKE interprets.
TEXTS = ["", "a", "A", "ab", "aB", "Äb", "äB", "%", "_", "a%b", "a_b", "a\\b", "/", "'", "\u0431",
         "\u0411", "ß", "é", "e\u0301", "中", "😀", "a ", " a", "zz"]  # fmt: skip
MOMENTS = [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=n * 7) for n in range(6)]
MOMENTS += [MOMENTS[0] + timedelta(microseconds=1), datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)]
DAYS = [date(2026, 3, 1), date(2026, 3, 2), date(2026, 2, 28)]
NUMBERS = [0.0, 0.5, 1.0, 2.5, 8.0]


def text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


async def make_data(world: World, seed: int) -> tuple[Data, str, str]:
    return await world.snapshot(f"data with seed {seed}", lambda: build_data(world, seed))


async def build_data(world: World, seed: int) -> tuple[Data, str, str]:
    """A workspace of edge cases: nulls, equal values, empty lists, a user who is no member."""
    draw = random.Random(seed)
    workspace = await world.make_workspace()
    users = [
        await world.make_member(workspace, await world.make_user(handle=f"u{n}.{name}", name=name))
        for n, name in enumerate(draw.sample(TEXTS, 4))
    ]
    gone = await world.make_user(handle="gone", name="a")
    states = [
        await world.make_state(workspace, name=f"{n}{name}", category=category)
        for n, (name, category) in enumerate(
            zip(TEXTS, draw.sample(list(StateCategory), 4), strict=False)
        )
    ]
    labels = [await world.make_label(workspace, name=f"{n}{TEXTS[n]}") for n in range(5)]
    projects = [
        await world.make_project(workspace, name=draw.choice(TEXTS), lead_id=lead)
        for lead in (users[0].id, None, gone.id)
    ]
    milestones = [
        await world.make_milestone(project, title=draw.choice(TEXTS), due_on=draw.choice(DAYS))
        for project in projects[:2]
    ]
    data = Data(viewer=node_id(users[0]))
    person = {
        user.id: {"id": node_id(user), "handle": user.handle, "name": user.name} for user in users
    }
    states_by_id = {
        state.id: {
            "id": node_id(state), "name": state.name, "category": state.category.name,
            "position": state.position,
        }
        for state in states
    }  # fmt: skip
    projects_by_id = {
        project.id: {
            "id": node_id(project), "key": project.key, "name": project.name,
            "createdAt": project.created_at, "archivedAt": None,
            "lead": person.get(project.lead_id),  # type: ignore[arg-type]
        }
        for project in projects
    }  # fmt: skip
    milestones_by_id = {
        one.id: {
            "id": node_id(one), "title": one.title, "dueOn": one.due_on, "closedAt": None,
            "project": projects_by_id[one.project_id],
        }
        for one in milestones
    }  # fmt: skip
    tasks: list[tuple[Any, Row]] = []
    for number in range(1, 31):
        project = draw.choice(projects)
        parent = draw.choice([None, None, *(task for task, _ in tasks)])
        milestone = draw.choice([None, *milestones])
        creator = draw.choice([None, gone, *users])
        state = draw.choice(states)
        columns: dict[str, Any] = {
            "title": draw.choice(TEXTS), "body": draw.choice(TEXTS), "rank": draw.choice("abAB"),
            "priority": draw.choice([None, *Priority]), "estimate": draw.choice([None, *NUMBERS]),
            "due_on": draw.choice([None, *DAYS]), "created_at": draw.choice(MOMENTS),
            "updated_at": draw.choice(MOMENTS), "closed_at": draw.choice([None, *MOMENTS]),
        }  # fmt: skip
        task = await world.make_task(
            project, state, number=number, **columns,
            creator_id=creator and creator.id, parent_id=parent and parent.id,
            milestone_id=milestone and milestone.id,
        )  # fmt: skip
        assigned = draw.sample(users, draw.choice([0, 0, 1, 2]))
        labeled = draw.sample(labels, draw.choice([0, 0, 1, 3]))
        await world.assign(task, *assigned)
        await world.label(task, *labeled)
        comments = [
            await world.make_comment(
                task, author, body=draw.choice(TEXTS), created_at=draw.choice(MOMENTS)
            )
            for author in draw.choices([None, gone, *users], k=draw.choice([0, 0, 1, 2]))
        ]
        row: Row = {
            "key": task.id, "id": node_id(task), "number": number, "title": columns["title"],
            "body": columns["body"], "rank": columns["rank"], "estimate": columns["estimate"],
            "priority": columns["priority"] and columns["priority"].name,
            "dueOn": columns["due_on"], "createdAt": columns["created_at"],
            "updatedAt": columns["updated_at"], "closedAt": columns["closed_at"],
            "state": states_by_id[state.id], "project": projects_by_id[project.id],
            "milestone": milestone and milestones_by_id[milestone.id],
            "creator": person.get(creator.id) if creator else None,
            "parent": next((seen for one, seen in tasks if one is parent), None),
            "assignees": [person[user.id] for user in assigned],
            "labels": [
                {"id": node_id(one), "name": one.name, "color": one.color} for one in labeled
            ],
            "comments": [
                {
                    "id": node_id(one), "body": one.body, "createdAt": one.created_at,
                    "editedAt": None,
                    "author": person.get(one.author_id),  # type: ignore[arg-type]
                }
                for one in comments
            ],
            "isBlocked": False,
        }  # fmt: skip
        tasks.append((task, row))
    for _ in range(12):
        (task, row), (other, blocker) = draw.sample(tasks, 2)
        kind = draw.choice([TaskLinkKind.BLOCKED_BY, TaskLinkKind.RELATES_TO])
        try:
            await world.link(task, kind, other)
        except Exception:  # noqa: BLE001 - linked so already
            continue
        if kind is TaskLinkKind.BLOCKED_BY and row["closedAt"] is blocker["closedAt"] is None:
            row["isBlocked"] = True
    data.tasks = [row for _, row in tasks]
    data.projects = list(projects_by_id.values())
    return data, await world.make_token(users[0]), workspace.slug


def one_field(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Row]:
    """Dicts with one of the fields."""
    return st.sampled_from(sorted(fields)).flatmap(
        lambda name: fields[name].map(lambda value: {name: value})
    )


def some_fields(fields: dict[str, st.SearchStrategy[Any]], least: int) -> st.SearchStrategy[Row]:
    """Dicts with up to two of the fields, and at least `least`."""
    parts = st.lists(one_field(fields), min_size=least, max_size=2)
    return parts.map(lambda found: {name: part[name] for part in found for name in part})


def comparator(values: st.SearchStrategy[Any], *operators: str) -> st.SearchStrategy[Row]:
    choices: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(operators, values)
    choices |= {name: st.lists(values, max_size=3) for name in ("in", "nin") if name in operators}
    if "null" in operators:
        choices["null"] = st.booleans()
    return some_fields(choices, 1)


EQUAL = ("eq", "neq", "in", "nin")
texts = comparator(
    st.sampled_from(TEXTS), *EQUAL, "contains", "notContains", "startsWith", "endsWith",
    "eqIgnoreCase", "containsIgnoreCase", "null",
)  # fmt: skip
numbers = comparator(
    st.sampled_from([*NUMBERS, -1.0, 3.0, 7.5, 1e300, -1e300]), *EQUAL, "lt", "lte", "gt", "gte",
    "null",
)  # fmt: skip
counts = comparator(st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0]), *EQUAL, "lt", "lte", "gt", "gte")
instants = comparator(
    st.sampled_from([*map(text, MOMENTS), "2026-03-01", "2026-03-02"]),
    "eq", "neq", "lt", "lte", "gt", "gte", "null",
)  # fmt: skip
priorities = comparator(st.sampled_from(URGENCY), *EQUAL, "null")
categories = comparator(st.sampled_from([one.name for one in StateCategory]), *EQUAL)


def filters(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Row]:
    """Nested filters of a type, from the strategies of its fields."""
    nested = st.recursive(
        some_fields(fields, 0),
        lambda inner: one_field(
            {"and": st.lists(inner, max_size=3), "or": st.lists(inner, max_size=3), "not": inner}
        ),
        max_leaves=4,
    )
    # Deferred, so that Hypothesis prints a short name in its reports.
    return st.deferred(lambda: nested)


def maybe(of: st.SearchStrategy[Row]) -> st.SearchStrategy[Row]:
    """Filters of an optional relation."""
    null_filters = st.booleans().map(lambda value: {"null": value})
    both = st.tuples(of, null_filters).map(lambda parts: parts[0] | parts[1])
    return st.one_of(of, null_filters, both)


def collections(of: st.SearchStrategy[Row]) -> st.SearchStrategy[Row]:
    return one_field({"some": of, "every": of, "none": of, "length": counts})


user_filters = filters({"handle": texts, "name": texts, "isMe": st.booleans()})
state_filters = filters({"name": texts, "category": categories, "position": numbers})
label_filters = filters({"name": texts, "color": texts})
project_filters = filters({"key": texts, "name": texts, "lead": maybe(user_filters)})
milestone_filters = filters({"title": texts, "dueOn": instants, "project": project_filters})
comment_filters = filters({"body": texts, "createdAt": instants, "author": maybe(user_filters)})
own_fields: dict[str, st.SearchStrategy[Any]] = {
    "number": numbers, "title": texts, "body": texts, "priority": priorities,
    "estimate": numbers, "dueOn": instants, "createdAt": instants, "updatedAt": instants,
    "closedAt": instants, "isBlocked": st.booleans(),
}  # fmt: skip
task_filters = filters(
    own_fields
    | {
        "state": state_filters, "project": project_filters, "milestone": maybe(milestone_filters),
        "creator": maybe(user_filters), "assignees": collections(user_filters),
        "labels": collections(label_filters), "comments": collections(comment_filters),
        "parent": maybe(filters(own_fields | {"assignees": collections(user_filters)})),
    },
)  # fmt: skip
orders = st.lists(
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(
                ["CREATED_AT", "UPDATED_AT", "CLOSED_AT", "DUE_ON", "PRIORITY", "NUMBER", "TITLE",
                 "RANK", "ESTIMATE"]
            ),
            "direction": st.sampled_from(["ASC", "DESC"]),
            "nulls": st.sampled_from(["FIRST", "LAST"]),
        }
    ),
    max_size=3,
)  # fmt: skip

PAGE = """
query ($slug: String!, $filter: TaskFilter, $orderBy: [TaskOrder!],
       $first: Int, $after: String, $last: Int, $before: String, $counts: Boolean! = true) {
  workspace(slug: $slug) {
    tasks(filter: $filter, orderBy: $orderBy,
          first: $first, after: $after, last: $last, before: $before) {
      nodes { id }
      totalCount @include(if: $counts)
      count(limit: 3) @include(if: $counts) { value isExact }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""


async def walk(
    api: Api, token: str, variables: Row, size: int, *, forwards: bool, expected: list[str]
) -> list[str]:
    """The IDs on all pages. The counts of the list are asserted on the way."""
    collected: list[str] = []
    cursor = None
    while True:
        where: Row = {"counts": cursor is None}
        where |= {"first": size, "after": cursor} if forwards else {"last": size, "before": cursor}
        found = (await api.ask(PAGE, token, **variables, **where))["workspace"]["tasks"]
        ids = [node["id"] for node in found["nodes"]]
        collected = collected + ids if forwards else ids + collected
        if cursor is None:
            # The counts of the other pages are those of the same list.
            assert found["totalCount"] == len(expected)
            assert found["count"] == {"value": min(3, len(expected)), "isExact": len(expected) <= 3}
        info = found["pageInfo"]
        cursor = info["endCursor" if forwards else "startCursor"]
        if not info["hasNextPage" if forwards else "hasPreviousPage"]:
            return collected
        assert len(collected) < 100


RELAXED = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large,
    ],
)  # fmt: skip


@pytest.fixture(params=[1, 2])
async def data(world: World, request: pytest.FixtureRequest) -> tuple[Data, str, str]:
    return await make_data(world, request.param)


@RELAXED
@given(where=task_filters, order=orders, size=st.sampled_from([2, 7, 100]), forwards=st.booleans())
async def test_pages_match_the_reference(
    api: Api, data: tuple[Data, str, str], where: Row, order: list[Row], size: int, forwards: bool
) -> None:
    rows, token, slug = data
    sorted_rows = ordered([row for row in rows.tasks if matches(where, row, rows)], order)
    expected = [row["id"] for row in sorted_rows]
    variables = {"slug": slug, "filter": where, "orderBy": order}
    collected = await walk(api, token, variables, size, forwards=forwards, expected=expected)
    assert collected == expected


NESTED = """
query ($slug: String!, $filter: TaskFilter, $orderBy: [TaskOrder!], $first: Int) {
  workspace(slug: $slug) { projects { nodes { id
    tasks(filter: $filter, orderBy: $orderBy, first: $first) {
      nodes { id }
      totalCount
      count(limit: 2) { value isExact }
    }
  } } }
}
"""


@RELAXED
@given(where=task_filters, order=orders, size=st.sampled_from([1, 3, 100]))
async def test_pages_of_many_parents_match_the_reference(
    api: Api, data: tuple[Data, str, str], where: Row, order: list[Row], size: int
) -> None:
    rows, token, slug = data
    answer = await api.ask(NESTED, token, slug=slug, filter=where, orderBy=order, first=size)
    for project in answer["workspace"]["projects"]["nodes"]:
        sorted_rows = [
            row
            for row in ordered(rows.tasks, order)
            if row["project"]["id"] == project["id"] and matches(where, row, rows)
        ]
        assert project["tasks"] == {
            "nodes": [{"id": row["id"]} for row in sorted_rows[:size]],
            "totalCount": len(sorted_rows),
            "count": {"value": min(2, len(sorted_rows)), "isExact": len(sorted_rows) <= 2},
        }
