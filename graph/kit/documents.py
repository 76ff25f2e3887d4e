"""From a text to an operation that may be done: within limits, named, and parsed once."""

from collections.abc import Iterator

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, get_operation_ast
from strawberry.extensions import SchemaExtension

from graph.kit.limits import Limits, Measure, Pricing, check_size


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
        yield
        if not context.pre_execution_errors and self.known is None:
            DOCUMENTS.keep(self.limits, context.query, document)

    def on_execute(self) -> Iterator[None]:
        context = self.execution_context
        document = context.graphql_document
        operation = document and get_operation_ast(document, context.operation_name)
        if document is not None and operation:
            graphql_schema = context.schema._schema
            pricing = Pricing.of(graphql_schema, document, operation, context.variables)
            pricing.check(operation, self.limits.cost)
        yield


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
