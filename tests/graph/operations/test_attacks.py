"""Attacks: requests that exhaust the server, forged IDs and cursors, SQL injection."""

import asyncio
import statistics
import time
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from models.database import Database
from tests.support.attacks import bombs
from tests.support.client import Statements
from tests.support.office import Office, dump
from tests.support.schema_walk import SCHEMA
from tests.support.serving import Remote, serving

HEADERS = {"Content-Type": "application/json"}


class TestBombs:
    @pytest.fixture
    def kind(self) -> str:
        return "sqlite"

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"budget": 10**12, "anonymous_budget": 10**12}

    @pytest.mark.parametrize("who", ["anonymous", "member"])
    async def test_bomb_is_refused_before_execution(self, office: Office, who: str) -> None:
        headers = HEADERS | (
            {"Authorization": f"Bearer {office.tokens['member']}"} if who == "member" else {}
        )
        with Statements(office.api.database) as statements:
            for name, body in bombs().items():
                statements.clear()
                async with asyncio.timeout(10):
                    response = await office.api.http.post("/graphql", content=body, headers=headers)
                assert response.status_code in (400, 413), name
                answer = response.json()
                assert "data" not in answer, name
                assert len(response.content) < 20_000, name
                for error in answer["errors"]:
                    assert len(error["message"]) > 10, name
                    assert error["extensions"]["code"] not in ("INTERNAL_ERROR", None), name
                # Only the viewer is read.
                assert len(statements) <= (who == "member"), name


#: Seconds of each measurement, and the number of attacking clients.
SECONDS, ATTACKERS = 1.5, 4


class TestOtherClients:
    @pytest.fixture
    def kind(self) -> str:
        return "sqlite"

    async def test_latency_stays_low_during_an_attack(self, office: Office, url: str) -> None:
        """Compare the latency of one client with and without an attack, in the same run."""
        async with serving(url) as (remote, _):
            usual = await latency(remote, office)
            stop = asyncio.Event()
            attacks = [
                asyncio.ensure_future(attack(remote, stop, number)) for number in range(ATTACKERS)
            ]
            attacked = await latency(remote, office)
            stop.set()
            sent = sum(await asyncio.gather(*attacks))
            usual = max(usual, await latency(remote, office))
        assert sent > ATTACKERS
        assert attacked < 3 * usual, (attacked, usual, sent)


async def latency(remote: Remote, office: Office) -> float:
    """The median latency of a request, in seconds."""
    query = (
        '{ workspace(slug: "office") { tasks(first: 20) { nodes { title assignees { name } } } } }'
    )
    times = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        started = time.perf_counter()
        await remote.ask(query, office.tokens["member"])
        times.append(time.perf_counter() - started)
        await asyncio.sleep(0.005)
    return statistics.median(times)


async def attack(remote: Remote, stop: asyncio.Event, number: int) -> int:
    """Send bombs one after another until `stop` is set, and return their number."""
    bodies = [body for body in bombs().values() if len(body) < 2_000_000]
    sent = 0
    async with Remote(remote.address) as attacker:
        while not stop.is_set():
            body = bodies[(sent + number * 5) % len(bodies)]
            response = await attacker.http.post("/graphql", content=body, headers=HEADERS)
            assert response.status_code in (400, 413, 429)
            sent += 1
    return sent


