"""Counting SQL statements: a proxy before PostgreSQL that reads the messages of its protocol.

It counts for every driver alike, needs no extension of the server, and takes no part in the
measured rounds. BEGIN and COMMIT are statements too.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import make_url
from sqlalchemy.engine import URL

_SSL_REQUEST, _GSS_REQUEST = 80877103, 80877104
#: Messages that run a statement: Query and Execute.
_RUNS = (b"Q", b"E")


class StatementCounter:
    """A proxy that counts the statements that pass it."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.count = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection."""
        there, back = await self._connect()
        try:
            await self._start(reader, writer, back)
            answers = asyncio.create_task(_relay(there, writer))
            await self._relay_messages(reader, back)
            await answers
        except (asyncio.IncompleteReadError, ConnectionError):
            # Either side has closed the connection.
            pass
        finally:
            back.close()
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = self.url.port or 5432
        # The URL of a server without a network has the folder of its socket as a parameter.
        folder = self.url.query.get("host")
        if folder is not None:
            return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        return await asyncio.open_connection(self.url.host, port)

    async def _start(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        back: asyncio.StreamWriter,
    ) -> None:
        """Relay the first message, which has no type; refuse encryption, which would hide all."""
        while True:
            length = await reader.readexactly(4)
            message = await reader.readexactly(int.from_bytes(length) - 4)
            if int.from_bytes(message[:4]) not in (_SSL_REQUEST, _GSS_REQUEST):
                back.write(length + message)
                return
            writer.write(b"N")

    async def _relay_messages(
        self, reader: asyncio.StreamReader, back: asyncio.StreamWriter
    ) -> None:
        while True:
            head = await reader.readexactly(5)
            body = await reader.readexactly(int.from_bytes(head[1:]) - 4)
            self.count += head[:1] in _RUNS
            back.write(head + body)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def counting_proxy(url: str) -> AsyncIterator[tuple[StatementCounter, str]]:
    """Run a proxy before the server of a URL; yields its counter and the URL through it."""
    parsed = make_url(url)
    counter = StatementCounter(parsed)
    server = await asyncio.start_server(counter.serve, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    proxied = parsed.set(host="127.0.0.1", port=port, query={})
    try:
        yield counter, proxied.render_as_string(hide_password=False)
    finally:
        server.close()
        # Not `wait_closed`: since Python 3.12 it also waits for connections of pools.
