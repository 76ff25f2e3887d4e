"""Responses are sent by one system call."""

import asyncio
from typing import Any
from unittest.mock import MagicMock

import pytest

from graph.http.corked_transport import MAX_KEPT, CorkedTransport


class Sent:
    """A transport that records what is sent."""

    def __init__(self) -> None:
        self.transport = MagicMock()
        self.transport.is_closing.return_value = False
        self.corked = CorkedTransport(self.transport, asyncio.get_running_loop())

    @property
    def calls(self) -> list[Any]:
        return [call.args[0] for call in self.transport.write.call_args_list]


@pytest.fixture
async def sent() -> Sent:
    return Sent()


async def test_pieces_of_one_turn_are_sent_together(sent: Sent) -> None:
    sent.corked.write(b"headers ")
    sent.corked.write(b"body")
    assert sent.calls == []
    await asyncio.sleep(0)
    assert sent.calls == [b"headers body"]


async def test_a_piece_is_not_kept_until_the_next_one(sent: Sent) -> None:
    for piece in (b"headers", b"first event", b"second event"):
        sent.corked.write(piece)
        await asyncio.sleep(0)
    assert sent.calls == [b"headers", b"first event", b"second event"]


async def test_closing_sends_first(sent: Sent) -> None:
    sent.corked.write(b"the end")
    sent.corked.close()
    assert sent.transport.mock_calls[-2:] == [
        ("write", (b"the end",), {}),
        ("close", (), {}),
    ]
    await asyncio.sleep(0)
    assert sent.calls == [b"the end"]


async def test_large_pieces_are_sent_at_once(sent: Sent) -> None:
    sent.corked.write(b"headers")
    sent.corked.write(b"x" * MAX_KEPT)
    assert [len(data) for data in sent.calls] == [MAX_KEPT + len(b"headers")]
    await asyncio.sleep(0)
    assert len(sent.calls) == 1


async def test_nothing_is_sent_after_the_connection_has_ended(sent: Sent) -> None:
    # uvloop's transports would raise.
    sent.corked.write(b"headers")
    sent.transport.is_closing.return_value = True
    await asyncio.sleep(0)
    sent.corked.write(b"x" * (MAX_KEPT + 1))
    assert sent.calls == []
