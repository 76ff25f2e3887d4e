"""From a text to an operation that may be done: within limits, named, and parsed once."""

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from typing import Any, cast

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
from graphql.validation.validate import ValidationAbortedError
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from graph.operations.cost import META_FIELDS, CostEstimator, ListLengths
from graph.operations.limits import DocumentSize, LimitExceeded, Limits, check_size
from graph.operations.lru_cache import LRUCache
from graph.operations.parser_thread import PARSER_THREAD

#: Documents that were found valid, each for the limits it is within: clients send the same few
#: again and again. Of a letter's worth of text, the parsed document takes two hundred bytes.
VALID_DOCUMENTS: LRUCache[tuple[Limits, str], tuple[str, DocumentNode]] = LRUCache(
    1000, 300_000, lambda entry: len(entry[0])
)
#: What it costs to read a document that is known, and how many letters of another cost as much.
READING_COST, CHARACTERS_PER_COST = 1, 20
#: Bytes that a name in an answer has around it, with a plain value.
NAME_OVERHEAD = 8
#: Bytes of an answer that cost as much as a row.
BYTES_PER_COST = 10_000
#: Letters of a document that is read at once; a longer one could take a tenth of a second.
INLINE_PARSE_LENGTH = 300
#: What a second of the processor costs.
COST_PER_SECOND = 10_000
#: After so many faults no more are looked for.
MAX_VALIDATION_ERRORS = 5
#: The field that, asked so, has nothing else done than the operation priced.
RATE_LIMIT_FIELD, DRY_RUN_ARGUMENT = "rateLimit", "dryRun"


