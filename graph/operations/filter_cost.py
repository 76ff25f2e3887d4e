"""The cost of an argument's conditions that no index answers.

A text comparison such as `contains` reads the whole text of every row that the other conditions
leave. A comparison of the number of related rows counts them for each row, and `some`, `every` and
`none` look for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_input_object_type,
)

from graph.kit.filtering.filter_input import COLLECTION_SUFFIX, QUANTIFIERS
from graph.kit.filtering.operators import OPERATORS
from graph.operations.limits import LimitExceeded

TEXT_COST, COUNT_COST, RELATED_COST, SEARCH_COST = 20, 50, 5, 50
#: The most such conditions of one operation, in all its fields.
MAX_TEXTS, MAX_COUNTS, MAX_RELATED, MAX_SEARCHES = 50, 10, 60, 5
#: The field of a filter that is a full-text search.
SEARCH_FIELD = "search"


@dataclass
class UnindexedConditions:
    """The conditions of an operation that no index answers."""

    #: Comparisons of texts, of numbers of related rows, conditions on related rows, and searches.
    texts: int = 0
    counts: int = 0
    related: int = 0
    searches: int = 0

    @property
    def cost(self) -> int:
        of_rows = self.texts * TEXT_COST + self.counts * COUNT_COST + self.related * RELATED_COST
        return of_rows + self.searches * SEARCH_COST

    def add(self, others: "UnindexedConditions") -> None:
        self.searches += others.searches
        self.texts += others.texts
        self.counts += others.counts
        self.related += others.related

    def add_value(self, named: Any, value: Any) -> None:
        """Add the conditions of a variable's value, of the named type."""
        stack = [(named, value)]
        while stack:
            named, given = stack.pop()
            if isinstance(given, list):
                stack.extend((named, item) for item in given)
            elif isinstance(given, dict) and is_input_object_type(named):
                for name, inner in given.items():
                    if inner is not None and name in named.fields:
                        self.add_field(named, name)
                        stack.append((get_named_type(named.fields[name].type), inner))

    def add_field(self, kind: GraphQLInputObjectType, name: str) -> None:
        """Add the condition that a field of an input stands for, if any."""
        if kind.name == "StringComparator":
            self.texts += OPERATORS[name].scans
        elif name == SEARCH_FIELD:
            self.searches += 1
        elif kind.name.endswith(COLLECTION_SUFFIX):
            if name in QUANTIFIERS:
                self.related += 1
            else:
                self.counts += 1

    def check(self) -> None:
        """Raise `LimitExceeded` if there are too many."""
        instead = "fewer, or full-text search"
        texts = "comparisons of parts of texts, such as `contains`"
        counts = "comparisons of numbers of related objects (`length`)"
        related = "conditions on related objects, such as `some`"
        for count, most, what, advice in (
            (self.texts, MAX_TEXTS, texts, instead),
            (self.counts, MAX_COUNTS, counts, instead),
            (self.related, MAX_RELATED, related, instead),
            (self.searches, MAX_SEARCHES, "full-text searches", "fewer"),
        ):
            if count > most:
                raise LimitExceeded(
                    f"The operation's filters have {count} {what}; the limit is {most}. Use "
                    f"{advice}.",
                    most,
                    count,
                )


class ConditionCounter:
    """Counts the conditions of arguments and variables, each once.

    A document may use a variable many times, and spread a fragment with a large argument.
    """

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._of_arguments: dict[tuple[int, str], UnindexedConditions] = {}
        self._of_variables: dict[tuple[str, str], UnindexedConditions] = {}

    def of_argument(self, kind: GraphQLInputType, argument: ValueNode) -> UnindexedConditions:
        """Return the conditions of an argument's value."""
        named = get_named_type(kind)
        key = (id(argument), named.name)
        if key not in self._of_arguments:
            self._of_arguments[key] = self._count(named, argument)
        return self._of_arguments[key]

    def _count(self, kind: Any, argument: ValueNode) -> UnindexedConditions:
        found = UnindexedConditions()
        stack: list[tuple[Any, ValueNode]] = [(kind, argument)]
        while stack:
            named, node = stack.pop()
            if isinstance(node, VariableNode):
                found.add(self.of_variable(node.name.value, named))
            elif isinstance(node, ListValueNode):
                stack.extend((named, item) for item in node.values)
            elif isinstance(node, ObjectValueNode) and is_input_object_type(named):
                for field in node.fields:
                    name, inner = field.name.value, field.value
                    if name in named.fields and not isinstance(inner, NullValueNode):
                        found.add_field(named, name)
                        stack.append((get_named_type(named.fields[name].type), inner))
        return found

    def of_variable(self, name: str, named: Any) -> UnindexedConditions:
        """Return the conditions of a variable's value, which is of the named type."""
        key = (name, named.name)
        if key not in self._of_variables:
            self._of_variables[key] = conditions = UnindexedConditions()
            conditions.add_value(named, self._variables.get(name))
        return self._of_variables[key]
