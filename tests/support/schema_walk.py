"""Selections generated from the schema, so that tests cover new types and fields."""

import re
from collections.abc import Iterator, Mapping

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_union_type,
)

from graph.kit.node import models_by_name
from graph.schema import schema as strawberry_schema

SCHEMA: GraphQLSchema = strawberry_schema._schema
NODE = SCHEMA.type_map["Node"]

#: Values of required arguments, by type, field and argument.
ARGUMENTS = {
    ("Workspace", "taskGroups", "by"): "STATE",
    ("Workspace", "search", "query"): '"remark"',
    ("Project", "taskGroups", "by"): "STATE",
    ("Workspace", "project", "key"): '"PRJ"',
    ("Workspace", "task", "key"): '"PRJ-1"',
}


def node_types() -> list[GraphQLObjectType]:
    """All object types whose values are rows with an ID."""
    return [
        kind
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, GraphQLObjectType) and kind.name in models_by_name()
    ]


def paths(kind: GraphQLObjectType, of_nodes: Mapping[str, str] = {}) -> Iterator[str]:
    """Yield selections of the fields of a type: one of all scalars, and one for each other field.

    Each ends at the next nodes or scalars. `of_nodes` are the selections of nodes by their types,
    instead of their `id`.
    """
    scalars = [
        f"{name}{required_arguments(kind, name, field)}"
        for name, field in kind.fields.items()
        if not is_composite(get_named_type(field.type))
    ]
    if scalars:
        yield " ".join(scalars)
    for name, field in kind.fields.items():
        target = get_named_type(field.type)
        head = f"{name}{required_arguments(kind, name, field)}"
        if not is_composite(target):
            continue
        if is_union_type(target):
            yield f"{head} {{ {of_members(target)} }}"
        elif is_node(target):
            yield f"{head} {{ {of_nodes.get(target.name, 'id')} }}"
        else:
            assert isinstance(target, GraphQLObjectType)
            for inner in paths(target, of_nodes):
                yield f"{head} {{ {inner} }}"
            if any(
                selects_nodes(field.args[argument])
                for argument in FILTER_AND_ORDER.keys() & field.args.keys()
            ):
                yield f"{name}{filter_arguments(kind, name, field)} {{ {next(paths(target))} }}"


#: Scalars that are computed from others, and that say nothing about which rows are visible.
COMPUTED = re.compile(r"viewer(Can|Has)\w+|\w+HTML|version|url")


def selection(kind: GraphQLNamedType, depth: int, *, is_related: bool = False) -> str:
    """A selection of every field of a type, and of its related nodes to a depth of `depth`.

    Of related nodes, computed scalars are left out.
    """
    assert isinstance(kind, GraphQLObjectType)
    parts = []
    for name, field in kind.fields.items():
        target = get_named_type(field.type)
        head = f"{name}{required_arguments(kind, name, field)}"
        if not is_composite(target):
            if not (is_related and COMPUTED.fullmatch(name)):
                parts.append(head)
        elif is_union_type(target):
            parts.append(f"{head} {{ {of_members(target)} }}")
        elif is_node(target):
            if kind.name.endswith("Edge"):
                # `nodes` of the connection selects the same.
                parts.append(f"{head} {{ id }}")
            elif depth > 1 and is_object_type(target):
                parts.append(f"{head} {{ {selection(target, depth - 1, is_related=True)} }}")
        elif inner := selection(target, depth, is_related=is_related):
            parts.append(f"{head} {{ {inner} }}")
    return " ".join(parts)


def of_members(union: GraphQLUnionType) -> str:
    """A selection of the plain fields of all types of a union."""
    return " ".join(
        f"... on {kind.name} {{ {'id' if is_node(kind) else ' '.join(kind.fields)} }}"
        for kind in union.types
    )


def required_arguments(kind: GraphQLNamedType, name: str, field: GraphQLField) -> str:
    """The required arguments of a field with their values, in parentheses."""
    arguments = [
        f"{argument}: {ARGUMENTS[kind.name, name, argument]}"
        for argument, declared in field.args.items()
        if is_required(declared)
    ]
    return f"({', '.join(arguments)})" if arguments else ""


#: A filter and an order that every connection of nodes accepts.
FILTER_AND_ORDER = {
    "filter": "{id: {null: false}, not: {id: {null: true}}}",
    "orderBy": "[{field: CREATED_AT, direction: ASC, nulls: FIRST}]",
}


def filter_arguments(kind: GraphQLNamedType, name: str, field: GraphQLField) -> str:
    """The required arguments of a field, a filter and an order, in parentheses."""
    arguments = [required_arguments(kind, name, field).strip("()")]
    arguments += [
        f"{argument}: {value}"
        for argument, value in FILTER_AND_ORDER.items()
        if argument in field.args and selects_nodes(field.args[argument])
    ]
    return f"({', '.join(part for part in arguments if part)})"


def is_required(argument: GraphQLArgument) -> bool:
    from graphql import Undefined

    return is_non_null_type(argument.type) and argument.default_value is Undefined


def selects_nodes(argument: GraphQLArgument) -> bool:
    """Whether an argument is the filter or the order of a connection of nodes."""
    kind = get_named_type(argument.type)
    return isinstance(kind, GraphQLInputObjectType) and bool({"id", "field"} & kind.fields.keys())


def is_composite(kind: GraphQLNamedType) -> bool:
    return is_object_type(kind) or is_union_type(kind) or kind is NODE


def is_node(kind: GraphQLNamedType) -> bool:
    return kind is NODE or kind.name in models_by_name()


def has_list(field: GraphQLField) -> bool:
    inner = field.type.of_type if is_non_null_type(field.type) else field.type
    return is_list_type(inner)
