"""The access log."""

import asyncio
import io
import logging
import sys

import pytest

from graph.cli.logs import AccessFormatter, log_config
from graph.http.access_log import INTERVAL, AccessLog

#: What uvicorn calls the logger of requests with.
FORMAT = '%s - "%s %s HTTP/%s" %d'
REQUESTS = [
    ("127.0.0.1:1234", "POST", "/graphql", "1.1", 200),
    ("[::1]:80", "GET", "/graphql?query=%7B%20a%20%7D", "1.0", 404),
    ("", "GET", "/\x1b[31m\u202eforged\u2028INFO", "1.1", 431),
    ("10.0.0.1:1", "GET", "/", "1.1", 599),
]


def formatted(request: tuple[str, str, str, str, int]) -> str:
    """The line that uvicorn's own logger would write."""
    configured = log_config("info")["formatters"]["access"]
    formatter = AccessFormatter(configured["fmt"], use_colors=False)
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, FORMAT, request, None)
    return formatter.format(record)


async def test_lines_are_written_together_in_uvicorns_format() -> None:
    stream = io.StringIO()
    log = AccessLog(stream)
    for request in REQUESTS:
        log.info(FORMAT, *request)
    assert stream.getvalue() == ""
    await asyncio.sleep(2 * INTERVAL)
    assert stream.getvalue() == "".join(f"{formatted(request)}\n" for request in REQUESTS)


async def test_lines_are_written_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    log = AccessLog()
    log.info(FORMAT, *REQUESTS[0])
    log.flush()
    log.flush()
    assert stream.getvalue() == f"{formatted(REQUESTS[0])}\n"
