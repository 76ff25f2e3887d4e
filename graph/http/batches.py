"""Batches: several operations in one request, which are executed one after another.

Each is limited, charged and answered as if it had been sent alone, by the sender as the operations
before it have left them: a mutation may have changed their roles, or signed them in or out.
"""

from graph.auth.identity import Identity
from graph.context import Context, Server
from graph.kit.errors import ApiError, expose
from graph.operations.limits import LimitExceeded
from graph.operations.operation_cost import REQUEST_COST
from graph.operations.requests import OperationRequest, OperationResult, as_graphql_error
from graph.operations.runner import OperationRunner


class BatchRunner:
    def __init__(self, runner: OperationRunner, server: Server) -> None:
        self.runner = runner
        self.server = server

    async def run(
        self, context: Context, requests: list[OperationRequest]
    ) -> tuple[list[OperationResult], list[Context]]:
        """Run the operations; return their results and contexts. `context` is that of the first."""
        results: list[OperationResult] = []
        contexts = [context]
        size = 0
        for place, request in enumerate(requests):
            try:
                if place:
                    identity = await current_identity(contexts[-1])
                    context = Context(self.server, identity, context.sender)
                    contexts.append(context)
                    # The endpoint has charged the first.
                    await context.charge(REQUEST_COST)
                self._check_size(size)
                result = await self.runner.run(context, request)
            except (ApiError, LimitExceeded) as error:
                result = refused(error)
            size += len(result.data or b"")
            results.append(result)
        return results, contexts

    def _check_size(self, size: int) -> None:
        limit = self.server.limits.answer_size
        if size > limit:
            raise LimitExceeded(
                f"The operations before this one have a response of {size:,} bytes; the limit is "
                f"{limit:,}. Send this one in another request.",
                limit,
                size,
            )


async def current_identity(context: Context) -> Identity:
    """Return the sender after an operation. Raise `Unauthenticated` if they may not go on."""
    return await context.identity.refreshed() if context.has_written else context.identity


def refused(error: ApiError | LimitExceeded) -> OperationResult:
    """The result of an operation that was not executed."""
    shown = as_graphql_error(error)
    expose(shown)
    return OperationResult(None, [shown])