class TestTampering:
    async def test_id_of_another_type_or_workspace_is_not_found(
        self, office: Office, database: Database
    ) -> None:
        hex_id = office.task.id.hex
        wrong = [
            f"project_{hex_id}", f"user_{hex_id}", f"comment_{office.project.id.hex}",
            f"access-token_{office.member.id.hex}", f"task_{office.foreign_task.id.hex}",
            f"Task_{hex_id}", f"task_{hex_id.upper()}", f"task_{hex_id} ", f"task-{hex_id}",
            f"task_{hex_id[:-1]}", f"_{hex_id}", f"task_task_{hex_id}", f"nonsense_{hex_id}",
            f"task_{hex_id}\0", f"t\u0430sk_{hex_id}", "", "1", "' OR 1=1 --", "task_" + "0" * 32,
        ]  # fmt: skip
        before = await dump(database)
        token = office.tokens["member"]
        query = "query ($id: ID!) { node(id: $id) { id } }"
        update = """
          mutation ($id: ID!) { taskUpdate(input: {id: $id, title: "mine"}) {
            errors { code path } task { id }
          } }
        """
        for values in wrong:
            answer = await office.api.answer(query, token, id=values)
            codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
            assert answer["data"] == {"node": None}, values
            assert codes <= {"BAD_USER_INPUT"}, values
            written = await office.api.ask(update, token, id=values)
            [error] = written["taskUpdate"]["errors"]
            assert error["code"] in ("NOT_FOUND", "INVALID"), values
            assert (error["path"], written["taskUpdate"]["task"]) == (["input", "id"], None)
        assert await dump(database) == before

    async def test_cursor_of_another_workspace_shows_no_foreign_rows(self, office: Office) -> None:
        page = """
          query ($slug: String!, $after: String) { workspace(slug: $slug) {
            tasks(first: 1, after: $after) { nodes { id } pageInfo { endCursor } }
          } }
        """
        await office.world.make_member(office.foreign, office.admin)
        foreign = await office.api.ask(page, office.tokens["admin"], slug="foreign")
        cursor = foreign["workspace"]["tasks"]["pageInfo"]["endCursor"]
        # A cursor is a position in an order, not a row: the rows after it are the viewer's own.
        own = await office.api.ask(page, office.tokens["member"], slug="office", after=cursor)
        ids = {node["id"] for node in own["workspace"]["tasks"]["nodes"]}
        assert f"task_{office.foreign_task.id.hex}" not in ids
        for wrong in (
            cursor[:-2], cursor + "AA", cursor[::-1], "", "x", "null", "W10", "eyJ9", "é",
            "WyIiLDEsMl0", "A" * 5_000, "'; DROP TABLE tasks; --", "\0",
        ):  # fmt: skip
            values = {"slug": "office", "after": wrong}
            code, message = await office.api.refusal(page, office.tokens["member"], **values)
            assert code == "BAD_USER_INPUT", wrong
            assert "after" in message

    async def test_lookalike_names_are_refused(self, office: Office, database: Database) -> None:
        before = await dump(database)
        create = """
          mutation ($slug: String!) { workspaceCreate(input: {slug: $slug, name: "x"}) {
            errors { code path }
          } }
        """
        for slug in (
            "\u043effice", "office\u200b", "o\u0301ffice", "of\ufb01ce", "OFFICE", "office\0",
            "office/..", "../office", "%6fffice", "\u202eeciffo", "\u2134ffice", "-office",
        ):  # fmt: skip
            data = await office.api.ask(create, office.tokens["member"], slug=slug)
            [error] = data["workspaceCreate"]["errors"]
            assert (error["code"], error["path"]) == ("INVALID", ["input", "slug"]), slug
        assert await dump(database) == before
        add = """
          mutation ($id: ID!, $handle: String!) {
            memberAdd(input: {workspaceId: $id, handle: $handle}) { errors { code } }
          }
        """
        for handle in (
            "\u043eutsider",
            "outsider\u200b",
            "OUTSIDER",
            "outsider\0",
            "out%",
            "ou_sider",
        ):
            values = {"id": f"workspace_{office.workspace.id.hex}", "handle": handle}
            await office.api.ask(add, office.tokens["admin"], **values)
        # None of them names the outsider, who was invited twice before.
        query = "{ viewer { invitations { totalCount } } }"
        data = await office.api.ask(query, office.tokens["outsider"])
        assert data["viewer"]["invitations"] == {"totalCount": 2}


PATTERNS = [
    "%",
    "_",
    "(a+)+$",
    "^(a|a)*b",
    ".*",
    "[",
    "\\",
    "\\%",
    "a" * 30 + "!",
    "$(id)",
    "{",
    "*",
]


async def test_text_filters_escape_patterns(office: Office) -> None:
    query = """
      query ($text: String!) { workspace(slug: "office") {
        a: tasks(filter: {title: {contains: $text}}) { totalCount }
        b: tasks(filter: {title: {startsWith: $text}}) { totalCount }
        c: tasks(filter: {title: {containsIgnoreCase: $text}}) { totalCount }
      } }
    """
    for text in PATTERNS:
        async with asyncio.timeout(5):
            data = await office.api.ask(query, office.tokens["member"], text=text)
        assert [tasks["totalCount"] for tasks in data["workspace"].values()] == [0, 0, 0], text


