"""Subscriptions: from an operation that has been charged to its source, and from there to events.

The source says which objects there are events about. An event is executed like a query that begins
with its object: by a plan for many objects at once, or by the reference executor.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import orjson
from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    create_source_event_stream,
    execute,
)
from strawberry.execution import optimized_is_awaitable

from graph.kit.errors import ReadLimitExceeded
from graph.operations.encoding import count_rows, encode
from graph.operations.executed import Executed, encoded
from graph.operations.prepared import PreparedOperation
from graph.operations.pricing import Price, actual_cost
from graph.operations.usage import CURRENT_USAGE, measured
from graph.operations.value_errors import mark_invalid_variables
from models.database.driver_errors import is_timeout, is_unreachable

if TYPE_CHECKING:
    from graph.context import Context
    from graph.operations.runner import OperationRunner


class EventBody(NamedTuple):
    """The response for one event as JSON, and what it has cost."""

    body: bytes
    cost: int


@dataclass(frozen=True, eq=False)
class Subscription:
    """A subscription that may start."""

    runner: "OperationRunner"
    operation: PreparedOperation
    variables: dict[str, Any]
    price: Price
    #: Which objects there are events about: the `source` of what the resolver has returned.
    source: Any

    @property
    def key(self) -> tuple[str, str | None, bytes]:
        """What its events depend on, besides their objects and the viewer."""
        relevant = self.operation.event_variables
        values = {name: value for name, value in self.variables.items() if name in relevant}
        json = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
        return self.operation.document.text, self.operation.name, json

    def prepare(self, context: "Context") -> None:
        """Let a context read what the operation selects."""
        context.set_price(self.price)
        context.operation = self.operation

    async def execute(self, context: "Context", objects: Sequence[Any]) -> list[EventBody]:
        """Execute the operation for each of some objects, in one go.

        The context must be prepared.

        Raise the error of a database that does not answer, or not in time. All other errors are
        part of the responses.
        """
        usage = context.usage
        measuring = CURRENT_USAGE.set(usage)
        try:
            return await measured(self._execute(context, objects), usage)
        finally:
            CURRENT_USAGE.reset(measuring)

    async def _execute(self, context: "Context", objects: Sequence[Any]) -> list[EventBody]:
        executed = await self._planned(context, objects)
        if executed is None:
            executed = await asyncio.gather(*(self._by_reference(context, one) for one in objects))
        if len(objects) > 1 and any(map(_reads_too_much, executed)):
            # The limit is that of one operation. Nothing loaded is kept for the halves.
            middle = len(objects) // 2
            bodies = []
            for half in (objects[:middle], objects[middle:]):
                context.texts.bytes_read = 0
                if len(half) == 1:
                    context.texts.max_bytes = self.runner.limits.answer_size
                context.reset_loaders(context.viewer)
                bodies += await self._execute(context, half)
            return bodies
        bodies = []
        for one in executed:
            cost = actual_cost(self.price, one.rows, 0 if one.data is None else len(one.data))
            result = self.runner.result(context, self.price, one, cost)
            bodies.append(EventBody(result.body(), cost))
        return bodies

    async def _planned(
        self, context: "Context", objects: Sequence[Any]
    ) -> Sequence[Executed] | None:
        planned = self.runner.planned
        if planned is None:
            return None
        found = await planned.events(self.operation, context, self.variables, objects)
        if found is None:
            return None
        field = self.operation.root_fields[0]
        key = (field.alias or field.name).value
        executed = []
        for data in found:
            rows = count_rows(data)
            executed.append(Executed(await encode({key: data}, rows), rows, []))
        return executed

    async def _by_reference(self, context: "Context", root: Any) -> Executed:
        result: Any = execute(
            self.runner.rules.schema,
            self.operation.document.ast,
            root_value=root,
            context_value=context,
            variable_values=self.variables,
            operation_name=self.operation.name,
            is_awaitable=cast("Any", optimized_is_awaitable),
        )
        if not isinstance(result, ExecutionResult):
            result = await result
        for error in result.errors or ():
            cause = error.original_error
            if cause is not None and (is_unreachable(cause) or is_timeout(cause)):
                raise cause
        return await encoded(result)


def _reads_too_much(executed: Executed) -> bool:
    return any(isinstance(error.original_error, ReadLimitExceeded) for error in executed.errors)


async def create_subscription(
    runner: "OperationRunner",
    context: "Context",
    operation: PreparedOperation,
    variables: dict[str, Any] | None,
    price: Price,
) -> Subscription | list[GraphQLError]:
    """Call the resolver of a subscription's field. Return why it cannot start, if so."""
    executor = Executor.build(
        runner.rules.schema,
        operation.document.ast,
        context_value=context,
        raw_variable_values=variables,
        operation_name=operation.name,
        is_awaitable=cast("Any", optimized_is_awaitable),
    )
    if isinstance(executor, list):
        mark_invalid_variables(executor)
        return executor
    stream: Any = create_source_event_stream(executor)
    if asyncio.iscoroutine(stream):
        stream = await stream
    if isinstance(stream, ExecutionResult):
        mark_invalid_variables(stream.errors or ())
        return list(stream.errors or ())
    # Nothing else of the request is kept.
    declared = {one.variable.name.value for one in operation.operation.variable_definitions or ()}
    kept = {name: value for name, value in (variables or {}).items() if name in declared}
    return Subscription(runner, operation, kept, price, stream.source)
