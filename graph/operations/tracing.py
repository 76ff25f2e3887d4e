"""Completes the trace of an operation that has ended: its costs, and the database's plans."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson
from graphql import OperationType

from graph.kit.trace import Trace, count_objects
from graph.operations.explain_plans import explain
from graph.operations.requests import OperationResult

if TYPE_CHECKING:
    from graph.context import Context


async def complete_trace(
    trace: Trace, context: "Context", variables: Mapping[str, Any] | None, result: OperationResult
) -> None:
    """Add `extensions.trace` to a result."""
    operation = context.operation
    if operation is not None:
        trace.requested_by_path = operation.pricing.paths(variables)
    if result.data is not None:
        trace.actual_by_path = count_objects(orjson.loads(result.data))
    if trace.explains and operation is not None and operation.type is OperationType.QUERY:
        await _explain(trace, context)
    trace_of = trace.as_extension()
    result.extensions = {**(result.extensions or {}), "trace": trace_of}


async def _explain(trace: Trace, context: "Context") -> None:
    """Ask the database for the plan of each statement, each text once."""
    known: dict[str, Any] = {}
    for statement in trace.statements:
        if statement.sql not in known:
            async with context.read_slot():
                known[statement.sql] = await explain(
                    context.database, statement.sql, statement.parameters
                )
        statement.explanation = known[statement.sql]
