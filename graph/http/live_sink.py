"""From a subscription that may start to a running one that writes to a socket."""

from dataclasses import replace
from functools import partial

from graph.auth.identity import Identity
from graph.context import Context, Sender, Server
from graph.kit.errors import expose
from graph.live.operation import LiveOperation
from graph.live.subscriber import Sink, Subscriber
from graph.operations.requests import OperationResult, as_graphql_error
from graph.operations.subscriptions import Subscription


def start_subscription(
    server: Server, subscription: Subscription, context: Context, sink: Sink
) -> Subscriber:
    """Start a subscription that the context of its request was charged for."""
    subscriber = Subscriber(
        LiveOperation(subscription, server.limits.cost),
        context.identity,
        context.caller,
        server.budgets,
        partial(make_context, server, context.sender.address),
        sink,
    )
    server.live.subscribe(subscriber)
    return subscriber


def make_context(server: Server, address: str, identity: Identity) -> Context:
    """Make the context in which events are executed.

    It does not know the rows that authentication has read when the subscription started.
    """
    context = Context(server, replace(identity, record=None), Sender(address))
    context.is_shared = True
    return context


def error_result(error: Exception) -> OperationResult:
    """Return the result that tells a client of an error."""
    shown = as_graphql_error(error)
    expose(shown)
    return OperationResult(None, [shown])
