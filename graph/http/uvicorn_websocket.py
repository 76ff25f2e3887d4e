"""uvicorn's protocol for WebSockets, with limits on clients that do not read."""

import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from graph.http.shutdown import shut_down
from graph.http.slow_readers import SlowReaderLimit

LOGGER = logging.getLogger("taskloom.websockets")
LOGGER.setLevel(logging.WARNING)


class LimitedWebSocketProtocol(SlowReaderLimit, WebSocketsSansIOProtocol):
    """Ends connections whose client does not read, and lets the application end the others.

    uvicorn stops reading while a message waits for the application, so that a flood of messages
    stays with its sender.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # It would tell of each socket that it is open, and that it is closed.
        self.conn.logger = LOGGER

    def shutdown(self) -> None:
        scope: Any = getattr(self, "scope", None)
        if self.close_sent or not self.handshake_complete or not shut_down(scope):
            super().shutdown()
