"""This project compared with other GraphQL servers on the same rows: `make benchmark-engine`.

Each run creates a database on each server, and drops it in the end. PostgreSQL has all contenders;
SQLite and MariaDB have this project and, with --baseline, an earlier state of it. Each contender
is one process with a connection pool of the same size. First all must give equal answers; then
they take turns.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import uvloop

from benchmarks.database import new_database
from benchmarks.engine import data, report
from benchmarks.engine.client import LoadError
from benchmarks.engine.contenders.registry import (
    OTHERS,
    OURS,
    ROOT,
    Contender,
    LeftOut,
    taskloom,
)
from benchmarks.engine.rounds import (
    DisagreementError,
    Running,
    compare,
    take_turns,
)
from benchmarks.engine.servers import ServerError, is_supported, running
from benchmarks.engine.statements import counting_proxy
from benchmarks.engine.workloads import WORKLOADS, Workload
from models.database import Database
from tests.support import databases

BASELINE = "baseline"


class Run:
    """The measurements on one database."""

    def __init__(self, arguments: argparse.Namespace, url: str, folder: Path) -> None:
        self.arguments = arguments
        self.url = url
        self.folder = folder
        self.workloads = [each for each in WORKLOADS if each.name in arguments.only]
        #: Statements for each request, by workload and contender.
        self.statements: dict[str, dict[str, float]] = {each.name: {} for each in self.workloads}
        #: The first contender's answers, by workload.
        self.references: dict[str, tuple[str, object]] = {}

    async def __call__(self, contenders: Sequence[Contender]) -> None:
        """Fill the database, check the contenders, and measure those that agree."""
        database = Database(self.url)
        try:
            agreeing = await self._prepare(database, contenders)
        finally:
            await database.close()
        if agreeing:
            await self._measure(agreeing)

    async def _prepare(
        self, database: Database, contenders: Sequence[Contender]
    ) -> Sequence[Contender]:
        """Fill the database; return the contenders that run on it and agree with the first."""
        print(f"\n{database.kind}: {self.arguments.tasks} tasks", flush=True)
        await data.fill(database, self.arguments.tasks, archives(self.arguments.archives))
        clients = max(*self.arguments.clients, self.arguments.connections)
        self.target = await data.find_target(database, clients, self.arguments.words)
        agreeing = []
        for contender in contenders:
            if database.kind not in contender.kinds:
                continue
            try:
                await asyncio.to_thread(contender.install)
                await contender.prepare(database)
                await self._check(contender, database.kind)
            except (LeftOut, ServerError, LoadError, OSError) as error:
                print(f"left out: {contender.name}: {error}", flush=True)
                continue
            print(f"{contender.name}: {contender.description}", flush=True)
            agreeing.append(contender)
        return agreeing

    async def _check(self, contender: Contender, kind: str) -> None:
        """Compare a contender's answers with the first one's, and count its statements."""
        async with AsyncExitStack() as stack:
            url, counter = self.url, None
            if kind == "postgresql":
                counter, url = await stack.enter_async_context(counting_proxy(url))
            runner = await stack.enter_async_context(self._running(contender, url, None))
            for workload in self.workloads:
                try:
                    _, found = await runner.answer(workload)
                except LoadError as error:
                    raise LeftOut(f"{error}\n{runner.server.last_output}") from error
                reference = self.references.setdefault(workload.name, (contender.name, found))
                compare(reference, contender.name, found, workload)
                if counter is not None:
                    count = await runner.count_statements(workload, counter)
                    self.statements[workload.name][contender.name] = count

    async def _measure(self, contenders: Sequence[Contender]) -> None:
        server_cores, other_cores = _cores(self.arguments.pin)
        if other_cores is not None:
            os.sched_setaffinity(0, other_cores)
        arguments = self.arguments
        async with AsyncExitStack() as stack:
            runners = [
                await stack.enter_async_context(self._running(contender, self.url, server_cores))
                for contender in contenders
            ]
            for workload in self.workloads:
                print(report.heading(workload), flush=True)
                await self._warm_up(runners, workload)
                for clients in arguments.clients:
                    results = await take_turns(
                        runners, workload, clients, arguments.rounds, arguments.seconds, print
                    )
                    ordered = {
                        each.name: results[each.name] for each in contenders if each.name in results
                    }
                    counts = self.statements[workload.name]
                    for line in report.lines(clients, ordered, counts, OURS.name):
                        print(line, flush=True)
            peaks = {each.contender.name: each.server.peak_memory for each in runners}
        for line in report.memory_lines(peaks, OURS.name):
            print(line, flush=True)

    async def _warm_up(self, runners: Sequence[Running], workload: Workload) -> None:
        """Let each server open its connections, prepare its statements and compile its code."""
        for runner in runners:
            await runner.load(workload, self.arguments.connections, self.arguments.seconds)

    @asynccontextmanager
    async def _running(
        self, contender: Contender, url: str, cores: set[int] | None
    ) -> AsyncIterator[Running]:
        command = contender.command(url, self.arguments.connections)
        log = self.folder / f"{contender.name}.log"
        async with running(command, log, cores) as server:
            yield Running(contender, server, self.target)


def archives(folder: Path | None) -> Sequence[Path]:
    """The archives in a folder."""
    return [] if folder is None else sorted(folder.glob("*.json"))


def _cores(pin: bool) -> tuple[set[int] | None, set[int] | None]:
    """The cores of the servers and of the client, if they are to be kept apart."""
    cores = sorted(os.sched_getaffinity(0))
    if not pin or len(cores) < 2:
        return None, None
    return {cores[0]}, set(cores[1:])


@contextmanager
def worktree(reference: str, folder: Path) -> Iterator[Path]:
    """Check out a Git reference beside the working tree, and remove it in the end."""
    place = folder / BASELINE
    git = ("git", "-C", str(ROOT), "worktree")
    subprocess.run((*git, "add", "--quiet", "--detach", str(place), reference), check=True)
    try:
        yield place
    finally:
        subprocess.run((*git, "remove", "--force", str(place)), check=True)


async def main(arguments: argparse.Namespace) -> int:
    """Measure on each server; return the exit status."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with AsyncExitStack() as stack:
            contenders = [OURS]
            if arguments.baseline is not None:
                place = stack.enter_context(worktree(arguments.baseline, folder))
                contenders.append(taskloom(BASELINE, place))
            others = (each for each in OTHERS if each.name in arguments.contenders)
            contenders += others
            for server in arguments.server:
                address = None if server == "sqlite" else server
                url = await stack.enter_async_context(new_database(address))
                try:
                    await Run(arguments, url, folder)(contenders)
                except DisagreementError as error:
                    print(f"error: the answers are not equal: {error}", file=sys.stderr)
                    return 1
    print(report.NOTES)
    return 0