INJECTIONS = [
    "'; DROP TABLE users; --",
    '" OR "1"="1',
    "' UNION SELECT digest FROM access_tokens --",
    "\\' OR 1=1 /*",
    "%' AND SLEEP(30) #",
    "$1; SELECT pg_sleep(30)",
]


async def test_sql_injection_in_every_text_argument(office: Office, database: Database) -> None:
    """Try each text argument of each field, and each text field of input objects."""
    before = await dump(database)
    asked = 0
    for kind in SCHEMA.type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind.name.startswith("__"):
            continue
        for name, field in kind.fields.items():
            for value in injected_arguments(field):
                document = document_with(kind, name, field, value)
                if document is None:
                    continue
                async with asyncio.timeout(10):
                    answer = await office.api.answer(document, office.tokens["admin"])
                codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
                assert not codes & {"INTERNAL_ERROR", "UNAVAILABLE"}, (document, answer)
                asked += 1
    assert asked > 150
    after = await dump(database)
    # Failed attempts to sign in are counted in the buckets.
    del before["buckets"], after["buckets"]
    assert {name: len(rows) for name, rows in after.items()}.keys() == before.keys()
    assert after["users"] == before["users"]
    assert after["memberships"] == before["memberships"]


def injected_arguments(field: GraphQLField) -> list[str]:
    """Arguments of a field, each with an injection in one of its texts."""
    found = []
    for name, argument in field.args.items():
        for place, one in enumerate(literals(argument.type, 2)):
            found.append(f"{name}: {one(INJECTIONS[place % len(INJECTIONS)])}")
    return found


def literals(kind: Any, depth: int) -> list[Any]:
    """Functions that write a literal of a type around a text."""
    if is_non_null_type(kind):
        return literals(kind.of_type, depth)
    if is_list_type(kind):
        return [lambda text, one=one: f"[{one(text)}]" for one in literals(kind.of_type, depth)]
    named = get_named_type(kind)
    if named.name in ("String", "ID"):
        return [lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"']
    if not isinstance(named, GraphQLInputObjectType) or depth == 0:
        return []
    ways = []
    for name, field in named.fields.items():
        others = " ".join(
            f"{other}: {placeholder(one.type)}" for other, one in named.fields.items()
            if other != name and is_non_null_type(one.type) and one.default_value is None
        )  # fmt: skip
        for one in literals(field.type, depth - 1):
            ways.append(
                lambda text, one=one, name=name, others=others: f"{{{name}: {one(text)} {others}}}"
            )
    return ways


def placeholder(kind: Any) -> str:
    named = get_named_type(kind)
    plain = {"String": '"x"', "ID": '"x"', "Int": "1", "Float": "1", "Boolean": "true",
             "DateTime": '"2026-01-01T00:00:00Z"', "Date": '"2026-01-01"'}  # fmt: skip
    if hasattr(named, "values"):
        return str(next(iter(named.values)))
    if isinstance(named, GraphQLInputObjectType):
        return "{}"
    return f"[{plain[named.name]}]" if is_list_type(kind.of_type) else plain[named.name]


def document_with(
    kind: GraphQLObjectType, name: str, field: GraphQLField, values: str
) -> str | None:
    """A document that selects a field with an argument, or None if the type is not covered."""
    target = get_named_type(field.type)
    given_names = {values.split(":", maxsplit=1)[0]}
    others = [
        f"{other}: {placeholder(one.type)}" for other, one in field.args.items()
        if other not in given_names and is_non_null_type(one.type)
    ]  # fmt: skip
    inner = " { __typename }" if hasattr(target, "fields") or hasattr(target, "types") else ""
    asked = f"{name}({', '.join([values, *others])}){inner}"
    if kind is SCHEMA.mutation_type:
        return f"mutation {{ {asked} }}"
    paths = {
        "Query": asked,
        "User": f"viewer {{ {asked} }}",
        "Workspace": f'workspace(slug: "office") {{ {asked} }}',
        "Project": f'workspace(slug: "office") {{ project(key: "WEB") {{ {asked} }} }}',
        "Task": f'workspace(slug: "office") {{ task(key: "WEB-2") {{ {asked} }} }}',
    }
    return f"{{ {paths[kind.name]} }}" if kind.name in paths else None
