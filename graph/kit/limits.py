"""What a document may ask for, judged before anything of it runs.

    size, tokens    the text
    fields, depth   what it says once its fragments are written out, whatever their number
    aliases, directives, roots
                    how often it says it
    cost            the objects that it could bring at most, its pages' sizes multiplied down,
                    one for each field that may take a statement, and ten for each mutation

The first are properties of the text; the cost is that of an operation with its variables.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    Undefined,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    value_from_ast_untyped,
)

from graph.kit.paging import DEFAULT_SIZE, MAX_SIZE

#: How many rows a list is taken to have that has no pages, because it stays short.
SHORT_LIST = 10
CODE = "LIMIT_EXCEEDED"
#: The fields of a page that hold its rows.
ROWS = ("nodes", "edges")
#: How many rows a list has that is no page and not short: those of a batch.
LONG_LISTS = {"results": 50}
#: What a mutation costs before its payload: the statements of a write, and its transaction.
WRITE = 10
#: The fields of a page that count: a statement each, for all pages of the same parents.
COUNTS = ("totalCount", "count")
#: What tells about the schema: how long its lists are taken to be, but for that of all types,
#: and how many of its objects cost as much as one row, which comes from a database.
SCHEMA_LIST = 8
SCHEMA_OBJECTS = 100
META_FIELDS = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


@dataclass(frozen=True)
class Limits:
    """The most that a document may be, have and cost."""

    size: int
    tokens: int
    fields: int
    depth: int
    aliases: int
    directives: int
    roots: int
    cost: int
    node_ids: int
    batch_rows: int
    answer_size: int
    introspection: bool


class LimitExceeded(GraphQLError):
    """A document asks for more than it may; the message says how much, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message, extensions={"code": CODE})


def check_size(text: str, limits: Limits) -> None:
    """Refuses a text that is too long to be read."""
    size = len(text.encode(errors="replace"))
    if size > limits.size:
        raise LimitExceeded(
            f"The document has {size:,} bytes, and may have {limits.size:,}: "
            "send it in parts, and values as variables."
        )


@dataclass
class Measure:
    """What a document says once its fragments are written out, as far as it was looked through."""

    limits: Limits
    fragments: Mapping[str, FragmentDefinitionNode]
    fields: int = 0
    aliases: int = 0
    directives: int = 0

    @classmethod
    def check(cls, document: DocumentNode, limits: Limits) -> None:
        """Refuses a document that says too much."""
        fragments = fragments_of(document)
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                measure = cls(limits, fragments)
                roots = measure._of(definition.selection_set, 1, ())
                if roots > limits.roots:
                    raise LimitExceeded(
                        f"The operation has {roots} fields at its root, and may have "
                        f"{limits.roots}: send it in parts."
                    )

    def _of(self, selection: SelectionSetNode, depth: int, within: tuple[str, ...]) -> int:
        """Counts what a selection says; how many fields it has itself."""
        if depth > self.limits.depth:
            raise LimitExceeded(
                f"The operation is nested deeper than {self.limits.depth} fields: "
                "ask for what is deeper by its id."
            )
        own = 0
        for node in selection.selections:
            self._add_directives(len(node.directives or ()))
            if isinstance(node, FieldNode):
                own += 1
                self._count(node)
                if node.selection_set is not None:
                    self._of(node.selection_set, depth + 1, within)
                continue
            inner = self._inner(node, within)
            if inner is not None:
                own += self._of(inner[0], depth, inner[1])
        return own

    def _inner(
        self, node: Any, within: tuple[str, ...]
    ) -> tuple[SelectionSetNode, tuple[str, ...]] | None:
        if isinstance(node, InlineFragmentNode):
            return node.selection_set, within
        fragment = self.fragments.get(node.name.value)
        # What is not there, or leads back to itself, validation will tell.
        if fragment is None or node.name.value in within:
            return None
        # A fragment costs the look at it, whether it has fields or more fragments.
        self._add_field()
        return fragment.selection_set, (*within, node.name.value)

    def _count(self, node: FieldNode) -> None:
        self._add_field()
        if node.alias is not None:
            self.aliases += 1
            if self.aliases > self.limits.aliases:
                raise LimitExceeded(
                    f"The operation has more than {self.limits.aliases} aliases: "
                    "ask for many objects with nodes(ids: …), and change many with a batch."
                )

    def _add_directives(self, count: int) -> None:
        self.directives += count
        if self.directives > self.limits.directives:
            raise LimitExceeded(
                f"The operation has more than {self.limits.directives} directives: "
                "put them on fragments rather than on fields."
            )

    def _add_field(self) -> None:
        self.fields += 1
        if self.fields > self.limits.fields:
            raise LimitExceeded(
                f"The operation has more than {self.limits.fields:,} fields, its fragments written "
                "out: ask for fewer."
            )


@dataclass
class Price:
    """What an operation costs: each of its paths, and the objects that they could bring."""

    paths: Counter[str] = field(default_factory=Counter)
    nodes: int = 0

    @property
    def total(self) -> int:
        """The cost of the whole."""
        return max(1, self.paths.total())


