"""From a text to an operation that may be done: within limits, named, and parsed once."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar, cast

from graphql import (
    ASTValidationRule,
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
    execute,
    get_operation_ast,
    validate,
)
from graphql.language.parser import Parser
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

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
#: What it costs to read a document that is known, and how many letters of another cost as much.
READING, LETTERS = 1, 20
#: Letters of a document that is read at once; a longer one could take a tenth of a second.
SHORT = 1_000
T = TypeVar("T")

#: The field that, asked so, has nothing else done than the operation priced.
PRICE, DRY = "rateLimit", "dryRun"


class WithinLimits(SchemaExtension):
    """A document is read only within limits, and an operation done only at a price.

    One that was found valid before is neither parsed nor validated again.
    """

    async def on_parse(self) -> AsyncIterator[None]:
        execution = self.execution_context
        text, context = execution.query or "", execution.context
        self.limits: Limits = context.limits
        known = DOCUMENTS.get(self.limits, text)
        # Reading costs something too, whatever comes of it.
        size = 0 if known is not None else min(len(text), self.limits.size)
        await context.charge(READING + size // LETTERS)
        if known is not None:
            execution.graphql_document, execution.pre_execution_errors = known, []
        elif text:
            check_size(text, self.limits)
            rules = [*execution.validation_rules]
            if not self.limits.introspection:
                rules.append(NoSchemaIntrospectionCustomRule)
            read = partial(read_document, execution.schema._schema, text, self.limits, rules)
            document, errors = await ASIDE.do(read) if len(text) > SHORT else read()
            execution.graphql_document, execution.pre_execution_errors = document, errors
            if not errors:
                DOCUMENTS.keep(self.limits, text, document)
        yield

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
        await execution.context.charge(price.total - READING)
        if all(field.name.value.startswith("__") for field in pricing.roots(operation)):
            execution.result = await ASIDE.do(partial(tell_of_the_schema, execution, document))
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


def read_document(
    schema: GraphQLSchema, text: str, limits: Limits, rules: Sequence[type[ASTValidationRule]]
) -> tuple[DocumentNode, list[GraphQLError]]:
    """Parses and validates a text; raises what is wrong with its form or its size."""
    parser = Parser(text, max_tokens=limits.tokens)
    try:
        document = parser.parse_document()
    except GraphQLSyntaxError:
        if parser.token_count > limits.tokens:
            raise LimitExceeded(
                f"The document has more than {limits.tokens:,} tokens: send it in parts."
            ) from None
        raise
    # Before validation: what it says in full may be far more than its text.
    Measure.check(document, limits)
    return document, validate(schema, document, rules)


def tell_of_the_schema(execution: ExecutionContext, document: DocumentNode) -> ExecutionResult:
    """Executes an operation that asks for nothing but the schema."""
    result = execute(
        execution.schema._schema,
        document,
        variable_values=execution.variables,
        operation_name=execution.operation_name,
    )
    return cast("ExecutionResult", result)


class Aside:
    """A thread for what takes long and waits for nothing, so that others are answered meanwhile.

    It rests after each work, and twice as long: however many send large documents, most of the
    processor is for the others.
    """

    REST: float = 2
    #: Seconds that it rests at most.
    LONGEST = 0.5

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="documents")
        self._rested_at = 0.0

    async def do(self, work: Callable[[], T]) -> T:
        """Does some work, after the others that came before."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)

    def _do(self, work: Callable[[], T]) -> T:
        time.sleep(max(0, self._rested_at - time.monotonic()))
        begun = time.monotonic()
        try:
            return work()
        finally:
            ended = time.monotonic()
            self._rested_at = ended + min(self.LONGEST, self.REST * (ended - begun))


ASIDE = Aside()


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