def _names(known: Sequence[str]) -> "type[argparse.Action]":
    class Names(argparse.Action):
        """Comma-separated names out of those that are known."""

        def __call__(self, parser: argparse.ArgumentParser, space: object, text: object,
                     option: str | None = None) -> None:  # fmt: skip
            names = [name for name in str(text).split(",") if name]
            if unknown := set(names).difference(known):
                parser.error(f"{option}: unknown: {', '.join(sorted(unknown))}")
            setattr(space, self.dest, names)

    return Names


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    workloads, others = [each.name for each in WORKLOADS], [each.name for each in OTHERS]
    parser.add_argument(
        "--server", nargs="+",
        help="URLs of database servers, and `sqlite`; by default the PostgreSQL server of the "
        "tests",
    )  # fmt: skip
    parser.add_argument("--only", action=_names(workloads), default=workloads,
                        help=f"comma-separated workloads: {', '.join(workloads)}")  # fmt: skip
    parser.add_argument("--contenders", action=_names(others), default=others,
                        help=f"comma-separated contenders: {', '.join(others)}")  # fmt: skip
    parser.add_argument("--baseline", metavar="REF",
                        help="also measure this project at a Git reference")  # fmt: skip
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 128])
    parser.add_argument("--seconds", type=float, default=1.5, help="duration of each turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=10, help="each server's pool")
    parser.add_argument("--tasks", type=int, default=30_000, help="the number of tasks")
    parser.add_argument("--archives", type=Path, metavar="DIR",
                        help="a folder of GitHub archives to import too")  # fmt: skip
    parser.add_argument("--words", default="backup release", help="words to search for")
    parser.add_argument("--pin", action="store_true",
                        help="run the servers on one core, the client on the others")  # fmt: skip
    return parser.parse_args()


if __name__ == "__main__":
    given = parse_arguments()
    if not is_supported():
        raise SystemExit("This benchmark needs Linux: it reads the CPU time and memory of servers.")
    if given.server is None:
        databases.start_own_postgres()
        given.server = [os.environ[databases.POSTGRES]]
    try:
        status = uvloop.run(main(given))
    finally:
        databases.stop_own_postgres()
    raise SystemExit(status)
