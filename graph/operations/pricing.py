"""The prices of an operation that is executed again and again, without a new estimate each time.

`CostEstimator` computes what an operation costs. Of the variables the estimate depends on little:
on the sizes of pages, on the lengths of lists, on how many values and conditions an argument holds.
`OperationPricing` finds these places once for each operation. A price is then looked up by their
values, and estimated only if no request has had these values before.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import partial
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLNamedType,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
)
from graphql.utilities import type_from_ast, value_from_ast_untyped

from graph.kit.lru_cache import LRUCache
from graph.kit.paging.page_arguments import MAX_SIZE
from graph.operations.argument_values import CHARACTERS_PER_VALUE, count_values
from graph.operations.cost import (
    DRY_RUN_ARGUMENT,
    CostEstimator,
    CostRules,
    argument_value,
    expand_fields,
    field_definition,
    is_connection,
    is_list,
    variable_values,
)
from graph.operations.filter_cost import ConditionCounter
from graph.operations.operation_cost import REQUEST_COST, OperationCost

#: Bytes of a response that cost as much as a row.
RESPONSE_BYTES_PER_COST = 10_000
#: The prices that are remembered of one operation.
MAX_PRICES = 50


class Variables:
    """The values of an operation's variables, and what is counted in them, each once."""

    __slots__ = ("conditions", "sizes", "values")

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.sizes: dict[str, int] = {}
        self.conditions = ConditionCounter(values)


#: Returns the part of the variables' values that one place of an operation depends on.
Read = Callable[[Variables], Hashable]


class Price:
    """What an operation costs with certain values of its variables."""

    __slots__ = ("_check", "fields", "nodes", "nonrefundable", "total")

    def __init__(self, cost: OperationCost, check: Callable[[], None] | None = None) -> None:
        self.total = cost.total
        self.nodes = cost.nodes
        self.nonrefundable = cost.nonrefundable
        #: The fields that the operation selects, with the names of their types.
        self.fields = cost.fields
        self._check = check

    def check(self) -> None:
        """Raise `LimitExceeded` if the operation costs too much. A price that passes is kept."""
        if self._check is not None:
            self._check()
            self._check = None


