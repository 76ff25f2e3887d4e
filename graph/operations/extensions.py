"""Strawberry extensions, which run around the parsing and execution of every operation.

This is where documents are parsed and validated, and where operations are charged.
"""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    execute,
    get_operation_ast,
)
from strawberry.extensions import SchemaExtension

from graph.operations.cost import (
    DRY_RUN_ARGUMENT,
    INTROSPECTION_FIELDS,
    REQUEST_COST,
    CostEstimator,
    FieldCosts,
    ListLengths,
    OperationCost,
)
from graph.operations.documents import VALID_DOCUMENTS, keep_root_fields, parse_and_validate
from graph.operations.limits import LimitExceeded, Limits, check_size
from graph.operations.lru_cache import LRUCache
from graph.operations.parser_thread import PARSER_THREAD
from graph.operations.response_size import measure_response

#: The cost of a document that is not cached: by its length, and by the CPU time it takes.
CHARACTERS_PER_COST, COST_PER_SECOND = 20, 10_000
#: Bytes of a response that cost as much as a row.
RESPONSE_BYTES_PER_COST = 10_000
#: Longer documents are parsed in a thread, because parsing one could take a tenth of a second.
MAX_INLINE_CHARACTERS = 300
#: With this argument, the field reports the operation's cost and nothing else is executed.
RATE_LIMIT_FIELD = "rateLimit"

#: Results of introspection queries without variables, by their text and operation name.
INTROSPECTION_RESULTS: LRUCache[tuple[str, str | None], ExecutionResult] = LRUCache(
    20, 10_000_000, lambda result: measure_response(result.data)[1]
)


