"""The schema, composed of the concepts' queries, mutations and types."""

from importlib import import_module
from types import ModuleType
from typing import Any

import strawberry
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    print_schema,
)
from strawberry.schema.config import StrawberryConfig

from graph.kit.filtering.relative_time import DATE_TIME_OR_DURATION, RelativeTime
from graph.kit.node import Node
from graph.kit.scalars import SCALARS
from graph.operations.cost import FieldCosts, ListLengths
from graph.views.board import max_groups
from graph.views.rendered_text import HTML_COST, HTML_FIELDS
from models.reaction import MAX_EMOJI
from models.search.query import search_cost

#: The concepts, in the order in which their fields appear in the schema.
CONCEPTS: list[ModuleType] = [
    import_module(f"graph.concepts.{name}")
    for name in (
        "user",
        "node",
        "credential",
        "workspace",
        "membership",
        "invitation",
        "project",
        "task",
        "comment",
        "reaction",
        "label",
        "milestone",
        "state",
        "event",
        "change_revert",
        "change_subscription",
        "rate_limit",
    )
]


def defined_in_concepts(suffix: str) -> tuple[type, ...]:
    """Return the concepts' classes with a suffix, such as `Mutations`."""
    return tuple(
        member
        for concept in CONCEPTS
        for name, member in vars(concept).items()
        if isinstance(member, type) and name.endswith(suffix)
    )


def root_type(name: str, description: str) -> Any:
    """Make the type whose fields are those of the concepts' root types."""
    suffix = {
        "Query": "Queries",
        "Mutation": "Mutations",
        "Subscription": "Subscriptions",
    }[name]
    made = type(name, defined_in_concepts(suffix), {"__module__": __name__})
    return strawberry.type(made, description=description)


Query = root_type("Query", "The queries.")
Mutation = root_type(
    "Mutation",
    "The mutations. Each field is executed in its own transaction, one after another.",
)
Subscription = root_type(
    "Subscription",
    "The subscriptions, over WebSocket (graphql-transport-ws) or Server-Sent Events.",
)


#: The lengths of lists that neither have pages nor are short.
LIST_LENGTHS: ListLengths = {
    ("Comment", "reactionCounts"): lambda given, limits: MAX_EMOJI,
    ("TaskBatchPayload", "results"): lambda given, limits: limits.batch_rows,
    ("Workspace", "taskGroups"): lambda given, limits: max_groups(given("by")),
    ("Project", "taskGroups"): lambda given, limits: max_groups(given("by")),
}
#: The costs of fields whose arguments decide how much work they are.
FIELD_COSTS: FieldCosts = {
    ("Workspace", "search"): lambda given: search_cost(given("query")),
    **{field: lambda given: HTML_COST for field in HTML_FIELDS},
}


DESCRIPTION = (
    "Taskloom: tasks in projects of workspaces, with boards, comments, events, full-text search, "
    "and a log of every change. Lists are Relay connections. Errors of mutations are data."
)


def refine(graphql_schema: GraphQLSchema) -> None:
    """Set what Strawberry does not: description, order of types, absent defaults, `@oneOf`."""
    graphql_schema.description = DESCRIPTION
    types = graphql_schema.type_map
    roots = {name: types.pop(name) for name in ("Query", "Mutation", "Subscription")}
    others = dict(types)
    types.clear()
    # After the root types, each type follows the first one that mentions it.
    types.update(roots | others)
    for kind in types.values():
        if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            parts: Any = [part for field in kind.fields.values() for part in field.args.values()]
        elif isinstance(kind, GraphQLInputObjectType):
            parts = kind.fields.values()
            # graphql-core then prints `@oneOf`, and checks literals and variables itself.
            kind.is_one_of = kind.extensions["strawberry-definition"].is_one_of
        else:
            continue
        for part in parts:
            # Python's default. For clients `= null` means the same as none, but linters and code
            # generators take it for a value.
            if part.default_value is None:
                part.default_value = Undefined


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    # Types that are only reachable through the interface `Node` must be listed.
    types=[node for node in Node.__subclasses__() if node.__module__.startswith("graph.")],
    config=StrawberryConfig(scalar_map=SCALARS | {RelativeTime: DATE_TIME_OR_DURATION}),
)
refine(schema._schema)


def printed_schema() -> str:
    """Return the schema in GraphQL's schema language."""
    # Strawberry's printer would sort the types by name.
    return print_schema(schema._schema) + "\n"
