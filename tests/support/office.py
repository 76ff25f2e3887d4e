"""A workspace for tests of mutations: a user of each role and rows of each type."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLObjectType, get_named_type, is_object_type
from sqlalchemy import Connection, select

from models import Base, Role, Scope, StateCategory
from models.base import now
from models.database import Database
from tests.support.client import Api
from tests.support.schema_walk import SCHEMA
from tests.support.world import NOON, World

MUTATIONS = SCHEMA.mutation_type
ERRORS = "errors { code path }"


def gid(row: Any) -> str:
    """The ID of a row in the API."""
    name = type(row).__name__.lower()
    return f"{name}_{row.id.hex}"


def ids(*rows: Any) -> list[str]:
    return [gid(row) for row in rows]


def workspace_mutations() -> set[str]:
    """The mutations that write to a workspace: those that have a `dryRun`."""
    assert isinstance(MUTATIONS, GraphQLObjectType)
    return {name for name, field in MUTATIONS.fields.items() if "dryRun" in field.args}


def document(name: str, selection: str) -> str:
    """The document of a mutation with all its arguments as variables of the same names."""
    assert isinstance(MUTATIONS, GraphQLObjectType)
    declared = MUTATIONS.fields[name].args
    if not declared:
        return f"mutation {{ {name} {{ {selection} }} }}"
    variables = ", ".join(f"${key}: {argument.type}" for key, argument in declared.items())
    arguments = ", ".join(f"{key}: ${key}" for key in declared)
    return f"mutation ({variables}) {{ {name}({arguments}) {{ {selection} }} }}"


def payload_selection(name: str) -> str:
    """A selection of a payload: errors, sequence, and the ID of what was written."""
    assert isinstance(MUTATIONS, GraphQLObjectType)
    payload: Any = get_named_type(MUTATIONS.fields[name].type)
    parts = [ERRORS, "sequence"]
    for field_name, declared in payload.fields.items():
        kind = get_named_type(declared.type)
        if field_name != "errors" and is_object_type(kind) and "id" in kind.fields:
            parts.append(f"{field_name} {{ id }}")
    return " ".join(parts)


def input_of(**fields: Any) -> Callable[["Office"], dict[str, Any]]:
    """The `input` argument of a mutation: `@task` stands for the ID of the office's task."""
    return lambda office: {"input": fill(office, fields)}


def id_of(name: str, **more: Any) -> Callable[["Office"], dict[str, Any]]:
    """The `id` argument of a mutation: `@task` stands for the ID of the office's task."""
    return lambda office: {"id": fill(office, name), **more}


def fill(office: "Office", value: Any) -> Any:
    if isinstance(value, str) and value.startswith("@"):
        return gid(getattr(office, value[1:]))
    if isinstance(value, list):
        return [fill(office, item) for item in value]
    if isinstance(value, dict):
        return {name: fill(office, item) for name, item in value.items()}
    return value


@dataclass
class Office:
    """The client, the rows and the tokens of the workspace.

    Rows are attributes by their name, such as `office.task`. Tokens are named after the role of
    their user; `reader` and `bound` are the owner's, read-only and limited to the workspace.
    """

    api: Api
    world: World
    rows: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.rows[name]
        except KeyError:
            raise AttributeError(name) from None

    async def write(
        self, name: str, selection: str = "", who: str = "member", **arguments: Any
    ) -> dict[str, Any]:
        """Run a mutation and return its payload."""
        mutation = document(name, selection or payload_selection(name))
        data = await self.api.ask(mutation, self.tokens[who], **arguments)
        payload: dict[str, Any] = data[name]
        return payload

    async def must_write(
        self, name: str, selection: str = "", who: str = "member", **arguments: Any
    ) -> dict[str, Any]:
        """Run a mutation that must have no errors, and return its payload."""
        payload = await self.write(
            name, f"{ERRORS} {selection or payload_selection(name)}", who, **arguments
        )
        assert payload["errors"] == []
        return payload

    def gid(self, name: str) -> str:
        """The ID of one of the office's rows."""
        return gid(self.rows[name])

    async def sequence(self) -> int:
        """The sequence number of the latest change."""
        query = "query ($slug: String!) { workspace(slug: $slug) { sequence } }"
        data = await self.api.ask(query, self.tokens["owner"], slug=self.workspace.slug)
        number: int = data["workspace"]["sequence"]
        return number

    async def changes(self, after: int = 0, **filter: Any) -> list[dict[str, Any]]:
        """The changes after a sequence number."""
        query = """
            query ($slug: String!, $after: Int!, $filter: ChangeFilter) { workspace(slug: $slug) {
              changes(after: $after, filter: $filter) { nodes {
                sequence kind actor { handle } subjectType subjectId fields { name before after }
              } }
            } }
        """
        variables = {"slug": self.workspace.slug, "after": after, "filter": filter or None}
        data = await self.api.ask(query, self.tokens["owner"], **variables)
        found: list[dict[str, Any]] = data["workspace"]["changes"]["nodes"]
        return found

    async def fields(self, after: int) -> list[Any]:
        """The kind, the subject's type and the fields of the changes after a sequence number."""
        return [
            (
                change["kind"],
                change["subjectType"],
                {field["name"]: (field["before"], field["after"]) for field in change["fields"]},
            )
            for change in await self.changes(after)
        ]


