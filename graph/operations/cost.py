"""What an operation costs, judged with its variables before anything of it runs.

The objects that it could bring at most, its pages' sizes multiplied down; one for each field that
may take a statement, ten for each mutation, and one for every few values of arguments, as often as
they are read.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    Undefined,
    ValueNode,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    value_from_ast_untyped,
)

from graph.kit.paging.page_arguments import DEFAULT_SIZE, MAX_SIZE
from graph.operations.limits import LimitExceeded, Limits, fragments_of

#: How many rows a list is taken to have that has no pages, because it stays short.
SHORT_LIST = 10
#: The fields of a page that hold its rows.
PAGE_ROW_FIELDS = ("nodes", "edges")
#: What a mutation costs before its payload: the statements of a write, and its transaction.
MUTATION_COST = 10
#: How many plain values of objects take as long as a row, and the bytes of one beside its name.
SCALARS_PER_COST, SCALAR_BYTES = 20, 8
#: What it costs to count for one parent, in rows.
COUNT_COST = 2
#: How many values of arguments are read in the time of one row.
ARGUMENT_VALUES_PER_COST = 5
#: The fields of a page that count: a statement each, for all pages of the same parents.
COUNT_FIELDS = ("totalCount", "count")
#: What tells about the schema: how long its lists are taken to be, but for that of all types,
#: and how many of its objects cost as much as one row, which comes from a database.
SCHEMA_LIST_LENGTH = 8
SCHEMA_OBJECTS_PER_COST = 100
META_FIELDS = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


@dataclass
class OperationCost:
    """What an operation costs: each of its paths, and the objects that they could bring."""

    paths: Counter[str] = field(default_factory=Counter)
    nodes: int = 0
    #: What of it is not given back, whatever the operation brings: the statements and the writes.
    kept: int = 0
    #: Values in the arguments of fields, as often as they are read.
    values: int = 0
    #: Bytes that the answer has at most, but for its texts.
    size: int = 0

    def add(self, where: str, objects: int, work: int) -> None:
        """Adds what a path brings and what it takes."""
        self.paths[where] += objects + work
        self.nodes += objects
        self.kept += work

    @property
    def total(self) -> int:
        """The cost of the whole."""
        return max(1, self.paths.total())


#: The length of a list, from the arguments of its field and from the limits.
ListLength = Callable[[Callable[[str], Any], Limits], int]
ListLengths = Mapping[tuple[str, str], ListLength]


@dataclass(frozen=True)
class CostEstimator:
    """What an operation costs, with its variables."""

    limits: Limits
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: dict[str, Any]
    #: How long lists are that are neither pages nor short, by their fields, from the arguments.
    lengths: ListLengths
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
        lengths: ListLengths,
    ) -> "CostEstimator":
        """The pricing of one operation of a valid document."""
        given = {}
        for definition in operation.variable_definitions or ():
            name, default = definition.variable.name.value, definition.default_value
            if variables is not None and name in variables:
                given[name] = variables[name]
            elif default is not None:
                given[name] = value_from_ast_untyped(default)
        return cls(limits, schema, fragments_of(document), given, lengths)

    def price(self, operation: OperationDefinitionNode) -> OperationCost:
        """The price of an operation."""
        price = OperationCost()
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

    def check(self, operation: OperationDefinitionNode, price: OperationCost) -> None:
        """Refuses an operation that costs more than it may."""
        if price.values > self.limits.argument_values:
            raise LimitExceeded(
                f"The operation's arguments hold {price.values:,} values, those of a field within "
                f"a list as often as the list is long, and may hold {self.limits.argument_values:,}"
                ": use shorter filters, or smaller pages around them."
            )
        if price.total > self.limits.cost:
            raise LimitExceeded(self._refusal(operation, price))
        if price.size > self.limits.answer_size:
            raise LimitExceeded(
                f"The answer could have {price.size:,} bytes before any text, and may have "
                f"{self.limits.answer_size:,}: ask for less, or by shorter aliases."
            )

    def _refusal(self, operation: OperationDefinitionNode, price: OperationCost) -> str:
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
        price: OperationCost,
    ) -> None:
        """Adds what a selection of objects costs that come so many times.

        `rows` is the size of the page that the parent is, if it is one.
        """
        leaves = 0
        for kind, node in self._fields(parent, selection):
            name = node.name.value
            where = f"{path}.{name}" if path else name
            if rows is not None and name in COUNT_FIELDS:
                # Each parent's rows are counted.
                price.add(where, 0, 1 + times * COUNT_COST)
            declared = getattr(kind, "fields", {}).get(name) or META_FIELDS.get(name)
            price.size += times * (len((node.alias or node.name).value) + SCALAR_BYTES)
            if declared is None or node.selection_set is None:
                leaves += times
                continue
            target = get_named_type(declared.type)
            many = self._size(kind, node, declared, rows)
            values = sum(count_of(self._value(one.value)) for one in node.arguments or ())
            price.values += values * times
            price.add(where, 0, values * times // ARGUMENT_VALUES_PER_COST)
            if is_page(declared):
                price.add(where, 0, 1)
                self._price(target, node.selection_set, times, many, where, price)
                continue
            if is_of_schema(kind) or name in META_FIELDS:
                price.add(where, 0, times * many // SCHEMA_OBJECTS_PER_COST + 1)
            else:
                price.add(where, times * many, 1)
            if kind is self.schema.mutation_type:
                self._check_rows(node)
                price.add(where, 0, MUTATION_COST)
            self._price(target, node.selection_set, times * many, None, where, price)
        price.add(
            path,
            0,
            leaves // (SCHEMA_OBJECTS_PER_COST if is_of_schema(parent) else SCALARS_PER_COST),
        )

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
        if is_of_schema(kind):
            return len(self.schema.type_map) if name == "types" else SCHEMA_LIST_LENGTH
        ids = self._given(node, "ids")
        if isinstance(ids, list):
            self._check_ids(name, len(ids))
            return max(1, len(ids))
        if rows is not None and name in PAGE_ROW_FIELDS:
            return rows
        length = self.lengths.get((kind.name, name))
        return SHORT_LIST if length is None else length(partial(self._given, node), self.limits)

    def _check_ids(self, name: str, count: int) -> None:
        if count > self.limits.node_ids:
            raise LimitExceeded(
                f"{name} is given {count:,} ids, and takes {self.limits.node_ids}: "
                "ask for the others in another operation."
            )

    def _check_rows(self, node: FieldNode) -> None:
        """Refuses a batch of more rows than there may be."""
        given = self._given(node, "input")
        rows = given.get("rows") if isinstance(given, dict) else None
        if isinstance(rows, list) and len(rows) > self.limits.batch_rows:
            raise LimitExceeded(
                f"{node.name.value} is given {len(rows):,} rows, and takes "
                f"{self.limits.batch_rows}: send the others in another mutation."
            )

    def _given(self, node: FieldNode, name: str) -> Any:
        """The value of an argument, as far as it is one."""
        for argument in node.arguments or ():
            if argument.name.value == name:
                return self._value(argument.value)
        return Undefined

    def _value(self, given: ValueNode) -> Any:
        return value_from_ast_untyped(given, self.variables)


def count_of(value: Any) -> int:
    """How many values a value holds, if it holds any: a plain one counts nothing."""
    count, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        count += len(inner)
        waiting.extend(inner)
    return count


def is_of_schema(kind: GraphQLNamedType) -> bool:
    """Whether a type tells about the schema: what it has comes from no database."""
    return kind.name.startswith("__")


def is_page(field: GraphQLField) -> bool:
    """Whether a field gives a page of rows, rather than rows."""
    return "first" in field.args and is_composite_type(get_named_type(field.type))


def is_list(field: GraphQLField) -> bool:
    """Whether a field gives several."""
    kind = field.type
    return is_list_type(kind.of_type if is_non_null_type(kind) else kind)
