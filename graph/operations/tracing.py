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
#: Bytes of a response whose objects are counted: that is not charged.
MAX_COUNTED = 500_000
#: Mutations read rows that the viewer may not see, such as whether a handle is taken.
QUERIES_ONLY = (
    "Only queries can be traced, and only those that are valid. To trace mutations on a server for "
    "development, set TASKLOOM_TRACE to everybody."
)


async def complete_trace(
    trace: Trace, context: "Context", variables: Mapping[str, Any] | None, result: OperationResult
) -> None:
    """Add `extensions.trace` to a result."""
    operation = context.operation
    is_query = operation is not None and operation.type is OperationType.QUERY
    if trace.of_queries and not is_query:
        result.extensions = {**(result.extensions or {}), "trace": {"refused": QUERIES_ONLY}}
        return
    if operation is not None:
        trace.requested_by_path = operation.pricing.paths(variables)
    if result.data is not None and len(result.data) <= MAX_COUNTED:
        trace.actual_by_path = count_objects(orjson.loads(result.data))
    if trace.explains and is_query:
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
