"""How a long-lived connection learns that the server is being stopped.

uvicorn would cut WebSockets off, and wait for event streams until it cancels them. The protocols of
this package call the connection's own handler instead, if it has put one into its ASGI scope.
"""

from collections.abc import Callable, MutableMapping
from typing import Any

HANDLER, IS_STOPPING = "taskloom.shutdown", "taskloom.is_stopping"


def on_shutdown(scope: MutableMapping[str, Any], handler: Callable[[], None]) -> None:
    """Call a handler when the server is stopped, or now if it is being stopped already.

    The handler must see that the connection ends.
    """
    scope[HANDLER] = handler
    if scope.get(IS_STOPPING):
        handler()


def shut_down(scope: MutableMapping[str, Any] | None) -> bool:
    """Tell a connection that the server is being stopped; return whether it has a handler."""
    if scope is None:
        return False
    scope[IS_STOPPING] = True
    handler = scope.get(HANDLER)
    if handler is None:
        return False
    handler()
    return True
