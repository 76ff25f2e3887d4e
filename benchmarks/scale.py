"""What pages, boards, counts and searches cost in a large workspace: `make benchmark`.

On the database of TASKLOOM_DATABASE_URL, in the workspace that `taskloom demo` made. Times are
medians of several runs through the whole API, in milliseconds; compare them within a run.
"""

import argparse
import asyncio
import re
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import event, select, text

from graph.app import create_app
from graph.cli import accounts
from graph.kit.paging.keyset import Order, OrderTerm, is_nullable
from graph.kit.paging.order_input import list_order
from graph.settings import Settings
from models import Scope, Task, Workspace
from models.database import Database
from tests.support.client import Api
from tests.support.queries import QUERIES

PAGE = """
query ($slug: String!, $orderBy: [TaskOrder!], $after: String) { workspace(slug: $slug) {
  tasks(first: 50, orderBy: $orderBy, after: $after, includeArchived: true) {
    nodes { key title state { name } }
    pageInfo { hasNextPage }
  }
} }
"""
COUNT = (
    "query ($slug: String!) { workspace(slug: $slug) { tasks { count(limit: 1000) { value } } } }"
)
SEARCH = """
query ($slug: String!, $query: String!) { workspace(slug: $slug) { search(query: $query) {
  nodes { task { key title } comment { body } snippet }
} } }
"""


class Bench:
    """One database, asked many times."""

    def __init__(self, api: Api, token: str, slug: str, runs: int, plans: bool) -> None:
        self.api = api
        self.token = token
        self.slug = slug
        self.runs = runs
        self.plans = plans
        self.sent: list[tuple[str, Any]] = []
        event.listen(api.database.read_engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, connection: Any, cursor: Any, statement: str, given: Any, *_: Any) -> None:
        self.sent.append((statement, given))

    async def milliseconds(self, query: str, /, **variables: Any) -> float:
        """The median time of a query, after one run that does not count."""
        times = []
        for _ in range(self.runs + 1):
            self.sent.clear()
            start = time.perf_counter()
            await self.api.ask(query, self.token, slug=self.slug, **variables)
            times.append((time.perf_counter() - start) * 1000)
        return statistics.median(times[1:])

    async def explain(self) -> None:
        """Prints the plans of the statements that were sent last."""
        if not self.plans:
            return
        database = self.api.database
        verb = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}.get(
            database.kind, "EXPLAIN"
        )
        for statement, given in list(self.sent):
            if "FROM access_tokens" in statement:
                continue
            async with database.read_engine.connect() as connection:
                rows = (await connection.exec_driver_sql(f"{verb} {statement}", given)).all()
            for row in rows:
                print("        ", " ".join(str(part) for part in row)[:160])


async def boundary(database: Database, workspace: Workspace, order: Order, place: int) -> str:
    """The cursor of the row at a place, found by counting."""
    statement = select(Task).where(Task.workspace_id == workspace.id, Task.deleted_at.is_(None))
    statement = statement.order_by(*order.clauses()).offset(place - 1).limit(1)
    async with database.writes() as session:
        if database.kind == "postgresql":
            await session.execute(text("SET LOCAL statement_timeout = 0"))
        row = (await session.scalars(statement)).one()
    return order.cursor(row)


async def pages(bench: Bench, workspace: Workspace, page: int) -> None:
    """Page 1 and a late page of each order, both ways."""
    print(f"\n{'order':28}{'page 1':>10}{f'page {page}':>14}{'ratio':>8}")
    for field, column in list_order(Task).columns.items():
        for direction in ("ASC", "DESC"):
            order = Order.by(Task, OrderTerm(column, descending=direction == "DESC"))
            chosen = [{"field": field, "direction": direction}]
            cursor = await boundary(bench.api.database, workspace, order, (page - 1) * 50)
            first = await bench.milliseconds(PAGE, orderBy=chosen)
            late = await bench.milliseconds(PAGE, orderBy=chosen, after=cursor)
            null = " (nulls last)" if is_nullable(Task, column) else ""
            name = f"{field} {direction}{null}"
            print(f"{name:28}{first:10.1f}{late:14.1f}{late / first:8.2f}")
            await bench.explain()


async def queries(bench: Bench, rare: str) -> None:
    """The queries that clients really send, the capped count, and searches."""
    print(f"\n{'query':28}{'ms':>10}")
    asked: list[tuple[str, str, dict[str, Any]]] = [
        (name, query, {}) for name, query in QUERIES.items()
    ]
    asked += [("count(limit: 1000)", COUNT, {}), (f"search {rare}", SEARCH, {"query": rare})]
    for name, query, variables in asked:
        taken = await bench.milliseconds(query, **variables)
        print(f"{name:28}{taken:10.1f}", flush=True)
        await bench.explain()


async def main(arguments: argparse.Namespace) -> None:
    """Runs what is asked for."""
    app = create_app(Settings(statement_timeout=600))
    async with app.router.lifespan_context(app), Api(app) as api:
        async with api.database.writes.begin() as session:
            found = await session.scalar(
                select(Workspace).where(Workspace.slug == arguments.workspace)
            )
            if found is None:
                raise SystemExit(f"There is no workspace {arguments.workspace}: see --help.")
            token = await accounts.create_token(session, "demo", None, Scope.READ, "benchmark")
        async with api.database.reads() as session:
            tasks = await session.scalar(
                text("SELECT count(*) FROM tasks WHERE workspace_id = :id"),
                {"id": found.id if api.database.kind == "postgresql" else found.id.bytes},
            )
        print(f"{re.sub('//.*@', '//', api.database.address)}: {tasks} tasks")
        bench = Bench(api, token, found.slug, arguments.runs, arguments.plans)
        work: dict[str, Callable[[], Awaitable[None]]] = {
            "pages": lambda: pages(bench, found, arguments.page),
            "queries": lambda: queries(bench, arguments.rare),
        }
        for name in arguments.parts:
            await work[name]()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workspace", default="big", help="its slug: taskloom demo made it")
    parser.add_argument("--runs", type=int, default=5, help="runs that are counted")
    parser.add_argument("--page", type=int, default=10_000, help="the late page, of 50 tasks")
    parser.add_argument("--rare", default="48213", help="a word that hardly occurs")
    parser.add_argument("--plans", action="store_true", help="print the plans too")
    parser.add_argument("--parts", nargs="*", default=["pages", "queries"])
    asyncio.run(main(parser.parse_args()))
