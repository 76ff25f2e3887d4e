"""Latency of pages, boards, counts and searches in a large workspace: `make benchmark`.

Each run creates a database with demo data, and drops it in the end. Times are medians of several
runs through the API, in milliseconds. Compare them within one run.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import event, select, text

from benchmarks.database import new_database
from graph.app import create_app
from graph.cli import accounts
from graph.cli.demo.fill import fill_demo
from graph.kit.paging.keyset import Order, OrderTerm, is_nullable
from graph.kit.paging.order_input import list_order
from graph.settings import Settings
from models import Scope, Task, Workspace
from models.database import Database
from tests.support.client import Api
from tests.support.queries import QUERIES

#: The workspace with the demo data.
SLUG = "big"
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
    """A client that measures queries and prints their plans."""

    def __init__(self, api: Api, token: str, slug: str, runs: int, plans: bool) -> None:
        self.api = api
        self.token = token
        self.slug = slug
        self.runs = runs
        self.plans = plans
        self.statements: list[tuple[str, Any]] = []
        event.listen(api.database.read_engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        self.statements.append((statement, parameters))

    async def milliseconds(self, query: str, /, **variables: Any) -> float:
        """The median time of a query in milliseconds, after a run to warm up."""
        times = []
        for _ in range(self.runs + 1):
            self.statements.clear()
            start = time.perf_counter()
            await self.api.ask(query, self.token, slug=self.slug, **variables)
            times.append((time.perf_counter() - start) * 1000)
        return statistics.median(times[1:])

    async def explain(self) -> None:
        """Print the plans of the last query's statements, if plans were requested."""
        if not self.plans:
            return
        database = self.api.database
        verb = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}.get(
            database.kind, "EXPLAIN"
        )
        for statement, parameters in list(self.statements):
            if "FROM access_tokens" in statement:
                continue
            async with database.read_engine.connect() as connection:
                rows = (await connection.exec_driver_sql(f"{verb} {statement}", parameters)).all()
            for row in rows:
                print("        ", " ".join(str(part) for part in row)[:160])


async def boundary(database: Database, workspace: Workspace, order: Order, position: int) -> str:
    """The cursor of the row at a position, found with OFFSET."""
    statement = select(Task).where(Task.workspace_id == workspace.id, Task.deleted_at.is_(None))
    statement = statement.order_by(*order.clauses()).offset(position - 1).limit(1)
    async with database.writes() as session:
        if database.kind == "postgresql":
            await session.execute(text("SET LOCAL statement_timeout = 0"))
        row = (await session.scalars(statement)).one()
    return order.cursor(row)


async def pages(bench: Bench, workspace: Workspace, page: int) -> None:
    """Compare page 1 with a late page, for each order and direction."""
    print(f"\n{'order':28}{'page 1':>10}{f'page {page}':>14}{'ratio':>8}")
    for field, column in list_order(Task).columns.items():
        for direction in ("ASC", "DESC"):
            order = Order.by(Task, OrderTerm(column, descending=direction == "DESC"))
            order_by = [{"field": field, "direction": direction}]
            cursor = await boundary(bench.api.database, workspace, order, (page - 1) * 50)
            first = await bench.milliseconds(PAGE, orderBy=order_by)
            late = await bench.milliseconds(PAGE, orderBy=order_by, after=cursor)
            null = " (nulls last)" if is_nullable(Task, column) else ""
            name = f"{field} {direction}{null}"
            print(f"{name:28}{first:10.1f}{late:14.1f}{late / first:8.2f}")
            await bench.explain()


async def queries(bench: Bench, rare: str) -> None:
    """Measure the queries that clients typically send, a capped count and a search."""
    print(f"\n{'query':28}{'ms':>10}")
    measured: list[tuple[str, str, dict[str, Any]]] = [
        (name, query, {}) for name, query in QUERIES.items()
    ]
    measured += [("count(limit: 1000)", COUNT, {}), (f"search {rare}", SEARCH, {"query": rare})]
    for name, query, variables in measured:
        milliseconds = await bench.milliseconds(query, **variables)
        print(f"{name:28}{milliseconds:10.1f}", flush=True)
        await bench.explain()


async def main(arguments: argparse.Namespace) -> None:
    """Create a database with demo data, and run the selected parts."""
    async with new_database(arguments.server) as url:
        database = Database(url)
        print(f"Creating {arguments.tasks} tasks …", flush=True)
        await fill_demo(database, SLUG, arguments.tasks)
        await database.analyze()
        await database.close()
        await measure(url, arguments)


async def measure(url: str, arguments: argparse.Namespace) -> None:
    app = create_app(Settings(database_url=url, statement_timeout=600))
    async with app.router.lifespan_context(app), Api(app) as api:
        async with api.database.writes.begin() as session:
            workspace = await session.scalar(select(Workspace).where(Workspace.slug == SLUG))
            assert workspace is not None
            token = await accounts.create_token(session, "demo", None, Scope.READ, "benchmark")
        print(f"{api.database.kind}: {arguments.tasks} tasks")
        bench = Bench(api, token, workspace.slug, arguments.runs, arguments.plans)
        work: dict[str, Callable[[], Awaitable[None]]] = {
            "pages": lambda: pages(bench, workspace, arguments.tasks // 50 - 1),
            "queries": lambda: queries(bench, arguments.rare),
        }
        for name in arguments.parts:
            await work[name]()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--server",
        help="URL of the database server to create the database on; SQLite by default",
    )
    parser.add_argument("--tasks", type=int, default=10_000, help="the number of tasks")
    parser.add_argument("--runs", type=int, default=5, help="measured runs per query")
    parser.add_argument("--rare", default="48213", help="a rare word to search for")
    parser.add_argument("--plans", action="store_true", help="also print the plans")
    parser.add_argument("--parts", nargs="*", default=["pages", "queries"])
    asyncio.run(main(parser.parse_args()))
