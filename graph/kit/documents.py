"""From a text to an operation that may be done: within limits, named, and parsed once."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
    get_operation_ast,
)
from strawberry.extensions import SchemaExtension

from graph.kit.limits import LimitExceeded, Limits, Measure, Pricing, check_size


class Documents:
    """Documents that were found valid: clients send the same few again and again."""

    #: How many are kept, and how long they may be: what bounds the memory they take.
    COUNT, LENGTH = 1000, 10_000

    def __init__(self) -> None:
        self._kept: dict[tuple[Limits, str], DocumentNode] = {}

    def get(self, limits: Limits, query: str | None) -> DocumentNode | None:
        """The document of a text, if it is known; of those kept it will go last."""
        document = self._kept.pop((limits, query), None) if query else None
        if query and document is not None:
            self._kept[limits, query] = document
        return document

    def keep(self, limits: Limits, query: str | None, document: DocumentNode | None) -> None:
        """Keeps a valid document, in the place of the one that was asked for longest ago."""
        if query is None or document is None or len(query) > self.LENGTH:
            return
        if len(self._kept) >= self.COUNT:
            del self._kept[next(iter(self._kept))]
        self._kept[limits, query] = document


DOCUMENTS = Documents()
#: The field that, asked so, has nothing else done than the operation priced.
PRICE, DRY = "rateLimit", "dryRun"


class WithinLimits(SchemaExtension):
    """A document is read only within limits, and an operation done only at a price.

    One that was found valid before is neither parsed nor validated again.
    """

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        self.limits: Limits = context.context.limits
        check_size(context.query or "", self.limits)
        context.parse_options["max_tokens"] = self.limits.tokens
        self.known = DOCUMENTS.get(self.limits, context.query)
        if self.known is not None:
            context.graphql_document = self.known
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = context.graphql_document
        if self.known is not None:
            context.pre_execution_errors = []
        elif document is not None:
            # Before validation: what it says in full may be far more than its text.
            Measure.check(document, self.limits)
            if not self.limits.introspection:
                rules = (*context.validation_rules, NoSchemaIntrospectionCustomRule)
                context.validation_rules = rules
        yield
        if not context.pre_execution_errors and self.known is None:
            DOCUMENTS.keep(self.limits, context.query, document)

    async def on_execute(self) -> AsyncIterator[None]:
        execution = self.execution_context
        document = execution.graphql_document
        operation = document and get_operation_ast(document, execution.operation_name)
        if document is None or not operation:
            yield
            return
        pricing = Pricing.of(
            self.limits, execution.schema._schema, document, operation, execution.variables
        )
        price = pricing.price(operation)
        execution.context.price = price
        if asked := pricing.asked(operation, PRICE, DRY):
            execution.graphql_document = only(document, operation, asked)
            yield
            return
        pricing.check(operation, price)
        # One was charged for reading it.
        await execution.context.charge(price.total - 1)
        yield
        result: Any = execution.result
        rows, size = measured(result.data)
        actual = max(1, min(price.total, rows + execution.context.statements))
        execution.context.give_back(price.total - actual)
        if result.data is not None:
            execution.extensions_results["cost"] = {"requested": price.total, "actual": actual}
        if size > self.limits.answer_size:
            result.data = None
            result.errors = [
                LimitExceeded(
                    f"The answer's texts have {size:,} bytes, and may have "
                    f"{self.limits.answer_size:,}: ask for fewer of them. What was written stays."
                )
            ]


def only(
    document: DocumentNode, operation: OperationDefinitionNode, fields: tuple[FieldNode, ...]
) -> DocumentNode:
    """A document whose operation has these fields alone at its root."""
    pruned = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=operation.variable_definitions,
        directives=operation.directives,
        selection_set=SelectionSetNode(selections=fields),
    )
    others = (one for one in document.definitions if one is not operation)
    return DocumentNode(definitions=(pruned, *others))


def measured(data: Any) -> tuple[int, int]:
    """How many objects came in lists, and how long the texts of an answer are."""
    rows, size, waiting = 0, 0, [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            rows += sum(isinstance(one, dict) for one in value)
            waiting.extend(value)
        elif isinstance(value, str):
            size += len(value)
    return rows, size


class OperationIsNamed(SchemaExtension):
    """Which of several operations runs must be said, as the specification has it."""

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = context.graphql_document
        operations = [
            definition
            for definition in (document.definitions if document else ())
            if isinstance(definition, OperationDefinitionNode)
        ]
        if len(operations) > 1 and context._provided_operation_name is None:
            message = "The document has several operations: name one as operationName."
            context.pre_execution_errors = [GraphQLError(message, operations)]
        yield