def actual_cost(price: Price, rows: int, size: int) -> int:
    """Return what an execution has really cost, with so many objects and bytes in the response.

    Objects that were not returned are refunded. Objects beyond the estimate are charged.
    """
    return max(REQUEST_COST, price.nonrefundable + rows + size // RESPONSE_BYTES_PER_COST)


#: The price before it is known.
NO_PRICE = Price(OperationCost())
NO_VARIABLES = Variables({})


class OperationPricing:
    """Prices one operation of a valid document."""

    def __init__(
        self,
        rules: CostRules,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self._rules = rules
        self._operation = operation
        self._fragments = fragments
        self._defaults = variable_values(operation, None)
        self._reads = list(self._find_reads().values())
        self._prices: LRUCache[tuple[Hashable, ...], Price] = LRUCache(MAX_PRICES)

    def price(self, variables: Mapping[str, Any] | None) -> Price:
        """Return the price, which is to be checked. Raise `LimitExceeded` as the estimate does."""
        key: tuple[Hashable, ...] = ()
        known = NO_VARIABLES
        if self._reads:
            values = {**self._defaults, **variables} if variables else self._defaults
            known = Variables(values)
            key = tuple([read(known) for read in self._reads])
        kept = self._prices.get(key)
        if kept is not None:
            return kept
        estimator = self._estimator(known)
        cost = estimator.estimate()

        def check() -> None:
            estimator.check(cost)
            self._prices.put(key, price)

        price = Price(cost, check)
        return price

    def paths(self, variables: Mapping[str, Any] | None) -> Mapping[str, int]:
        """Return the estimated cost of each path of fields."""
        known = Variables({**self._defaults, **(variables or {})})
        for read in self._reads:
            # Counts the values that the estimate needs.
            read(known)
        return self._estimator(known).estimate().paths

    def _estimator(self, known: Variables) -> CostEstimator:
        return CostEstimator(
            self._rules,
            self._operation,
            self._fragments,
            known.values,
            known.sizes,
            known.conditions,
            {},
        )

    def _find_reads(self) -> dict[Hashable, Read]:
        """Find what the estimate reads of the variables; equal reads once."""
        reads: dict[Hashable, Read] = {}
        root_type = self._rules.schema.get_root_type(self._operation.operation)
        if root_type is not None and self._operation.variable_definitions:
            types = {
                definition.variable.name.value: get_named_type(
                    type_from_ast(self._rules.schema, definition.type)
                )
                for definition in self._operation.variable_definitions
            }
            for owner, node, definition in self._composite_fields(
                root_type, self._operation.selection_set
            ):
                for argument in node.arguments or ():
                    for name in variables_in(argument.value):
                        reads[name] = partial(read_size, name, types[name])
                reads.update(self._own_reads(owner, node, definition))
        return reads

    def _composite_fields(
        self, parent_type: GraphQLNamedType, selection_set: SelectionSetNode
    ) -> Iterator[tuple[GraphQLNamedType, FieldNode, GraphQLField]]:
        """The fields with a selection of their own: those whose arguments the estimate reads."""
        for owner, node in expand_fields(
            self._rules.schema, self._fragments, parent_type, selection_set
        ):
            definition = field_definition(owner, node.name.value)
            if definition is None or node.selection_set is None:
                continue
            yield owner, node, definition
            yield from self._composite_fields(get_named_type(definition.type), node.selection_set)

    def _own_reads(
        self, owner: GraphQLNamedType, node: FieldNode, definition: GraphQLField
    ) -> Iterator[tuple[Hashable, Read]]:
        """What a field reads of its arguments besides the number of their values."""
        variable = {
            argument.name.value: argument.value
            for argument in node.arguments or ()
            if any(variables_in(argument.value))
        }
        if not variable:
            return
        key, rules = (owner.name, node.name.value), self._rules
        if is_connection(definition):
            for argument in {"first", "last"} & variable.keys():
                for name in variables_in(variable[argument]):
                    yield ("page", name), partial(read_page_size, name)
        elif is_list(definition):
            if "ids" in variable:
                yield ("ids", variable["ids"]), partial(read_length, variable["ids"])
            if (list_length := rules.list_lengths.get(key)) is not None:
                yield ("length", key, node), partial(read_list_length, list_length, rules, node)
        if (own_cost := rules.field_costs.get(key)) is not None:
            yield ("cost", key, node), partial(read_own_cost, own_cost, node)
        if owner is rules.schema.mutation_type:
            if "input" in variable:
                yield ("rows", variable["input"]), partial(read_batch_rows, variable["input"])
            if DRY_RUN_ARGUMENT in variable:
                given = variable[DRY_RUN_ARGUMENT]
                yield (DRY_RUN_ARGUMENT, given), partial(read_flag, given)


def variables_in(value: ValueNode) -> Iterator[str]:
    """The names of the variables in an argument."""
    if isinstance(value, VariableNode):
        yield value.name.value
    elif isinstance(value, ListValueNode):
        for item in value.values:
            yield from variables_in(item)
    elif isinstance(value, ObjectValueNode):
        for field in value.fields:
            yield from variables_in(field.value)


def read_size(name: str, kind: Any, variables: Variables) -> Hashable:
    """The number of values in a variable, and its conditions that no index answers."""
    value = variables.values.get(name)
    if isinstance(value, str):
        size = variables.sizes[name] = len(value) // CHARACTERS_PER_VALUE
        return size
    if not isinstance(value, (dict, list)):
        return 0
    size = variables.sizes[name] = count_values(value)
    conditions = variables.conditions.of_variable(name, kind)
    return size, conditions.texts, conditions.counts, conditions.related


def read_page_size(name: str, variables: Variables) -> Hashable:
    size = variables.values.get(name)
    return int(max(1, min(size, MAX_SIZE))) if isinstance(size, int | float) else None


def read_length(node: ValueNode, variables: Variables) -> Hashable:
    ids = value_from_ast_untyped(node, variables.values)
    return len(ids) if isinstance(ids, list) else None


def read_list_length(
    list_length: Callable[..., int], rules: CostRules, node: FieldNode, variables: Variables
) -> Hashable:
    return list_length(lambda name: argument_value(node, name, variables.values), rules.limits)


def read_own_cost(own_cost: Callable[..., int], node: FieldNode, variables: Variables) -> Hashable:
    return own_cost(lambda name: argument_value(node, name, variables.values))


def read_batch_rows(node: ValueNode, variables: Variables) -> Hashable:
    batch = value_from_ast_untyped(node, variables.values)
    rows = batch.get("rows") if isinstance(batch, dict) else None
    return len(rows) if isinstance(rows, list) else None


def read_flag(node: ValueNode, variables: Variables) -> Hashable:
    return value_from_ast_untyped(node, variables.values) is True