@dataclass(frozen=True)
class Pricing:
    """What an operation costs, with its variables."""

    limits: Limits
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: dict[str, Any]
    #: The most rows of a page: to find the size that would fit.
    largest: int = MAX_SIZE

    @classmethod
    def of(
        cls,
        limits: Limits,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any] | None,
    ) -> "Pricing":
        """The pricing of one operation of a valid document."""
        given = {}
        for definition in operation.variable_definitions or ():
            name, default = definition.variable.name.value, definition.default_value
            if variables is not None and name in variables:
                given[name] = variables[name]
            elif default is not None:
                given[name] = value_from_ast_untyped(default)
        return cls(limits, schema, fragments_of(document), given)

    def price(self, operation: OperationDefinitionNode) -> Price:
        """The price of an operation."""
        price = Price()
        root = self.schema.get_root_type(operation.operation)
        if root is not None:
            self._price(root, operation.selection_set, 1, None, "", price)
        return price

    def roots(self, operation: OperationDefinitionNode) -> list[FieldNode]:
        """The fields at the root of an operation."""
        root = self.schema.get_root_type(operation.operation)
        if root is None:
            return []
        return [node for _, node in self._fields(root, operation.selection_set)]

    def asked(
        self, operation: OperationDefinitionNode, name: str, argument: str
    ) -> tuple[FieldNode, ...]:
        """The fields of a name at the root of an operation, if one is given an argument as true."""
        named = tuple(node for node in self.roots(operation) if node.name.value == name)
        return named if any(self._given(node, argument) is True for node in named) else ()

    def check(self, operation: OperationDefinitionNode, price: Price) -> None:
        """Refuses an operation that costs more than it may."""
        if price.total > self.limits.cost:
            raise LimitExceeded(self._refusal(operation, price))

    def _refusal(self, operation: OperationDefinitionNode, price: Price) -> str:
        total, limit = price.total, self.limits.cost
        dearest = ", ".join(f"{path} ({cost:,})" for path, cost in price.paths.most_common(3))

        def cost_of(size: int) -> int:
            return replace(self, largest=size).price(operation).total

        fitting = bisect_right(range(1, MAX_SIZE + 1), limit, key=cost_of)
        advice = f"with `first: {fitting}` everywhere it fits" if fitting else "ask for less"
        return (
            f"The operation could cost {total:,}, and may cost {limit:,}. "
            f"Most is due to {dearest}: {advice}."
        )

    def _price(
        self,
        parent: GraphQLNamedType,
        selection: SelectionSetNode,
        times: int,
        rows: int | None,
        path: str,
        price: Price,
    ) -> None:
        """Adds what a selection of objects costs that come so many times.

        `rows` is the size of the page that the parent is, if it is one.
        """
        for kind, node in self._fields(parent, selection):
            name = node.name.value
            where = f"{path}.{name}" if path else name
            if rows is not None and name in COUNTS:
                price.paths[where] += 1
            declared = getattr(kind, "fields", {}).get(name) or META_FIELDS.get(name)
            if declared is None or node.selection_set is None:
                continue
            target = get_named_type(declared.type)
            many = self._size(kind, node, declared, rows)
            if is_page(declared):
                price.paths[where] += 1
                self._price(target, node.selection_set, times, many, where, price)
                continue
            if kind.name.startswith("__") or name in META_FIELDS:
                price.paths[where] += times * many // SCHEMA_OBJECTS + 1
            else:
                price.paths[where] += times * many + 1
                price.nodes += times * many
            if kind is self.schema.mutation_type:
                price.paths[where] += WRITE
            self._price(target, node.selection_set, times * many, None, where, price)

    def _fields(
        self, parent: GraphQLNamedType, selection: SelectionSetNode
    ) -> Iterator[tuple[GraphQLNamedType, FieldNode]]:
        """The fields of a selection, each with the type that it is a field of."""
        for node in selection.selections:
            if isinstance(node, FieldNode):
                yield parent, node
                continue
            if isinstance(node, FragmentSpreadNode):
                inner: Any = self.fragments[node.name.value]
            else:
                inner = node
            condition = inner.type_condition
            kind = self.schema.type_map[condition.name.value] if condition else parent
            yield from self._fields(kind, inner.selection_set)

    def _size(
        self, kind: GraphQLNamedType, node: FieldNode, field: GraphQLField, rows: int | None
    ) -> int:
        """How many rows a field may bring."""
        if is_page(field):
            for name in ("first", "last"):
                size = self._given(node, name)
                # A variable of 10.0 is as good as 10.
                if isinstance(size, int | float):
                    return int(max(1, min(size, self.largest)))
            declared = field.args["first"].default_value
            return min(declared if isinstance(declared, int) else DEFAULT_SIZE, self.largest)
        if not is_list(field):
            return 1
        name = node.name.value
        if kind.name.startswith("__"):
            return len(self.schema.type_map) if name == "types" else SCHEMA_LIST
        ids = self._given(node, "ids")
        if isinstance(ids, list):
            self._check_ids(name, len(ids))
            return max(1, len(ids))
        if rows is not None and name in ROWS:
            return rows
        return LONG_LISTS.get(name, SHORT_LIST)

    def _check_ids(self, name: str, count: int) -> None:
        if count > self.limits.node_ids:
            raise LimitExceeded(
                f"{name} is given {count:,} ids, and takes {self.limits.node_ids}: "
                "ask for the others in another operation."
            )

    def _given(self, node: FieldNode, name: str) -> Any:
        """The value of an argument, as far as it is one."""
        for argument in node.arguments or ():
            if argument.name.value == name:
                return value_from_ast_untyped(argument.value, self.variables)
        return Undefined


def is_page(field: GraphQLField) -> bool:
    """Whether a field gives a page of rows, rather than rows."""
    return "first" in field.args and is_composite_type(get_named_type(field.type))


def is_list(field: GraphQLField) -> bool:
    """Whether a field gives several."""
    kind = field.type
    return is_list_type(kind.of_type if is_non_null_type(kind) else kind)


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments of a document by name."""
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
