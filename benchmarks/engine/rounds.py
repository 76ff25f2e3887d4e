"""Checking that contenders agree, and letting them take turns."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from benchmarks.engine.answers import common_form, first_difference
from benchmarks.engine.client import Check, Load, LoadError, MakeBody, request_head, run_load
from benchmarks.engine.contenders.registry import Contender
from benchmarks.engine.data import Target
from benchmarks.engine.servers import Server
from benchmarks.engine.statements import StatementCounter
from benchmarks.engine.workloads import Workload, title

PATH = "/graphql"
#: Extensions tell how much of the budget is left: never the same twice.
_EXTENSIONS = b',"extensions":'
#: Requests before the statements are counted, and counted requests.
_WARM_UP, _COUNTED = 3, 4


class DisagreementError(Exception):
    """A contender's answer is not the others'."""


@dataclass
class Result:
    """What was measured of one contender, for one workload and number of clients."""

    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    server_cpu: float = 0
    client_cpu: float = 0
    elapsed: float = 0

    @property
    def rate(self) -> float:
        """Requests per second: the median of the rounds."""
        return statistics.median(self.rates)

    def percentile(self, share: float) -> float:
        """The time within which a share of all requests was answered, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000

    @property
    def cpu(self) -> float:
        """CPU time of the server for each request, in milliseconds."""
        return self.server_cpu / len(self.latencies) * 1000

    @property
    def client_share(self) -> float:
        """The part of one core that the load client used."""
        return self.client_cpu / self.elapsed


@dataclass
class Running:
    """A contender whose server runs."""

    contender: Contender
    server: Server
    target: Target

    def head(self) -> bytes:
        return request_head(self.server.port, PATH, self.target.token)

    async def _ask(self, body: bytes, check: Check = lambda _: True) -> None:
        """Send one request."""
        await run_load(self.server.port, self.head(), lambda *_: body, check, 1, 0)

    async def answer(self, workload: Workload) -> tuple[bytes, Any]:
        """The body of an answer, and its data in the common form. Raise `LoadError` for errors."""
        bodies: list[bytes] = []

        def keep(body: bytes) -> bool:
            bodies.append(body)
            return True

        await self._ask(self.contender.request(workload)(self.target).body(), keep)
        found = orjson.loads(bodies[0])
        if "errors" in found:
            raise LoadError(f"{workload.name}: {json.dumps(found['errors'])[:500]}")
        shaped = self.contender.request(workload)(self.target).shape(found["data"])
        return bodies[0], common_form(shaped)

    async def count_statements(self, workload: Workload, counter: StatementCounter) -> float:
        """SQL statements for each request, sent one at a time."""
        make_body = self._bodies(workload)
        for number in range(_WARM_UP):
            await self._ask(make_body(0, number + 1))
        before = counter.count
        for number in range(_WARM_UP, _WARM_UP + _COUNTED):
            await self._ask(make_body(0, number + 1))
        return (counter.count - before) / _COUNTED

    async def load(self, workload: Workload, clients: int, seconds: float) -> tuple[Load, float]:
        """Send requests for some seconds; returns the load and the server's CPU time.

        Every answer is compared with one that was checked: byte by byte, or by its length if the
        request has a new title each time.
        """
        expected, _ = await self.answer(workload)
        data = expected.partition(_EXTENSIONS)[0]
        right: Check = lambda body: body.startswith(data)  # noqa: E731
        if workload.writes:
            right = lambda body: len(body.partition(_EXTENSIONS)[0]) == len(data)  # noqa: E731
        before = self.server.cpu_seconds
        load = await run_load(
            self.server.port, self.head(), self._bodies(workload), right, clients, seconds
        )
        return load, self.server.cpu_seconds - before

    def _bodies(self, workload: Workload) -> MakeBody:
        body = self.contender.request(workload)(self.target).body()
        if not workload.writes:
            return lambda *_: body
        old_title, ids = title(0).encode(), [_id_in(body, key) for key in self.target.task_ids]
        templates = [body.replace(ids[0], one) for one in ids]

        def make(client: int, number: int) -> bytes:
            return templates[client].replace(old_title, title(number + client).encode())

        return make


def _id_in(body: bytes, key: Any) -> bytes:
    """An ID in the notation of a request: hexadecimal digits with or without hyphens."""
    return (str(key) if b"-" in body.partition(b"owId")[2][:20] else key.hex).encode()


def compare(reference: tuple[str, Any], name: str, found: Any, workload: Workload) -> None:
    """Raise `DisagreementError` if an answer differs from the reference's."""
    difference = first_difference(reference[1], found)
    if difference is not None:
        raise DisagreementError(
            f"{workload.name}: {name} differs from {reference[0]} at {difference}"
        )


async def take_turns(
    runners: Sequence[Running],
    workload: Workload,
    clients: int,
    rounds: int,
    seconds: float,
    report: Callable[[str], None],
) -> dict[str, Result]:
    """Load the contenders in turns, in another order each round.

    A contender that fails is left out of the result; `report` gets the reason.
    """
    results: dict[str, Result] = {}
    failed: set[str] = set()
    for turn in range(rounds):
        shift = turn % len(runners)
        for runner in (*runners[shift:], *runners[:shift]):
            name = runner.contender.name
            if name in failed:
                continue
            try:
                load, cpu = await runner.load(workload, clients, seconds)
            except (LoadError, OSError) as error:
                failed.add(name)
                results.pop(name, None)
                report(f"{workload.name}, {clients} clients: {name} failed: {error}")
                continue
            result = results.setdefault(name, Result())
            result.rates.append(len(load.latencies) / load.elapsed)
            result.latencies += load.latencies
            result.server_cpu += cpu
            result.client_cpu += load.client_cpu
            result.elapsed += load.elapsed
    return results
