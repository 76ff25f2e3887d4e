"""The cost of an operation, estimated from its document and variables before it is executed.

The cost is the number of objects that the operation could return, page sizes multiplied along
nested lists, plus

    1    for each field that may take an SQL statement
    2    for each parent whose rows are counted
    1    for every 5 values in arguments, as often as they are read
    1    for every 20 scalar values
    2    for each text that is rendered as HTML
    10   for each mutation
    5    for each condition of a filter on related objects
    20   for each comparison of a part of a text, such as `contains`
    50   for each full-text search in a filter
    50   for each comparison of the number of related objects
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

from graphql import (
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
from graph.operations.argument_values import count_argument_values, count_values
from graph.operations.filter_cost import ConditionCounter
from graph.operations.limits import LimitExceeded, Limits
from graph.operations.operation_cost import OperationCost

#: The assumed length of lists without pages, which stay short.
SHORT_LIST_LENGTH = 10
#: The fields of a connection that contain the rows of its page.
PAGE_ROW_FIELDS = ("nodes", "edges")
#: The fields of a connection that count: one statement each for all parents.
COUNT_FIELDS = ("totalCount", "count")
#: The cost of counting the rows of one parent.
COUNT_COST = 2
#: The cost of a mutation's transaction and statements, without its payload.
MUTATION_COST = 10
#: The most that the payload of a dry run may cost: its transaction holds locks meanwhile.
MAX_DRY_RUN_COST = 500
#: The argument that makes a mutation a dry run.
DRY_RUN_ARGUMENT = "dryRun"
SCALARS_PER_COST = 20
ARGUMENT_VALUES_PER_COST = 5
#: The assumed bytes of a scalar in the response, besides its name.
SCALAR_BYTES = 8
#: Introspection: the assumed length of lists except `types`, and how many objects cost 1, because
#: they come from memory.
INTROSPECTION_LIST_LENGTH, INTROSPECTION_OBJECTS_PER_COST = 8, 100
INTROSPECTION_FIELDS = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}

#: Computes a list's length from a function that returns an argument by name, and the limits.
ListLength = Callable[[Callable[[str], Any], Limits], int]
#: List lengths by type and field.
ListLengths = Mapping[tuple[str, str], ListLength]
#: Computes the cost of a field's own work from a function that returns an argument by name.
FieldCosts = Mapping[tuple[str, str], Callable[[Callable[[str], Any]], int]]


@dataclass(frozen=True)
class CostRules:
    """What the costs of all operations of a schema depend on."""

    limits: Limits
    schema: GraphQLSchema
    #: The lengths of lists that neither have pages nor are short.
    list_lengths: ListLengths
    #: The costs of fields whose arguments decide how much work they are.
    field_costs: FieldCosts


@dataclass(frozen=True)
class CostEstimator:
    """Estimates the cost of one operation of a valid document."""

    rules: CostRules
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: dict[str, Any]
    #: The numbers of values in the variables, and their conditions. A variable may be used often,
    #: and is counted once.
    variable_sizes: Mapping[str, int]
    conditions: ConditionCounter
    #: The numbers of values in the document's arguments, by the identity of their nodes.
    argument_sizes: dict[int, int]
    #: The size that larger pages are counted as; see `_largest_fitting_page`.
    max_page_size: int = MAX_SIZE

    @classmethod
    def for_operation(
        cls,
        rules: CostRules,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        values: dict[str, Any],
    ) -> Self:
        """Build an estimator. `values` are those that `variable_values` returns."""
        sizes = {name: count_values(value) for name, value in values.items()}
        return cls(rules, operation, fragments, values, sizes, ConditionCounter(values), {})

    def estimate(self) -> OperationCost:
        """Compute the cost; raise `LimitExceeded` for too many IDs or batch rows in one field."""
        cost = OperationCost()
        root_type = self.rules.schema.get_root_type(self.operation.operation)
        if root_type is not None:
            self._add_selection(cost, "", root_type, self.operation.selection_set, 1, None)
        return cost

    def check(self, cost: OperationCost) -> None:
        """Raise `LimitExceeded` if the estimated cost exceeds a limit."""
        limits = self.rules.limits
        if cost.argument_values > limits.argument_values:
            raise LimitExceeded(
                f"The operation's arguments hold {cost.argument_values:,} values, counting those "
                "inside a list once for each of its items; the limit is "
                f"{limits.argument_values:,}. Use shorter filters, or smaller pages around "
                "them.",
                limits.argument_values,
                cost.argument_values,
            )
        cost.unindexed.check()
        if cost.total > limits.cost:
            raise self._cost_exceeded(cost)
        if cost.response_size > limits.answer_size:
            raise LimitExceeded(
                f"The response could have {cost.response_size:,} bytes besides its strings; the "
                f"limit is {limits.answer_size:,}. Select less, or use shorter aliases.",
                limits.answer_size,
                cost.response_size,
            )

    def argument(self, node: FieldNode, name: str) -> Any:
        """Return the value of a field's argument, or `Undefined` if it is not set."""
        return argument_value(node, name, self.variables)

    def _cost_exceeded(self, cost: OperationCost) -> LimitExceeded:
        limit, paths = self.rules.limits.cost, cost.paths.most_common(3)
        most_expensive = ", ".join(f"{path} ({path_cost:,})" for path, path_cost in paths)
        page_size = self._largest_fitting_page()
        advice = f"It fits with `first: {page_size}` on its lists." if page_size else "Select less."
        return LimitExceeded(
            f"The operation could cost {cost.total:,}; the limit is {limit:,}. "
            f"Its most expensive paths are {most_expensive}. {advice}",
            limit,
            cost.total,
            suggestedFirst=page_size or None,
            paths=[{"path": path, "cost": path_cost} for path, path_cost in paths],
        )

    def _largest_fitting_page(self) -> int:
        """The largest page size that, as a maximum for all pages, fits the limit; 0 if none."""

        def total_cost(page_size: int) -> int:
            return replace(self, max_page_size=page_size).estimate().total

        return bisect_right(range(1, MAX_SIZE + 1), self.rules.limits.cost, key=total_cost)

    def _add_selection(
        self,
        cost: OperationCost,
        path: str,
        parent_type: GraphQLNamedType,
        selection_set: SelectionSetNode,
        parents: int,
        page_size: int | None,
    ) -> None:
        """Add the cost of a selection set that is executed for so many parents.

        `page_size` is given if the parents are connections.
        """
        scalars, schema = 0, self.rules.schema
        for owner, node in expand_fields(schema, self.fragments, parent_type, selection_set):
            name = node.name.value
            cost.fields.add((owner.name, name))
            field_path = f"{path}.{name}" if path else name
            if page_size is not None and name in COUNT_FIELDS:
                cost.add(field_path, work=1 + parents * COUNT_COST)
            definition = field_definition(owner, name)
            cost.response_size += parents * (len((node.alias or node.name).value) + SCALAR_BYTES)
            if definition is None or node.selection_set is None:
                scalars += parents
                if (of_scalar := self.rules.field_costs.get((owner.name, name))) is not None:
                    work = parents * of_scalar(partial(self.argument, node))
                    cost.add(field_path, work=work)
                continue
            field_type = get_named_type(definition.type)
            length = self._list_length(owner, node, definition, page_size)
            values = parents * sum(
                self._size_of(argument.value) for argument in node.arguments or ()
            )
            cost.argument_values += values
            cost.add(field_path, work=values // ARGUMENT_VALUES_PER_COST)
            cost.add(field_path, work=self._condition_cost(cost, node, definition))
            if (own_cost := self.rules.field_costs.get((owner.name, name))) is not None:
                cost.add(field_path, work=own_cost(partial(self.argument, node)))
            if is_connection(definition):
                cost.add(field_path, work=1)
                self._add_selection(
                    cost, field_path, field_type, node.selection_set, parents, length
                )
                continue
            objects = parents * length
            if is_introspection(owner) or name in INTROSPECTION_FIELDS:
                cost.add(field_path, work=objects // INTROSPECTION_OBJECTS_PER_COST + 1)
            else:
                cost.add(field_path, nodes=objects, work=1)
            before = cost.total
            self._add_selection(cost, field_path, field_type, node.selection_set, objects, None)
            if owner is self.rules.schema.mutation_type:
                self._check_batch_rows(node)
                if self.argument(node, DRY_RUN_ARGUMENT) is True:
                    self._check_dry_run(field_path, cost.total - before)
                cost.add(field_path, work=MUTATION_COST)
        scalars_per_cost = (
            INTROSPECTION_OBJECTS_PER_COST if is_introspection(parent_type) else SCALARS_PER_COST
        )
        cost.add(path, work=scalars // scalars_per_cost)

    def _condition_cost(
        self, cost: OperationCost, node: FieldNode, definition: GraphQLField
    ) -> int:
        """Note the unindexed conditions of a field's arguments; return their cost."""
        before = cost.unindexed.cost
        for argument in node.arguments or ():
            kind = definition.args[argument.name.value].type
            cost.unindexed.add(self.conditions.of_argument(kind, argument.value))
        return cost.unindexed.cost - before

    def _size_of(self, argument: ValueNode) -> int:
        """The number of values in an argument, counted once however often a fragment is spread."""
        size = self.argument_sizes.get(id(argument))
        if size is None:
            size = count_argument_values(argument, self.variable_sizes)
            self.argument_sizes[id(argument)] = size
        return size

    def _list_length(
        self,
        owner: GraphQLNamedType,
        node: FieldNode,
        definition: GraphQLField,
        page_size: int | None,
    ) -> int:
        """The most objects that a field returns for one parent; 1 if it returns no list."""
        if is_connection(definition):
            return self._page_size(node, definition)
        if not is_list(definition):
            return 1
        name = node.name.value
        if is_introspection(owner):
            return len(self.rules.schema.type_map) if name == "types" else INTROSPECTION_LIST_LENGTH
        ids = self.argument(node, "ids")
        if isinstance(ids, list):
            self._check_ids(name, len(ids))
            return max(1, len(ids))
        if page_size is not None and name in PAGE_ROW_FIELDS:
            return page_size
        list_length = self.rules.list_lengths.get((owner.name, name))
        if list_length is None:
            return SHORT_LIST_LENGTH
        return list_length(partial(self.argument, node), self.rules.limits)

    def _page_size(self, node: FieldNode, definition: GraphQLField) -> int:
        given = (self.argument(node, name) for name in ("first", "last"))
        # GraphQL accepts a variable of 10.0 as an Int.
        sizes = [size for size in given if isinstance(size, int | float)]
        if sizes:
            return int(max(1, min(max(sizes), self.max_page_size)))
        default = definition.args["first"].default_value
        return min(default if isinstance(default, int) else DEFAULT_SIZE, self.max_page_size)

    def _check_ids(self, name: str, count: int) -> None:
        if count > self.rules.limits.node_ids:
            raise LimitExceeded(
                f"{name} got {count:,} IDs; the limit is {self.rules.limits.node_ids}. "
                "Request the others in another operation.",
                self.rules.limits.node_ids,
                count,
            )

    def _check_batch_rows(self, node: FieldNode) -> None:
        batch = self.argument(node, "input")
        rows = batch.get("rows") if isinstance(batch, dict) else None
        if isinstance(rows, list) and len(rows) > self.rules.limits.batch_rows:
            raise LimitExceeded(
                f"{node.name.value} got {len(rows):,} rows; the limit is "
                f"{self.rules.limits.batch_rows}. Send the others in another mutation.",
                self.rules.limits.batch_rows,
                len(rows),
            )

    def _check_dry_run(self, name: str, cost: int) -> None:
        if cost > MAX_DRY_RUN_COST:
            raise LimitExceeded(
                f"The payload of the dry run {name} could cost {cost:,}; the limit is "
                f"{MAX_DRY_RUN_COST}, because others wait for its locks meanwhile. Select less, "
                "and query the rest separately.",
                MAX_DRY_RUN_COST,
                cost,
            )


def variable_values(
    operation: OperationDefinitionNode, variables: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the values of an operation's variables; others that are given are ignored."""
    values = {}
    for definition in operation.variable_definitions or ():
        name, default = definition.variable.name.value, definition.default_value
        if variables is not None and name in variables:
            values[name] = variables[name]
        elif default is not None:
            values[name] = value_from_ast_untyped(default)
    return values


def argument_value(node: FieldNode, name: str, variables: dict[str, Any]) -> Any:
    """Return the value of a field's argument, or `Undefined` if it is not set."""
    for argument in node.arguments or ():
        if argument.name.value == name:
            return value_from_ast_untyped(argument.value, variables)
    return Undefined


def expand_fields(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    parent_type: GraphQLNamedType,
    selection_set: SelectionSetNode,
) -> Iterator[tuple[GraphQLNamedType, FieldNode]]:
    """The fields of a selection set with its fragments expanded, each with its owner type."""
    for node in selection_set.selections:
        if isinstance(node, FieldNode):
            yield parent_type, node
            continue
        fragment: Any = node
        if isinstance(node, FragmentSpreadNode):
            fragment = fragments[node.name.value]
        condition = fragment.type_condition
        owner = schema.type_map[condition.name.value] if condition else parent_type
        yield from expand_fields(schema, fragments, owner, fragment.selection_set)


def field_definition(owner: GraphQLNamedType, name: str) -> GraphQLField | None:
    """Return the definition of a field; None for `__typename`."""
    found = getattr(owner, "fields", {}).get(name) or INTROSPECTION_FIELDS.get(name)
    return found if isinstance(found, GraphQLField) else None


def is_introspection(owner: GraphQLNamedType) -> bool:
    return owner.name.startswith("__")


def is_connection(definition: GraphQLField) -> bool:
    """Whether a field returns a connection, whose `nodes` or `edges` contain the rows."""
    return "first" in definition.args and is_composite_type(get_named_type(definition.type))


def is_list(definition: GraphQLField) -> bool:
    kind = definition.type
    return is_list_type(kind.of_type if is_non_null_type(kind) else kind)