async def make_office(api: Api, world: World) -> Office:
    """Create the workspace, and a foreign one of the outsider's."""

    async def build() -> tuple[dict[str, Any], dict[str, str]]:
        office = await build_office(api, world)
        return office.rows, office.tokens

    return Office(api, world, *await world.snapshot("office", build))


async def build_office(api: Api, world: World) -> Office:
    from tests.support.concept_cases import declared

    office = Office(api, world)
    rows = office.rows
    workspace = rows["workspace"] = await world.make_workspace(slug="office", name="Office")
    for role in Role:
        name = role.name.lower()
        user = await world.make_user(handle=name, name=name.title(), email=f"{name}@x.example")
        rows[name] = await world.make_member(workspace, user, role)
        office.tokens[name] = await world.make_token(user)
    rows["outsider"] = await world.make_user(handle="outsider")
    office.tokens["outsider"] = await world.make_token(rows["outsider"])
    office.tokens["reader"] = await world.make_token(rows["owner"], scope=Scope.READ)
    office.tokens["bound"] = await world.make_token(rows["owner"], workspace=workspace)
    for name, category in (
        ("triage", StateCategory.TRIAGE),
        ("todo", StateCategory.UNSTARTED),
        ("doing", StateCategory.STARTED),
        ("finished", StateCategory.COMPLETED),
        ("canceled", StateCategory.CANCELED),
        ("empty", StateCategory.BACKLOG),
    ):
        rows[name] = await world.make_state(workspace, name=name, category=category)
    rows["bug"] = await world.make_label(workspace, name="bug")
    rows["docs"] = await world.make_label(workspace, name="docs")
    rows["project"] = await world.make_project(workspace, key="WEB", last_number=5)
    rows["other_project"] = await world.make_project(workspace, key="OPS")
    rows["shelved"] = await world.make_project(workspace, key="OLD", archived_at=NOON)
    rows["milestone"] = await world.make_milestone(rows["project"], title="one")
    rows["other_milestone"] = await world.make_milestone(rows["other_project"], title="other")
    for number, name in enumerate(("parent", "task", "child", "trashed", "linked"), start=1):
        columns: dict[str, Any] = {"number": number, "rank": f"a{number}", "title": name}
        if name == "child":
            columns["parent_id"] = rows["task"].id
        if name == "task":
            columns |= {"parent_id": rows["parent"].id, "milestone_id": rows["milestone"].id}
        if name == "trashed":
            # Recent, or a server's purge would delete it during a test.
            columns["deleted_at"] = now()
        rows[name] = await world.make_task(rows["project"], rows["todo"], **columns)
    rows["remark"] = await world.make_comment(rows["task"], rows["member"], body="mine")
    rows["event"] = await world.make_event(workspace, title="Review")
    rows["attendance"] = await world.make_attendance(rows["event"], rows["guest"])
    rows["foreign"] = foreign = await world.make_workspace(slug="foreign")
    await world.make_member(foreign, rows["outsider"], Role.OWNER)
    rows["foreign_project"] = await world.make_project(foreign, key="FAR")
    rows["foreign_state"] = await world.make_state(foreign)
    rows["foreign_label"] = await world.make_label(foreign)
    rows["foreign_milestone"] = await world.make_milestone(rows["foreign_project"])
    rows["foreign_task"] = await world.make_task(
        rows["foreign_project"], rows["foreign_state"], number=1
    )
    rows["foreign_remark"] = await world.make_comment(rows["foreign_task"], rows["outsider"])
    rows["foreign_event"] = await world.make_event(foreign)
    for add_to_office in declared("add_to_office"):
        await add_to_office(world, rows)
    link = {"taskId": office.gid("parent"), "kind": "BLOCKS", "otherId": office.gid("child")}
    await office.must_write("taskLinkCreate", input=link)
    return office


async def dump(database: Database) -> dict[str, list[Any]]:
    """All rows of all tables, by the table's name."""
    async with database.read_engine.connect() as connection:
        return await connection.run_sync(_read_tables)


def _read_tables(connection: Connection) -> dict[str, list[Any]]:
    # In one call: awaiting each statement takes twice as long.
    return {
        name: [tuple(row) for row in connection.execute(rows)] for name, rows in ALL_ROWS.items()
    }


ALL_ROWS = {
    table.name: select(table).order_by(*table.primary_key.columns)
    for table in Base.metadata.sorted_tables
}
