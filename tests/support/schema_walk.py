"""Ways through the schema, found by walking it: a new type or field is on them by itself."""

from collections.abc import Iterator

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from graph.schema import schema as strawberry_schema

SCHEMA: GraphQLSchema = strawberry_schema._schema
NODE = SCHEMA.type_map["Node"]

#: What required arguments are given, by the field they belong to.
ARGUMENTS = {
    ("Workspace", "taskGroups", "by"): "STATE",
    ("Workspace", "search", "query"): '"remark"',
    ("Project", "taskGroups", "by"): "STATE",
    ("Workspace", "project", "key"): '"PRJ"',
    ("Workspace", "task", "key"): '"PRJ-1"',
}


def node_types() -> list[GraphQLObjectType]:
    """All types that have an id."""
    return [
        kind
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, GraphQLObjectType) and NODE in kind.interfaces
    ]


def paths(kind: GraphQLObjectType) -> Iterator[str]:
    """A selection for each field of a type, down to the next object with an id, or a value."""
    for name, field in kind.fields.items():
        target = get_named_type(field.type)
        head = f"{name}{given_arguments(kind, name, field)}"
        if not is_composite(target):
            yield head
        elif is_node(target):
            yield f"{head} {{ id }}"
        else:
            assert isinstance(target, GraphQLObjectType)
            for inner in paths(target):
                yield f"{head} {{ {inner} }}"
            if any(is_of_rows(field.args[one]) for one in CHOSEN.keys() & field.args.keys()):
                yield f"{name}{chosen_arguments(kind, name, field)} {{ {next(paths(target))} }}"


def selection(kind: GraphQLNamedType, depth: int) -> str:
    """Every field of a type, and of the objects they lead to, as deep as `depth` objects."""
    assert isinstance(kind, GraphQLObjectType)
    parts = []
    for name, field in kind.fields.items():
        target = get_named_type(field.type)
        head = f"{name}{given_arguments(kind, name, field)}"
        if not is_composite(target):
            parts.append(head)
        elif is_node(target):
            if depth > 1 and is_object_type(target):
                parts.append(f"{head} {{ {selection(target, depth - 1)} }}")
        elif inner := selection(target, depth):
            parts.append(f"{head} {{ {inner} }}")
    return " ".join(parts)


def given_arguments(kind: GraphQLNamedType, name: str, field: GraphQLField) -> str:
    """The required arguments of a field, with a value each."""
    given = [
        f"{argument}: {ARGUMENTS[kind.name, name, argument]}"
        for argument, declared in field.args.items()
        if is_required(declared)
    ]
    return f"({', '.join(given)})" if given else ""


#: Filters and orders that every type with such an argument has.
CHOSEN = {
    "filter": "{id: {null: false}, not: {id: {null: true}}}",
    "orderBy": "[{field: CREATED_AT, direction: ASC, nulls: FIRST}]",
}


def chosen_arguments(kind: GraphQLNamedType, name: str, field: GraphQLField) -> str:
    """The required arguments of a field, and a filter and an order."""
    given = [given_arguments(kind, name, field).strip("()")]
    given += [
        f"{argument}: {value}"
        for argument, value in CHOSEN.items()
        if argument in field.args and is_of_rows(field.args[argument])
    ]
    return f"({', '.join(part for part in given if part)})"


def is_required(argument: GraphQLArgument) -> bool:
    from graphql import Undefined

    return is_non_null_type(argument.type) and argument.default_value is Undefined


def is_of_rows(argument: GraphQLArgument) -> bool:
    """Whether an argument chooses among objects with ids, or orders them."""
    kind = get_named_type(argument.type)
    return isinstance(kind, GraphQLInputObjectType) and bool({"id", "field"} & kind.fields.keys())


def is_composite(kind: GraphQLNamedType) -> bool:
    return is_object_type(kind) or kind is NODE


def is_node(kind: GraphQLNamedType) -> bool:
    return kind is NODE or (isinstance(kind, GraphQLObjectType) and NODE in kind.interfaces)


def has_list(field: GraphQLField) -> bool:
    inner = field.type.of_type if is_non_null_type(field.type) else field.type
    return is_list_type(inner)