class OperationLimits(SchemaExtension):
    """Enforces the limits of an operation, and charges its cost to the caller's budget.

    Operations are charged before they are parsed and before they are executed, so that those that
    are refused cost something too.
    """

    #: The lengths of the schema's lists that neither have pages nor are short.
    lengths: ListLengths = {}
    #: The costs of the schema's fields whose arguments decide how much work they are.
    field_costs: FieldCosts = {}

    async def on_parse(self) -> AsyncIterator[None]:
        """Parse and validate the document unless it is cached."""
        execution = self.execution_context
        text = execution.query or ""
        self.limits: Limits = execution.context.limits
        cached = VALID_DOCUMENTS.get((self.limits, text))
        self.is_cached = cached is not None
        if cached is not None:
            execution.graphql_document, execution.pre_execution_errors = cached[1], []
        elif text:
            document, errors = await self._parse_and_validate(text)
            execution.graphql_document, execution.pre_execution_errors = document, errors
        yield

    async def _parse_and_validate(self, text: str) -> tuple[DocumentNode, list[GraphQLError]]:
        execution = self.execution_context
        context = execution.context
        await context.charge(min(len(text), self.limits.size) // CHARACTERS_PER_COST)
        check_size(text, self.limits)
        rules = [*execution.validation_rules]
        if not self.limits.introspection:
            rules.append(NoSchemaIntrospectionCustomRule)
        job = partial(
            parse_and_validate,
            execution.schema._schema,
            text,
            self.limits,
            rules,
            suggests=not context.hides_schema,
        )
        if len(text) > MAX_INLINE_CHARACTERS:
            document, errors, seconds = await PARSER_THREAD.run(context.caller.name, job)
        else:
            document, errors, seconds = job()
        await context.charge(int(seconds * COST_PER_SECOND))
        return document, errors

    async def on_execute(self) -> AsyncIterator[None]:
        """Charge the estimated cost before execution, and refund the unused part afterward."""
        execution = self.execution_context
        document, context = execution.graphql_document, execution.context
        operation = document and get_operation_ast(document, execution.operation_name)
        if document is None or not operation:
            yield
            return
        estimator = CostEstimator.for_operation(
            self.limits,
            execution.schema._schema,
            document,
            operation,
            execution.variables,
            self.lengths,
            self.field_costs,
        )
        context.cost = cost = estimator.estimate()
        context.texts.selected = cost.fields
        if dry_run_fields := find_dry_run(estimator):
            execution.graphql_document = keep_root_fields(document, operation, dry_run_fields)
            yield
            return
        estimator.check(cost)
        await context.charge(cost.total - REQUEST_COST)
        context.charged_cost = cost.total
        if not self.is_cached:
            # Documents that are refused for their cost are not cached.
            text = execution.query or ""
            VALID_DOCUMENTS.put((self.limits, text), (text, document))
        if {node.name.value for node in estimator.root_fields()} <= INTROSPECTION_FIELDS.keys():
            # Strawberry does not execute an operation that has a result already.
            execution.result = await self._introspect(document)
        yield
        await self._settle(cost, estimator)

    async def _introspect(self, document: DocumentNode) -> ExecutionResult:
        """Execute an operation that selects nothing but the schema, unless it is cached."""
        execution = self.execution_context
        key = (execution.query or "", execution.operation_name)
        result = None if execution.variables else INTROSPECTION_RESULTS.get(key)
        if result is None:
            job = partial(
                execute,
                execution.schema._schema,
                document,
                variable_values=execution.variables,
                operation_name=execution.operation_name,
            )
            # Introspection awaits nothing.
            result = cast(
                "ExecutionResult", await PARSER_THREAD.run(execution.context.caller.name, job)
            )
            if not execution.variables:
                INTROSPECTION_RESULTS.put(key, result)
        # A copy: the result of an operation is changed after its execution.
        return ExecutionResult(result.data, result.errors)

    async def _settle(self, cost: OperationCost, estimator: CostEstimator) -> None:
        """Charge what the operation has really cost, and check the size of the response.

        Objects that were not returned are refunded. Objects beyond the estimate, and time beyond
        what the cost pays for, are charged in addition.
        """
        execution = self.execution_context
        result: Any = execution.result
        rows, size = measure_response(result.data)
        for node in estimator.root_fields():
            if node.name.value in INTROSPECTION_FIELDS and result.data is not None:
                # Objects of the schema come from memory; their cost is not refunded.
                rows -= measure_response(result.data.get((node.alias or node.name).value))[0]
        actual = cost.nonrefundable + rows + size // RESPONSE_BYTES_PER_COST
        actual = max(REQUEST_COST, actual)
        await execution.context.settle(cost.total, actual)
        execution.context.charged_cost = actual
        time = execution.context.charge_time(actual)
        if result.data is not None:
            shown = {"requested": cost.total, "actual": actual}
            execution.extensions_results["cost"] = shown | ({"time": time} if time else {})
        if size > self.limits.answer_size:
            message = (
                f"The response has {size:,} bytes; the limit is {self.limits.answer_size:,}. "
                "Select less. Changes by mutations were saved."
            )
            result.data, result.errors = None, [LimitExceeded(message, path=[])]


class RequireOperationName(SchemaExtension):
    """Refuses a document of several operations unless the request names one of them.

    The GraphQL specification requires this; Strawberry would execute the first one.
    """

    def on_validate(self) -> Iterator[None]:
        execution = self.execution_context
        document = execution.graphql_document
        operations = [
            definition
            for definition in (document.definitions if document else ())
            if isinstance(definition, OperationDefinitionNode)
        ]
        if len(operations) > 1 and execution._provided_operation_name is None:
            message = "The document has several operations. Name one of them as `operationName`."
            execution.pre_execution_errors = [GraphQLError(message, operations)]
        yield


def find_dry_run(estimator: CostEstimator) -> list[FieldNode]:
    """Return the `rateLimit` fields at the root if one of them has `dryRun: true`; else none."""
    fields = [node for node in estimator.root_fields() if node.name.value == RATE_LIMIT_FIELD]
    is_dry_run = any(estimator.argument(node, DRY_RUN_ARGUMENT) is True for node in fields)
    return fields if is_dry_run else []
