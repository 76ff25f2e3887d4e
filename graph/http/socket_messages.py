"""The messages that a client sends to a WebSocket, within limits."""

import asyncio
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any

import orjson
from starlette.types import Receive

from graph.auth.identity import Identity
from graph.context import Server
from graph.http.body_limits import BODY_BYTES_PER_COST, BRACKETS_PER_COST, count_brackets
from graph.http.credential_charge import ChargedAuthenticator
from graph.http.open_sockets import OpenSockets
from graph.kit.errors import ApiError, RateLimited
from graph.operations.runner import OperationRunner
from graph.settings import Settings

#: Seconds for which messages can be read faster than the rate.
BURST_SECONDS = 2.0
#: Opening brackets in a message.
MAX_BRACKETS = 10_000


class Closing(Exception):
    """The socket is to be closed, with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class SocketParts:
    """What all sockets share."""

    server: Server
    runner: OperationRunner
    authenticator: ChargedAuthenticator
    sockets: OpenSockets
    settings: Settings


class SocketMessages:
    """Reads the messages of one socket."""

    __slots__ = ("_address", "_at", "_left", "_parts", "identity", "receive")

    def __init__(self, receive: Receive, address: str, parts: SocketParts) -> None:
        self.receive = receive
        self._address = address
        self._parts = parts
        #: Who pays for them; the network if that is not known yet.
        self.identity: Identity | None = None
        #: The messages that can be read at once, at a time of the loop.
        self._left = parts.settings.max_message_rate * BURST_SECONDS
        self._at = asyncio.get_running_loop().time()

    async def next(self) -> dict[str, Any] | None:
        """Return the next message; None if the client has closed the socket.

        Raise `Closing` if it is malformed, too large or too expensive.
        """
        event = await self.receive()
        if event["type"] != "websocket.receive":
            return None
        settings = self._parts.settings
        text = event.get("text")
        if text is None:
            raise Closing(4400, "Send messages as text.")
        if len(text) > settings.max_message_size:
            raise Closing(1009, f"A message may have {settings.max_message_size} bytes.")
        await self._wait_for_rate()
        body = text.encode()
        try:
            brackets = count_brackets(body, MAX_BRACKETS)
            await self._charge(len(body) // BODY_BYTES_PER_COST + brackets // BRACKETS_PER_COST)
            message = orjson.loads(body)
        except JSONDecodeError:
            raise Closing(4400, "The message is not valid JSON.") from None
        except RateLimited as error:
            raise Closing(4429, error.message) from None
        except ApiError as error:
            raise Closing(4400, error.message) from None
        if not isinstance(message, dict):
            raise Closing(4400, "The message is not a JSON object.")
        return message

    async def _charge(self, cost: int) -> None:
        """Charge the sender for the size of a message. Raise `RateLimited`."""
        if cost:
            budgets = self._parts.server.budgets
            user_id = None if self.identity is None else self.identity.viewer.user_id
            await budgets.charge(budgets.caller(user_id, self._address), cost)

    async def _wait_for_rate(self) -> None:
        """Let a client that sends messages too fast wait. Meanwhile nothing more is read."""
        rate, at = self._parts.settings.max_message_rate, asyncio.get_running_loop().time()
        self._left = min(rate * BURST_SECONDS, self._left + (at - self._at) * rate) - 1
        self._at = at
        if self._left < 0:
            await asyncio.sleep(-self._left / rate)
