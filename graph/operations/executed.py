"""The outcome of an execution, by either executor."""

from typing import NamedTuple

from graphql import ExecutionResult, GraphQLError

from graph.operations.encoding import count_rows, encode


class Executed(NamedTuple):
    """The outcome of an execution."""

    #: The data as JSON, with the number of objects in its lists; None if there is no data.
    data: bytes | None
    rows: int
    errors: list[GraphQLError]


async def encoded(
    result: ExecutionResult, introspection_keys: frozenset[str] = frozenset()
) -> Executed:
    """Encode the data of the reference executor."""
    data, errors = result.data, list(result.errors or ())
    if data is None:
        return Executed(None, 0, errors)
    rows = count_rows(data)
    json = await encode(data, rows)
    # Objects of the schema come from memory; their cost is not refunded.
    rows -= sum(count_rows(data.get(key)) for key in introspection_keys)
    return Executed(json, rows, errors)
