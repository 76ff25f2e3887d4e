"""The execution of an operation: everything that guards it, however its request arrived.

 1. The text of a document that is sent by its hash is looked up.
 2. The operation waits for its turn among those of its caller.
 3. A document that is not cached is charged, parsed, checked and validated.
 4. The operation is chosen by its name, and its type must suit the transport.
 5. The operation is priced, and charged.
 6. It is executed: by planned execution, or else by the reference executor, which is graphql-core
    with the resolvers of the schema. Queries of the schema alone are executed in a thread.
 7. The data is encoded.
 8. What was charged in excess is given back, and more is charged for excess rows and time.

Errors are given their codes, and unexpected ones are masked. However the operation ends, its
connections are returned, its turn is passed on, and its unused charge is given back.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationType,
    execute,
)
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable

from graph.kit.errors import expose
from graph.kit.lru_cache import LRUCache
from graph.kit.trace import Trace, traced
from graph.operations import budgets
from graph.operations.cost import CostRules
from graph.operations.document_store import DocumentStore
from graph.operations.documents import keep_root_fields, parse_and_validate
from graph.operations.encoding import encode
from graph.operations.executed import Executed, encoded
from graph.operations.fair_slots import FairSlots
from graph.operations.limits import LimitExceeded, check_size
from graph.operations.operation_cost import REQUEST_COST
from graph.operations.parser_thread import PARSER_THREAD
from graph.operations.planned import PlannedExecution
from graph.operations.prepared import DocumentCache, PreparedDocument, PreparedOperation
from graph.operations.pricing import Price, actual_cost
from graph.operations.requests import (
    BadRequest,
    OperationRequest,
    OperationResult,
    Transport,
    as_graphql_error,
)
from graph.operations.subscriptions import Subscription, create_subscription
from graph.operations.tracing import complete_trace
from graph.operations.usage import CURRENT_USAGE, measured
from graph.operations.value_errors import RULES, mark_invalid_variables

if TYPE_CHECKING:
    from graph.context import Context

#: Characters of a document that is not cached which cost 1, besides the time of its parsing.
CHARACTERS_PER_COST = 20
#: Longer documents are parsed in a thread, because parsing one could take a tenth of a second.
MAX_INLINE_CHARACTERS = 300
#: Results of introspection queries that are cached, and their bytes in total.
CACHED_INTROSPECTIONS, CACHED_INTROSPECTION_BYTES = 20, 10_000_000


class _Known(NamedTuple):
    """A parsed document, and whether it was cached."""

    document: PreparedDocument
    errors: list[GraphQLError]
    is_cached: bool


class OperationRunner:
    """Runs the operations of a server."""

    def __init__(
        self,
        schema: Schema,
        rules: CostRules,
        turns: FairSlots,
        texts: DocumentStore,
        planned: PlannedExecution | None = None,
    ) -> None:
        self.schema = schema
        self.rules = rules
        self.limits = rules.limits
        #: The turns of operations, which callers share.
        self.turns = turns
        self.texts = texts
        self.planned: PlannedExecution | None = None
        self._executor_class: type[Any] = schema.execution_context_class
        if planned is not None:
            self.plan_by(planned)
        self.documents = DocumentCache()
        self._introspections: LRUCache[tuple[str, str | None], Executed] = LRUCache(
            CACHED_INTROSPECTIONS,
            CACHED_INTROSPECTION_BYTES,
            lambda executed: len(executed.data or b""),
        )

    def plan_by(self, planned: PlannedExecution) -> None:
        """Execute queries, and assemble payloads, by plans where possible."""
        self.planned = planned
        self._executor_class = planned.executor_class

    def plan_nothing(self) -> None:
        """Execute everything by the reference executor, to compare the executors."""
        self.planned = None
        self._executor_class = self.schema.execution_context_class

    async def run(self, context: "Context", request: OperationRequest) -> OperationResult:
        """Run an operation, and close its context. Raise an `ApiError` if it cannot be run."""
        usage = context.usage
        measuring = CURRENT_USAGE.set(usage)
        try:
            text = await self._text(context, request)
            trace = context.trace
            if trace is not None:
                return await self._traced(context, request, text, trace)
            async with self.turns.slot(context.caller.name):
                return await measured(self._run(context, request, text), usage)
        finally:
            CURRENT_USAGE.reset(measuring)
            if context.must_be_closed:
                await asyncio.shield(context.close())
            else:
                context.charge_time(context.charged_cost)

    async def _traced(
        self, context: "Context", request: OperationRequest, text: str, trace: Trace
    ) -> OperationResult:
        """Run an operation as `run` does, and add its trace to the result."""
        with trace.recording(context.database):
            with trace.span("wait", "turn of the caller"):
                await self.turns.take(context.caller.name)
            try:
                result = await measured(self._run(context, request, text), context.usage)
            finally:
                self.turns.release(context.caller.name)
        await complete_trace(trace, context, request.variables, result)
        return result

    async def _text(self, context: "Context", request: OperationRequest) -> str:
        """Return the text of the document. Raise an `ApiError` if there is none."""
        text = await self.texts.text(
            request.query,
            request.document_id,
            (request.extensions or {}).get("persistedQuery"),
            sends_anything=context.identity.sends_anything,
        )
        if not text:
            raise BadRequest("The request has no `query`.")
        return text

    async def _run(
        self, context: "Context", request: OperationRequest, text: str
    ) -> OperationResult:
        try:
            known = await self._document(context, text)
        except Exception as error:  # noqa: BLE001 - answered, and logged with its ID if unexpected
            return self._refused(context, [error])
        operation = known.document.find(request.operation_name)
        check_operation(operation, request.operation_name, request.transport)
        assert operation is not None
        errors = known.errors
        if request.operation_name is None and len(known.document.operations) > 1:
            # graphql-core would execute none; Strawberry the first one.
            message = "The document has several operations. Name one of them as `operationName`."
            nodes = [each.operation for each in known.document.operations]
            errors = [GraphQLError(message, nodes)]
        if errors:
            return self._refused(context, errors)
        try:
            return await self._run_valid(context, operation, request.variables, known.is_cached)
        except Exception as error:  # noqa: BLE001 - as above
            return self._refused(context, [error])

    async def _document(self, context: "Context", text: str) -> _Known:
        """Return the cached document, or parse and validate it."""
        cached = self.documents.get(text)
        if cached is not None:
            return _Known(cached, [], True)
        await context.charge(min(len(text), self.limits.size) // CHARACTERS_PER_COST)
        check_size(text, self.limits)
        rules = [*RULES]
        if not self.limits.introspection:
            rules.append(NoSchemaIntrospectionCustomRule)
        job = partial(
            parse_and_validate,
            self.rules.schema,
            text,
            self.limits,
            rules,
            suggests=not context.hides_schema,
        )
        with traced("parse", "parse and validate the document"):
            if len(text) > MAX_INLINE_CHARACTERS:
                parsed = await PARSER_THREAD.run(context.caller.name, job)
            else:
                parsed = job()
        await context.charge(int(parsed.seconds * budgets.THREAD_COST_PER_SECOND))
        document = PreparedDocument(text, parsed.document, self.rules, parsed.deprecations)
        return _Known(document, parsed.errors, False)

    async def _run_valid(
        self,
        context: "Context",
        operation: PreparedOperation,
        variables: dict[str, Any] | None,
        is_cached: bool,
    ) -> OperationResult:
        """Charge, execute and settle an operation of a valid document."""
        document = operation.document
        with traced("price", "compute the cost"):
            price = operation.pricing.price(variables)
        context.set_price(price)
        if fields := operation.dry_run_fields(variables):
            pruned = keep_root_fields(document.ast, operation.operation, fields)
            executed = await self._by_reference(context, pruned, operation, variables)
            return self._result(context, executed, None)
        price.check()
        with traced("charge", "charge the budget"):
            await context.charge_price(price.total - REQUEST_COST)
        if not is_cached:
            # Documents that are refused for their cost are not cached.
            self.documents.put(document.text, document)
        context.has_written = operation.type is OperationType.MUTATION
        context.operation = operation
        if operation.type is OperationType.SUBSCRIPTION:
            found = await create_subscription(self, context, operation, variables, price)
            if isinstance(found, Subscription):
                return OperationResult(None, subscription=found)
            refused = self._refused(context, found)
            # There are no events, and so no data, not even null.
            refused.data = None
            return refused
        executed = await self._execute(context, operation, variables)
        return await self._settle(context, price, executed, document.deprecations)

    async def _execute(
        self,
        context: "Context",
        operation: PreparedOperation,
        variables: dict[str, Any] | None,
    ) -> Executed:
        if operation.introspection_keys:
            if operation.is_introspection:
                return await self._introspect(context, operation, variables)
        elif self._is_planned(context) and operation.type is OperationType.QUERY:
            assert self.planned is not None
            planned = await self.planned.execute(operation, context, variables)
            if planned is not None:
                data = planned.encoded
                if data is None:
                    with traced("encode", "write the response as JSON"):
                        data = await encode(planned.data, planned.rows)
                return Executed(data, planned.rows, [])
        return await self._by_reference(context, operation.document.ast, operation, variables)

    def _is_planned(self, context: "Context") -> bool:
        trace = context.trace
        return self.planned is not None and (trace is None or not trace.by_reference)

    async def _by_reference(
        self,
        context: "Context",
        document: DocumentNode,
        operation: PreparedOperation,
        variables: dict[str, Any] | None,
    ) -> Executed:
        """Execute an operation as `Schema.execute` of Strawberry does, without its extensions."""
        result: Any = execute(
            self.rules.schema,
            document,
            context_value=context,
            variable_values=variables,
            operation_name=operation.name,
            is_awaitable=cast("Any", optimized_is_awaitable),
            executor_class=(
                self._executor_class
                if self._is_planned(context)
                else self.schema.execution_context_class
            ),
        )
        if not isinstance(result, ExecutionResult):
            result = await result
        mark_invalid_variables(result.errors or ())
        return await encoded(result, operation.introspection_keys)

    async def _introspect(
        self,
        context: "Context",
        operation: PreparedOperation,
        variables: dict[str, Any] | None,
    ) -> Executed:
        """Execute an operation that selects nothing but the schema, unless it is cached."""
        key = (operation.document.text, operation.name)
        executed = None if variables else self._introspections.get(key)
        if executed is not None:
            return executed
        job = partial(
            execute,
            self.rules.schema,
            operation.document.ast,
            variable_values=variables,
            operation_name=operation.name,
        )
        # Introspection awaits nothing.
        result = cast("ExecutionResult", await PARSER_THREAD.run(context.caller.name, job))
        executed = await encoded(result, operation.introspection_keys)
        if not variables and not executed.errors:
            self._introspections.put(key, executed)
        return executed

    async def _settle(
        self,
        context: "Context",
        price: Price,
        executed: Executed,
        deprecations: Sequence[Mapping[str, str]],
    ) -> OperationResult:
        """Charge what the operation has really cost.

        Objects that were not returned are refunded. Objects beyond the estimate, and time beyond
        what the cost pays for, are charged in addition.
        """
        data, rows, _ = executed
        actual = actual_cost(price, rows, 0 if data is None else len(data))
        await context.settle(actual)
        time = context.charge_time(actual)
        return self.result(context, price, executed, actual, time, deprecations)

    def result(
        self,
        context: "Context",
        price: Price,
        executed: Executed,
        actual: int,
        time: int = 0,
        deprecations: Sequence[Mapping[str, str]] = (),
    ) -> OperationResult:
        """Return the result of an execution, with its cost. Check the size of the response."""
        data = executed.data
        extensions: dict[str, Any] | None = None
        if data is not None:
            shown = {"requested": price.total, "actual": actual}
            extensions = {"cost": shown | {"time": time} if time else shown}
            if deprecations:
                extensions["deprecations"] = deprecations
            if len(data) > self.limits.answer_size:
                message = (
                    f"The response has {len(data):,} bytes; the limit is "
                    f"{self.limits.answer_size:,}. Select less. Changes by mutations were saved."
                )
                error = LimitExceeded(message, self.limits.answer_size, len(data), path=[])
                executed = Executed(None, 0, [error])
        return self._result(context, executed, extensions)

    def _refused(self, context: "Context", errors: Sequence[Exception]) -> OperationResult:
        """The result of an operation that was not executed."""
        coerced = [as_graphql_error(error) for error in errors]
        return self._result(context, Executed(None, 0, coerced), None)

    def _result(
        self, context: "Context", executed: Executed, extensions: Mapping[str, Any] | None
    ) -> OperationResult:
        data, _, errors = executed
        for error in errors:
            expose(error, suggests=not context.hides_schema)
        if data is None and any(error.path is not None for error in errors):
            # An error in a field that cannot be null; without execution there is no `data`.
            data = b"null"
        return OperationResult(data, errors, extensions)


def check_operation(
    operation: PreparedOperation | None, name: str | None, transport: Transport
) -> None:
    """Raise `BadRequest` if there is no such operation, or the transport does not take its type."""
    if operation is None:
        message = "Can't get GraphQL operation type"
        raise BadRequest(message if name is None else f'Unknown operation named "{name}".')
    if operation.type not in transport.types:
        if operation.type is OperationType.SUBSCRIPTION:
            raise BadRequest(
                "Subscriptions are sent as events. Send `Accept: text/event-stream`, or use a "
                "WebSocket with the protocol graphql-transport-ws.",
                406,
            )
        plural = {"query": "queries"}.get(operation.type.value, f"{operation.type.value}s")
        raise BadRequest(f"{plural} are not allowed when using {transport.name}", 405)
