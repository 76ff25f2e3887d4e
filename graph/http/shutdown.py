"""How a long-lived connection learns that the server is being stopped.

uvicorn would cut WebSockets off, and wait for event streams until it cancels them. The protocols of
this package call the connection's own handler instead, if it has put one into its ASGI scope.
"""

from collections.abc import Callable, MutableMapping
from typing import Any

SCOPE_KEY = "taskloom.shutdown"


def on_shutdown(scope: MutableMapping[str, Any], handler: Callable[[], None]) -> None:
    """Call a handler when the server is stopped; it must see that the connection ends."""
    scope[SCOPE_KEY] = handler


def shut_down(scope: MutableMapping[str, Any] | None) -> bool:
    """Call the handler of a connection; return whether it has one."""
    handler = None if scope is None else scope.get(SCOPE_KEY)
    if handler is None:
        return False
    handler()
    return True
