"""Prices that are looked up equal those that are estimated, whatever the variables are."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_composite_type,
    parse,
    validate,
)

from graph.operations.cost import CostEstimator, CostRules, variable_values
from graph.operations.limits import LimitExceeded, Limits
from graph.operations.prepared import PreparedDocument, PreparedOperation
from graph.operations.pricing import MAX_PRICES
from graph.schema import FIELD_COSTS, LIST_LENGTHS
from graph.settings import Settings
from tests.support.queries import QUERIES
from tests.support.schema_walk import SCHEMA

RULES = CostRules(Limits.from_settings(Settings()), SCHEMA, LIST_LENGTHS, FIELD_COSTS)

#: Values of the right type and of wrong ones: prices are computed before variables are coerced.
JUNK: list[Any] = [
    None, True, False, 0, 1, 7, 50, 100, 101, -3, 10.0, 99.5, "", "x", "one two pre*", "x" * 2_500,
    [], ["a"], ["a"] * 40, ["a"] * 101, [[1], {}], {}, {"rows": []}, {"rows": [{}] * 51},
    {"title": {"contains": "x"}}, {"or": [{"title": {"contains": "x"}}] * 30},
    {"assignees": {"some": {"isMe": True}}, "comments": {"length": {"eq": 0}}}, "STATE", "ASSIGNEE",
]  # fmt: skip


def prepared(text: str) -> PreparedOperation:
    operation = PreparedDocument(text, parse(text), RULES).find(None)
    assert operation is not None
    return operation


def looked_up(operation: PreparedOperation, variables: dict[str, Any]) -> Any:
    """The price that requests get, or the message of the refusal."""
    try:
        price = operation.pricing.price(variables)
        price.check()
    except LimitExceeded as error:
        return error.message
    return price.total, price.nodes, price.nonrefundable, price.fields


def estimated(operation: PreparedOperation, variables: dict[str, Any]) -> Any:
    """What a new estimate says."""
    values = variable_values(operation.operation, variables)
    estimator = CostEstimator.for_operation(RULES, operation.operation, operation.fragments, values)
    try:
        cost = estimator.estimate()
        estimator.check(cost)
    except LimitExceeded as error:
        return error.message
    return cost.total, cost.nodes, cost.nonrefundable, cost.fields


class Documents:
    """Random operations of the schema, most of whose arguments are variables."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.variables: dict[str, str] = {}

    def operation(self) -> str:
        kind, root = ("query", SCHEMA.query_type)
        if self.random.random() < 0.25:
            kind, root = ("mutation", SCHEMA.mutation_type)
        selection = self.selection(root, 6)
        defaults = {"Int": " = 20", "Boolean": " = false"}
        declared = ", ".join(
            f"${name}: {type_}{defaults.get(type_, '') if self.random.random() < 0.3 else ''}"
            for name, type_ in self.variables.items()
        )
        return f"{kind} Q{f'({declared})' if declared else ''} {selection}"

    def selection(self, kind: Any, depth: int) -> str:
        parts = ["__typename"]
        fields = list(kind.fields.items()) if hasattr(kind, "fields") else []
        for place, (name, field) in enumerate(
            self.random.sample(fields, min(len(fields), self.random.randint(1, 4)))
        ):
            target = get_named_type(field.type)
            if is_composite_type(target) and depth == 0:
                continue
            given = [
                f"{argument}: {self.value(one.type)}"
                for argument, one in field.args.items()
                if isinstance(one.type, GraphQLNonNull) or self.random.random() < 0.6
            ]
            arguments = f"({', '.join(given)})" if given else ""
            inner = f" {self.selection(target, depth - 1)}" if is_composite_type(target) else ""
            parts.append(f"a{place}: {name}{arguments}{inner}")
        if hasattr(kind, "fields") and self.random.random() < 0.2:
            parts.append(f"... on {kind.name} {self.selection(kind, depth - 1 if depth else 0)}")
        return f"{{ {' '.join(parts)} }}"

    def value(self, kind: Any) -> str:
        """A variable of this type, or a literal that may contain variables."""
        if self.random.random() < 0.75:
            name = f"v{len(self.variables)}"
            known = [known for known, type_ in self.variables.items() if type_ == str(kind)]
            if known and self.random.random() < 0.5:
                return f"${self.random.choice(known)}"
            self.variables[name] = str(kind)
            return f"${name}"
        return self.literal(kind)

    def literal(self, kind: Any) -> str:
        if isinstance(kind, GraphQLNonNull):
            return self.literal(kind.of_type)
        if isinstance(kind, GraphQLList):
            return f"[{', '.join(self.value(kind.of_type) for _ in range(2))}]"
        if isinstance(kind, GraphQLEnumType):
            return str(next(iter(kind.values)))
        if isinstance(kind, GraphQLInputObjectType):
            fields = [
                f"{name}: {self.value(field.type)}"
                for name, field in kind.fields.items()
                if isinstance(field.type, GraphQLNonNull) or self.random.random() < 0.1
            ]
            return f"{{{', '.join(fields)}}}"
        return {"Int": "3", "Boolean": "true", "Float": "1.5"}.get(kind.name, '"x"')


def random_operations() -> Iterator[tuple[PreparedOperation, random.Random]]:
    for seed in range(300):
        documents = Documents(seed)
        text = documents.operation()
        if not validate(SCHEMA, parse(text), max_errors=1):
            yield prepared(text), documents.random


def test_random_operations_have_the_estimated_prices() -> None:
    compared = kept = 0
    for operation, chance in random_operations():
        names = [one.variable.name.value for one in operation.operation.variable_definitions or ()]
        for _ in range(12):
            variables = {name: chance.choice(JUNK) for name in names if chance.random() < 0.8}
            for _ in range(2):
                expected = estimated(operation, variables)
                assert looked_up(operation, variables) == expected, (operation, variables)
                compared += 1
                kept += not isinstance(expected, str)
    assert compared > 1_500
    assert kept > 700


PAGES = """
  query ($slug: String!, $size: Int = 30, $filter: TaskFilter) { workspace(slug: $slug) {
    tasks(first: $size, filter: $filter) { nodes { title comments(last: $size) { totalCount } } }
  } }
"""


@pytest.mark.parametrize("text", [PAGES, *QUERIES.values()])
def test_equal_prices_are_estimated_once(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = prepared(text)
    first = operation.pricing.price({"slug": "one", "filter": {"title": {"eq": "a"}}})
    first.check()
    monkeypatch.delattr(CostEstimator, "estimate")
    again = operation.pricing.price({"slug": "two", "filter": {"title": {"eq": "b"}}, "more": [1]})
    assert again is first


def test_refused_prices_are_not_kept() -> None:
    operation = prepared(PAGES.replace("totalCount", "nodes { id }"))
    variables = {"slug": "x", "size": 100, "filter": {"or": [{"title": {"contains": "i"}}] * 60}}
    assert looked_up(operation, variables) == estimated(operation, variables)
    assert isinstance(looked_up(operation, variables), str)
    assert len(operation.pricing._prices) == 0


def test_number_of_kept_prices_is_bounded() -> None:
    operation = prepared(PAGES)
    for size in range(1, 2 * MAX_PRICES):
        operation.pricing.price({"slug": "x", "size": size}).check()
    assert len(operation.pricing._prices) == MAX_PRICES
