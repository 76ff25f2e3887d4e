"""The access log: one line for each request, written several at once.

Writing each line by itself, through `logging`, takes longer than many requests.
"""

import asyncio
import sys
from http import HTTPStatus
from typing import Any, TextIO

from graph.http.printable import printable

#: Seconds until a line is written.
INTERVAL = 0.1
#: The names of statuses.
PHRASES = {status.value: status.phrase for status in HTTPStatus}


class AccessLog:
    """Takes the place of uvicorn's access logger, whose format its lines have."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lines: list[str] = []

    def info(self, message: str, *values: Any) -> None:
        """Log a request, with the arguments that uvicorn calls this with."""
        client, method, path, version, status = values
        if not self._lines:
            asyncio.get_running_loop().call_later(INTERVAL, self.flush)
        phrase = PHRASES.get(status, "")
        line = f'INFO:     {client} - "{method} {path} HTTP/{version}" {status} {phrase}'
        self._lines.append(line)

    def flush(self) -> None:
        """Write the lines that are waiting."""
        lines, self._lines = self._lines, []
        if lines:
            stream = self._stream or sys.stdout
            stream.write("".join([f"{printable(line)}\n" for line in lines]))
            stream.flush()


ACCESS_LOG = AccessLog()