class OperationLimits(SchemaExtension):
    """A document is read only within limits, and an operation done only at a price.

    One that was found valid before is neither parsed nor validated again.
    """

    #: How long the lists of this schema are that are neither pages nor short.
    lengths: ListLengths = {}

    async def on_parse(self) -> AsyncIterator[None]:
        execution = self.execution_context
        text, context = execution.query or "", execution.context
        self.limits: Limits = context.limits
        known = VALID_DOCUMENTS.get((self.limits, text))
        self.is_new = known is None
        if known is not None:
            execution.graphql_document, execution.pre_execution_errors = known[1], []
        elif text:
            # Reading costs something too, whatever comes of it.
            await context.charge(min(len(text), self.limits.size) // CHARACTERS_PER_COST)
            check_size(text, self.limits)
            rules = [*execution.validation_rules]
            if not self.limits.introspection:
                rules.append(NoSchemaIntrospectionCustomRule)
            read = partial(
                read_document,
                execution.schema._schema,
                text,
                self.limits,
                rules,
                suggests=not context.hides_schema,
            )
            if len(text) > INLINE_PARSE_LENGTH:
                document, errors, seconds = await PARSER_THREAD.run(context.caller.name, read)
            else:
                document, errors, seconds = read()
            await context.charge(int(seconds * COST_PER_SECOND))
            execution.graphql_document, execution.pre_execution_errors = document, errors
        yield

    async def told(self, document: DocumentNode) -> ExecutionResult:
        """The result of an operation that asks for nothing but the schema."""
        execution = self.execution_context
        key = (execution.query or "", execution.operation_name)
        known = None if execution.variables else INTROSPECTION_RESULTS.get(key)
        if known is None:
            tell = partial(execute_introspection, execution, document)
            known = await PARSER_THREAD.run(execution.context.caller.name, tell)
            if not execution.variables:
                INTROSPECTION_RESULTS.put(key, known)
        return ExecutionResult(known.data, known.errors)

    async def on_execute(self) -> AsyncIterator[None]:
        execution = self.execution_context
        document = execution.graphql_document
        operation = document and get_operation_ast(document, execution.operation_name)
        if document is None or not operation:
            yield
            return
        pricing = CostEstimator.of(
            self.limits,
            execution.schema._schema,
            document,
            operation,
            execution.variables,
            self.lengths,
        )
        price = pricing.price(operation)
        execution.context.price = price
        if asked := pricing.asked(operation, RATE_LIMIT_FIELD, DRY_RUN_ARGUMENT):
            execution.graphql_document = keep_root_fields(document, operation, asked)
            yield
            return
        pricing.check(operation, price)
        await execution.context.charge(price.total - READING_COST)
        if self.is_new:
            # Only now: what is refused for its price is not kept.
            text = execution.query or ""
            VALID_DOCUMENTS.put((self.limits, text), (text, document))
        if {field.name.value for field in pricing.roots(operation)} <= META_FIELDS.keys():
            execution.result = await self.told(document)
        yield
        result: Any = execution.result
        rows, size = measure_answer(result.data)
        context = execution.context
        # What is not needed of the objects is given back; what it took to look for them is not.
        actual = max(READING_COST, price.kept + min(price.nodes, rows) + size // BYTES_PER_COST)
        actual = min(price.total, actual)
        await context.give_back(price.total - actual)
        if result.data is not None:
            execution.extensions_results["cost"] = {"requested": price.total, "actual": actual}
        if size > self.limits.answer_size:
            message = (
                f"The answer has {size:,} bytes, and may have "
                f"{self.limits.answer_size:,}: ask for fewer of them. What was written stays."
            )
            result.data, result.errors = None, [LimitExceeded(message, path=[])]


#: What was told of the schema lately, to operations without variables.
INTROSPECTION_RESULTS: LRUCache[tuple[str, str | None], ExecutionResult] = LRUCache(
    20, 10_000_000, lambda result: measure_answer(result.data)[1]
)


def read_document(
    schema: GraphQLSchema,
    text: str,
    limits: Limits,
    rules: Sequence[type[ASTValidationRule]],
    *,
    suggests: bool = True,
) -> tuple[DocumentNode, list[GraphQLError], float]:
    """Parses and validates a text; raises what is wrong with its form or its size.

    Also the seconds of the processor that it took.
    """
    begun = time.thread_time()
    parser = Parser(text, max_tokens=limits.tokens)
    try:
        document = parser.parse_document()
    except RecursionError:
        raise LimitExceeded("The document is nested too deeply: ask for less at once.") from None
    except GraphQLSyntaxError:
        if parser.token_count > limits.tokens:
            raise LimitExceeded(
                f"The document has more than {limits.tokens:,} tokens: send it in parts."
            ) from None
        raise
    # Before validation: what it says in full may be far more than its text.
    DocumentSize.check(document, limits)
    found = validate(
        schema, document, rules, max_errors=MAX_VALIDATION_ERRORS, hide_suggestions=not suggests
    )
    errors = [error for error in found if type(error) is not ValidationAbortedError]
    if found and not errors:
        # The library compares all fields of a name with one another, as far as it goes.
        raise LimitExceeded(
            "The document has the same fields too often to be compared: ask for each once."
        )
    return document, errors, time.thread_time() - begun


def execute_introspection(execution: ExecutionContext, document: DocumentNode) -> ExecutionResult:
    """Executes an operation that asks for nothing but the schema."""
    result = execute(
        execution.schema._schema,
        document,
        variable_values=execution.variables,
        operation_name=execution.operation_name,
    )
    return cast("ExecutionResult", result)


def keep_root_fields(
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


def measure_answer(data: Any) -> tuple[int, int]:
    """How many objects came in lists, and how many bytes an answer has, nearly."""
    rows, size, waiting = 0, 0, [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            size += sum(map(len, value)) + NAME_OVERHEAD * len(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            rows += sum(isinstance(one, dict) for one in value)
            waiting.extend(value)
        elif isinstance(value, str):
            size += len(value) if value.isascii() else len(value.encode(errors="replace"))
    return rows, size


class RequireOperationName(SchemaExtension):
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
