"""uvicorn's protocol for WebSockets, with limits on what clients send and do not read."""

import logging
from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from graph.http.shutdown import shut_down
from graph.http.slow_readers import SlowReaderLimit

LOGGER = logging.getLogger("taskloom.websockets")
LOGGER.setLevel(logging.WARNING)

#: Frames of one message, control frames in a second, and messages that wait for the application.
MAX_FRAMES, MAX_CONTROL_RATE, MAX_WAITING = 100, 100, 250
#: Seconds in which a client must send the rest of a message, and answer that the socket closes.
MESSAGE_TIMEOUT, CLOSE_TIMEOUT = 30.0, 2.0


class LimitedWebSocketProtocol(SlowReaderLimit, WebSocketsSansIOProtocol):
    """Ends connections whose client does not read, or sends too much that is no whole message.

    uvicorn stops reading while a message waits for the application, so that a flood of messages
    stays with its sender. This also stops while the client does not read the answers.
    """

    _message_timer: TimerHandle | None = None
    _control_frames = 0
    _control_since = 0.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # It would tell of each socket that it is open, and that it is closed.
        self.conn.logger = LOGGER
        self.close_timeout = CLOSE_TIMEOUT

    def shutdown(self) -> None:
        scope: Any = getattr(self, "scope", None)
        if self.close_sent or not self.handshake_complete or not shut_down(scope):
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_message_timer()
        # The application learns at once that the client has gone.
        while not self.queue.empty():
            self.queue.get_nowait()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.read_paused:
            self.transport.resume_reading()

    # What uvicorn calls for each frame of a piece of data that it has received. The rest of the
    # piece is dropped once the connection is closed.

    def handle_ping(self) -> None:
        self._count_control_frame()
        if not self.transport.is_closing():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        self._count_control_frame()
        super().handle_pong(event)

    def handle_text(self, event: Frame) -> None:
        super().handle_text(event)
        self._check_message()

    def handle_bytes(self, event: Frame) -> None:
        super().handle_bytes(event)
        self._check_message()

    def handle_cont(self, event: Frame) -> None:
        if not self.transport.is_closing():
            super().handle_cont(event)
            self._check_message()

    def send_receive_event_to_app(self) -> None:
        if self.queue.qsize() >= MAX_WAITING:
            self._fail("Too many messages at once")
        else:
            super().send_receive_event_to_app()

    def _check_message(self) -> None:
        """Limit the frames of a message that is not complete, and the time that it takes."""
        if not self.frames:
            self._stop_message_timer()
        elif len(self.frames) > MAX_FRAMES:
            self._fail("Too many frames")
        elif self._message_timer is None:
            self._message_timer = self.loop.call_later(
                MESSAGE_TIMEOUT, self._fail, "The message is not complete"
            )

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            # uvicorn would log that the handshake is not complete.
            self.handshake_complete = True

    def _count_control_frame(self) -> None:
        now = self.loop.time()
        if now - self._control_since > 1:
            self._control_since, self._control_frames = now, 0
        self._control_frames += 1
        if self._control_frames > MAX_CONTROL_RATE:
            self._fail("Too many frames")

    def _fail(self, reason: str) -> None:
        if self.transport.is_closing():
            return
        self.conn.fail(1008, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.frames = []
        self.transport.close()

    def _stop_message_timer(self) -> None:
        if self._message_timer is not None:
            self._message_timer.cancel()
            self._message_timer = None
