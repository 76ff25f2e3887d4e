"""Random valid queries made from the schema, to compare the engine with the reference executor.

They select any type with fragments, aliases, directives and variables, and pass page arguments,
filters and orders. Cursors come from the answer of the same query without them.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from tests.support.schema_walk import SCHEMA, node_types

#: Fields whose values differ from one execution to the next, or that end the operation.
VARYING = {"Query.rateLimit"}
TIMES = ["2026-03-02T12:00:00Z", "-P1W", "P0D", "2026-03-02", "P2W"]
PAGE = {"first", "last", "after", "before"}


@dataclass
class Known:
    """Values that exist, so that queries find rows."""

    ids: Sequence[str]
    texts: Sequence[str]
    slugs: Sequence[str]
    project_keys: Sequence[str]


@dataclass
class Operation:
    """A random query with its variables."""

    text: str
    variables: dict[str, Any]
    #: The variables that take cursors, and the keys under which the answer has their connections.
    cursors: dict[str, str] = field(default_factory=dict)

    def with_cursors(self, data: Any) -> "Operation | None":
        """Return the operation with the cursors of an answer, if that has any."""
        found = {}
        for variable, key in self.cursors.items():
            cursor = _cursor_under(data, key)
            if cursor is not None:
                found[variable] = cursor
        return Operation(self.text, {**self.variables, **found}) if found else None


class OperationMaker:
    """Makes random queries."""

    def __init__(self, seed: int, known: Known) -> None:
        self.random = random.Random(seed)
        self.known = known

    def make(self) -> Operation:
        self.definitions: list[str] = []
        self.variables: dict[str, Any] = {}
        self.cursors: dict[str, str] = {}
        self.fragments: list[str] = []
        self.count = 0
        self.aliases_all = False
        #: The type that a filter is of.
        self.filtered = ""
        self.budget = self.random.choice([8, 15, 30, 45])
        depth = self.random.randint(2, 5)
        query: Any = SCHEMA.query_type
        selection = self._selection(query, depth, inside_list=1)
        head = f"query ({', '.join(self.definitions)}) " if self.definitions else ""
        text = "\n".join([f"{head}{selection}", *self.fragments])
        return Operation(text, self.variables, self.cursors)

    def _selection(self, kind: Any, depth: int, inside_list: int) -> str:
        if is_abstract_type(kind):
            return self._abstract(kind, depth, inside_list)
        names = [name for name in kind.fields if f"{kind.name}.{name}" not in VARYING]
        chosen = self.random.sample(names, min(len(names), self.random.randint(1, 6)))
        parts = []
        for name in chosen:
            part = self._field(kind, name, kind.fields[name], depth, inside_list)
            if part is not None:
                parts.append(part)
        if not parts or self.random.random() < 0.15:
            parts.append("__typename")
        return "{ " + " ".join(self._wrapped(kind, part) for part in parts) + " }"

    def _abstract(self, kind: Any, depth: int, inside_list: int) -> str:
        parts = ["__typename", "id"]
        # Fields of one name have different types in different objects.
        before, self.aliases_all = self.aliases_all, True
        for one in self.random.sample(node_types(), 3):
            parts.append(f"... on {one.name} {self._selection(one, depth - 1, inside_list)}")
        self.aliases_all = before
        return "{ " + " ".join(parts) + " }"

    def _wrapped(self, kind: GraphQLObjectType, part: str) -> str:
        """Put a field into a fragment, or under a directive, or leave it."""
        chance = self.random.random()
        if chance < 0.06:
            name = self._name("Part")
            self.fragments.append(f"fragment {name} on {kind.name} {{ {part} }}")
            return f"...{name}"
        if chance < 0.12:
            return f"... on {kind.name} {{ {part} }}"
        if chance < 0.18:
            variable = self._variable("Boolean!", self.random.random() < 0.7)
            directive = self.random.choice(["include", "skip"])
            return f"... @{directive}(if: {variable}) {{ {part} }}"
        return part

    def _field(
        self,
        kind: Any,
        name: str,
        definition: GraphQLField,
        depth: int,
        inside_list: int,
    ) -> str | None:
        self.budget -= 1
        target = get_named_type(definition.type)
        if not is_leaf_type(target) and (depth <= 0 or self.budget <= 0):
            return None
        needs_alias = bool(definition.args) or self.aliases_all
        key = self._name(name) if needs_alias or self.random.random() < 0.1 else name
        alias = f"{key}: " if key != name else ""
        arguments = self._arguments(kind, name, key, definition, inside_list)
        if is_leaf_type(target):
            return f"{alias}{name}{arguments}"
        rows = inside_list
        if "first" in definition.args or is_list_type(_nullable(definition.type)):
            rows = inside_list * 3
        inner = self._selection(target, depth - (0 if name in ("nodes", "edges") else 1), rows)
        if key in self.cursors.values():
            inner = inner[:-1] + "pageInfo { endCursor startCursor } }"
        return f"{alias}{name}{arguments} {inner}"

    # Arguments

    def _arguments(
        self, kind: Any, name: str, key: str, definition: GraphQLField, inside_list: int
    ) -> str:
        given: dict[str, str] = {}
        if "first" in definition.args:
            given.update(self._page(key, definition, inside_list))
        for argument, declared in definition.args.items():
            if argument in PAGE:
                continue
            if not is_non_null_type(declared.type) and self.random.random() < 0.6:
                continue
            given[argument] = self._argument(kind, name, argument, declared)
        return f"({', '.join(f'{one}: {value}' for one, value in given.items())})" if given else ""

    def _page(self, key: str, definition: GraphQLField, inside_list: int) -> Mapping[str, str]:
        size = self.random.randint(0, 4 if inside_list > 3 else 7)
        backward = "last" in definition.args and self.random.random() < 0.3
        if "Page" in get_named_type(definition.type).name:
            size = max(size, 1)
        page = {"last" if backward else "first": str(size)}
        if self.random.random() < 0.2:
            page = {name: self._variable("Int", size) for name in page}
        has_cursors = get_named_type(definition.type).name.endswith("Connection")
        if has_cursors and self.random.random() < 0.3:
            variable = self._variable("String", None)
            page["before" if backward else "after"] = variable
            self.cursors[variable[1:]] = key
        return page

    def _argument(self, kind: Any, name: str, argument: str, declared: GraphQLArgument) -> str:
        known = self.known
        if argument == "slug":
            return _quoted(self.random.choice([*known.slugs, "none"]))
        if argument == "key" and name == "project":
            return _quoted(self.random.choice([*known.project_keys, "NO", "not a key"]))
        if argument == "key":
            key = self.random.choice(known.project_keys)
            return _quoted(self.random.choice([f"{key}-1", f"{key}-90", "NO-1", "none"]))
        if argument == "query":
            return _quoted(self.random.choice([*known.texts, "task", "remark -other"]))
        if argument == "limit":
            return str(self.random.choice([1, 2, 1000]))
        if argument == "id":
            return self._variable("ID!", self.random.choice(known.ids))
        if argument == "ids":
            ids = self.random.sample(known.ids, self.random.randint(0, 5))
            return self._variable("[ID!]!", [*ids, "task_" + "0" * 32])
        return self._value(declared.type, 0)

    def _value(self, type_: Any, depth: int) -> str:
        if is_non_null_type(type_):
            type_ = type_.of_type
        if is_list_type(type_):
            count = self.random.randint(0, 2)
            return f"[{', '.join(self._value(type_.of_type, depth) for _ in range(count))}]"
        if isinstance(type_, GraphQLEnumType):
            return str(self.random.choice(list(type_.values)))
        if is_input_object_type(type_):
            return self._input(type_, depth)
        name = type_.name
        if name == "Boolean":
            return self.random.choice(["true", "false"])
        if name in ("Int", "Float"):
            return str(self.random.choice([0, 1, 2, 3, 90, -1]))
        if name == "ID":
            ids = [one for one in self.known.ids if one.startswith(f"{self.filtered.lower()}_")]
            return _quoted(self.random.choice(ids or self.known.ids))
        if name in ("DateTimeOrDuration",):
            return _quoted(self.random.choice(TIMES))
        if name == "DateTime":
            return _quoted("2026-03-02T12:00:00Z")
        if name == "Date":
            return _quoted("2026-03-02")
        text = self.random.choice([*self.known.texts, "", "%", "Task", "a_b"])
        return _quoted(text)

    def _input(self, type_: GraphQLInputObjectType, depth: int) -> str:
        outer = self.filtered
        if type_.name.endswith("Filter") and not type_.name.endswith("CollectionFilter"):
            self.filtered = type_.name.removesuffix("Filter")
        required = [name for name, one in type_.fields.items() if is_non_null_type(one.type)]
        optional = [
            name
            for name, one in type_.fields.items()
            if name not in required
            and (name != "null" or not type_.name.endswith("Filter"))
            and (depth < 2 or not _is_filter(one.type))
        ]
        chosen = self.random.sample(optional, min(len(optional), self.random.randint(1, 2)))
        parts = [
            f"{name}: {self._value(type_.fields[name].type, depth + 1)}"
            for name in [*required, *chosen]
        ]
        self.filtered = outer
        return "{" + ", ".join(parts) + "}"

    # Names

    def _variable(self, type_: str, value: Any) -> str:
        name = self._name("v")
        self.definitions.append(f"${name}: {type_}")
        self.variables[name] = value
        return f"${name}"

    def _name(self, start: str) -> str:
        self.count += 1
        return f"{start}_{self.count}"


def _is_filter(type_: Any) -> bool:
    name: str = get_named_type(type_).name
    return name.endswith("Filter")


def _nullable(type_: Any) -> Any:
    return type_.of_type if is_non_null_type(type_) else type_


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _cursor_under(data: Any, key: str) -> str | None:
    """Return the first cursor of a connection with a key, anywhere in an answer."""
    stack = [data]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(value)
        elif isinstance(value, dict):
            found = value.get(key)
            if isinstance(found, dict) and isinstance(found.get("pageInfo"), dict):
                cursor = found["pageInfo"].get("startCursor") or found["pageInfo"].get("endCursor")
                if cursor is not None:
                    return str(cursor)
            stack.extend(value.values())
    return None
