"""The cost of operations and the budgets of callers."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from graph.http.client_network import client_network
from graph.kit.errors import RateLimited
from graph.operations import budgets
from graph.operations.budgets import Budgets, Caller
from graph.settings import Settings
from models.database import Database
from models.server.token_bucket import BucketSize
from tests.support.client import Api, Statements
from tests.support.database_kinds import EveryDatabase, one_database  # noqa: F401
from tests.support.office import Office
from tests.support.slow_statements import make_pages_endless

TASKS = """
  query ($size: Int, $dry: Boolean = false) {
    rateLimit(dryRun: $dry) { cost limit nodeCount remaining used resetAt }
    workspace(slug: "office") {
      tasks(first: $size) { totalCount nodes { title labels { name } } }
    }
  }
"""


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"budget": 5_000, "anonymous_budget": 100, "budget_period": 3600}


def caller_of(office: Office) -> Caller:
    """The office's member as a caller with a budget."""
    budgets_of: Budgets = office.api.app.state.server.budgets
    return budgets_of.caller(office.member.id, "")


class TestRateLimit:
    async def test_rate_limit_is_in_the_response_and_its_headers(self, office: Office) -> None:
        body = {"query": TASKS, "variables": {"size": 10}}
        # The first request is also charged for parsing the document.
        await office.api.post(body, office.tokens["member"])
        before = office.api.app.state.server.budgets.budget_status(caller_of(office)).used
        response = await office.api.post(body, office.tokens["member"])
        answer = response.json()
        # rateLimit 1 + 1, workspace 1 + 1, tasks 1, totalCount 1 + 2, nodes 10 + 1,
        # labels 100 + 1, and 5 for their 100 names.
        cost = 125
        limit = answer["data"]["rateLimit"]
        assert (limit["cost"], limit["limit"], limit["nodeCount"]) == (cost, 5_000, 112)
        assert limit["remaining"] + limit["used"] == 5_000
        assert limit["used"] - before in (cost - 1, cost)
        # 4 tasks, six fields that take a statement, the count, and the names.
        actual = answer["extensions"]["cost"]["actual"]
        assert answer["extensions"]["cost"] == {"requested": cost, "actual": actual}
        assert actual == 17
        shown = {name: int(response.headers[f"x-ratelimit-{name}"]) for name in (
            "limit", "remaining", "used", "reset"
        )}  # fmt: skip
        assert shown["limit"] == 5_000
        # The difference to the actual cost is refunded.
        assert shown["used"] - before in (actual - 1, actual)
        assert shown["remaining"] == 5_000 - shown["used"]
        in_seconds = shown["reset"] - datetime.now(UTC).timestamp()
        assert 0 < in_seconds < 3600 * 200 / 5000

    async def test_dry_run_returns_the_cost_without_executing(self, office: Office) -> None:
        token = office.tokens["member"]
        before = (await office.api.ask(TASKS, token, size=100, dry=True))["rateLimit"]
        with Statements(office.api.database) as statements:
            response = await office.api.post(
                {"query": TASKS, "variables": {"size": 100, "dry": True}}, token
            )
        # Only the viewer is read.
        assert len(statements) == 1
        data = response.json()["data"]
        assert list(data) == ["rateLimit"]
        assert data["rateLimit"]["cost"] == before["cost"] == 1_165
        assert data["rateLimit"]["used"] < 30
        assert response.headers["x-ratelimit-used"] == str(data["rateLimit"]["used"])

    async def test_dry_run_returns_the_cost_of_an_operation_over_the_limit(
        self, office: Office
    ) -> None:
        inner = "tasks(first: 100) { nodes { subtasks(first: 100) { nodes { id } } } }"
        document = f'{{ rateLimit(dryRun: true) {{ cost }} workspace(slug: "x") {{ {inner} }} }}'
        data = await office.api.ask(document, office.tokens["member"])
        assert data == {"rateLimit": {"cost": 10_608}}

    async def test_rate_limit_works_within_fragments(self, office: Office) -> None:
        document = """
          query { ...F viewer { handle } }
          fragment F on Query { ... on Query { limit: rateLimit(dryRun: true) { cost } } }
        """
        data = await office.api.ask(document, office.tokens["member"])
        assert data == {"limit": {"cost": 4}}


class TestTime:
    """Operations that take longer than their cost pays for."""

    @pytest.fixture(autouse=True)
    def charge_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(budgets, "COST_PER_SECOND", 10_000)

    @pytest.fixture
    def slow(self, office: Office, monkeypatch: pytest.MonkeyPatch, kind: str) -> asyncio.Event:
        """Make the rows of pages slow to load."""
        started = asyncio.Event()

        make_pages_endless(monkeypatch, kind, started.set)
        return started

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"budget": 5_000, "budget_period": 3600, "statement_timeout": 0.6}

    async def test_time_of_the_database_is_charged(
        self, office: Office, slow: asyncio.Event
    ) -> None:
        token = office.tokens["member"]
        response = await office.api.post({"query": TASKS, "variables": {"size": 1}}, token)
        [error] = response.json()["errors"]
        assert error["extensions"]["code"] == "UNAVAILABLE"
        # 0.6 seconds count as 0.3, of which 0.1 are free.
        assert 1_500 < int(response.headers["x-ratelimit-used"]) <= 5_000

    async def test_time_of_a_canceled_operation_is_charged(
        self, office: Office, slow: asyncio.Event
    ) -> None:
        asked = asyncio.ensure_future(office.api.answer(TASKS, office.tokens["member"], size=1))
        await slow.wait()
        await asyncio.sleep(0.45)
        asked.cancel()
        await asyncio.wait((asked,))
        # 0.45 seconds count half, and 0.1 are free.
        status = office.api.app.state.server.budgets.budget_status(caller_of(office))
        assert status.used > 800

    async def test_time_of_the_event_loop_is_charged(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fetch(database: Database, sql: str, parameters: Any) -> Any:
            if "LIMIT" in sql:
                time.sleep(0.2)  # noqa: ASYNC251 - it blocks the event loop
            return await usual(database, sql, parameters)

        usual = Database.fetch_rows
        monkeypatch.setattr(Database, "fetch_rows", fetch)
        token = office.tokens["member"]
        response = await office.api.post({"query": TASKS, "variables": {"size": 1}}, token)
        cost = response.json()["extensions"]["cost"]
        # 0.2 seconds of the event loop and, meanwhile, of a connection.
        assert cost["time"] > 1_500
        assert cost["actual"] <= cost["requested"]

    async def test_a_debt_is_at_most_half_of_the_budget(
        self, office: Office, monkeypatch: pytest.MonkeyPatch, slow: asyncio.Event
    ) -> None:
        monkeypatch.setattr(budgets, "COST_PER_SECOND", 10**9)
        token = office.tokens["member"]
        body = {"query": TASKS, "variables": {"size": 1}}
        assert (await office.api.post(body, token)).headers["x-ratelimit-remaining"] == "0"
        refused = await office.api.post(body, token)
        assert refused.status_code == 429
        # 2,500 of 5,000, which refill in an hour.
        assert 1_700 < int(refused.headers["retry-after"]) <= 1_802
        # Others are not affected.
        assert await office.api.ask("{ viewer { handle } }", office.tokens["admin"])


class TestBudget:
    async def test_spent_budget_is_refused_until_it_refills(self, office: Office) -> None:
        token = office.tokens["member"]
        tasks = "tasks(first: 100) { nodes { labels { id } assignees { id } } }"
        document = f'{{ workspace(slug: "office") {{ {tasks} }} }}'
        assert (await office.api.post({"query": document}, token)).status_code == 200
        await office.api.app.state.server.budgets.charge(caller_of(office), 4_000)
        refused = await office.api.post({"query": document}, token)
        assert refused.status_code == 429
        [error] = refused.json()["errors"]
        assert "data" not in refused.json()
        assert error["extensions"] == {"code": "RATE_LIMITED"}
        assert error["message"].startswith("This costs 2,205; ")
        assert error["message"].endswith(" seconds, or request less.")
        assert int(refused.headers["retry-after"]) > 60
        # Other users have separate budgets.
        other = await office.api.ask("{ viewer { handle } }", office.tokens["admin"])
        assert other == {"viewer": {"handle": "admin"}}

    async def test_tokens_of_a_user_share_a_budget(self, office: Office) -> None:
        document = "{ rateLimit { used } }"
        await office.api.ask(TASKS, office.tokens["owner"], size=5)
        used = (await office.api.ask(document, office.tokens["reader"]))["rateLimit"]["used"]
        assert used > 5

    async def test_anonymous_callers_have_a_small_budget_per_address(self, office: Office) -> None:
        data = await office.api.ask("{ rateLimit { limit } }")
        assert data["rateLimit"]["limit"] == 100
        document = "{ __schema { types { fields { name } } } }"
        answer = await office.api.answer(document)
        assert "errors" not in answer
        codes = set()
        for _ in range(120):
            answer = await office.api.answer("{ nonsense }")
            codes.add(answer["errors"][0]["extensions"]["code"])
        # Invalid documents cost something too.
        assert codes == {"GRAPHQL_VALIDATION_FAILED", "RATE_LIMITED"}
        assert (await office.api.answer("{ viewer { id } }", office.tokens["member"]))["data"]

    async def test_parsing_time_is_charged(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("graph.operations.budgets.THREAD_COST_PER_SECOND", 10**9)
        document = "{ viewer { name handle email } }"
        code, message = await office.api.refusal(document, office.tokens["member"])
        assert code == "RATE_LIMITED"
        assert message.endswith(
            "; the whole budget is 5,000. Request less, or sign in for a larger budget."
        )
        # A cached document is not parsed again.
        monkeypatch.setattr("graph.operations.budgets.THREAD_COST_PER_SECOND", 0)
        await office.api.ask(document, office.tokens["member"])
        monkeypatch.setattr("graph.operations.budgets.THREAD_COST_PER_SECOND", 10**9)
        await office.api.ask(document, office.tokens["member"])


NAMED = Caller("user x", BucketSize(100, 100))


class TestLevels:
    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        at = [0.0]
        monkeypatch.setattr("graph.operations.budgets.time.monotonic", lambda: at[0])
        return at

    @pytest.fixture
    def kind(self) -> str:
        return "sqlite"

    async def test_bucket_refills_up_to_its_capacity(
        self, database: Database, clock: list[float]
    ) -> None:
        kept = Budgets(database, Settings(shared_budgets=False))
        await kept.charge(NAMED, 90)
        with pytest.raises(RateLimited) as refused:
            await kept.charge(NAMED, 30)
        assert refused.value.wait == pytest.approx(20)
        clock[0] = 20
        await kept.charge(NAMED, 30)
        assert kept.budget_status(NAMED).remaining == 0
        await kept.refund(NAMED, 10)
        assert kept.budget_status(NAMED).remaining == 10
        clock[0] = 1000
        assert kept.budget_status(NAMED).remaining == 100
        await kept.refund(NAMED, 10)
        assert kept.budget_status(NAMED).remaining == 100
        with pytest.raises(RateLimited, match="the whole budget is 100"):
            await kept.charge(NAMED, 101)

    async def test_number_of_remembered_callers_is_bounded(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budgets, "MAX_CALLERS", 3)
        kept = Budgets(database, Settings())
        for number in range(5):
            await kept.charge(Caller(f"user {number}", NAMED.allowance), 50)
        assert len(kept._levels) == 3


class TestShared(EveryDatabase):
    async def test_processes_share_a_budget_through_the_database(self, database: Database) -> None:
        processes = [Budgets(database, Settings(shared_budgets=True)) for _ in range(3)]
        caller = Caller("user x", BucketSize(100, 10**9))
        spent = 0

        async def spend(process: Budgets) -> None:
            nonlocal spent
            for _ in range(30):
                try:
                    await process.charge(caller, 2)
                except RateLimited:
                    return
                spent += 2

        await asyncio.gather(*(spend(process) for process in processes))
        # All of it, except for portions that a process has taken and not spent.
        assert 94 <= spent <= 100

    async def test_concurrent_charges_are_counted_exactly(self, database: Database) -> None:
        process = Budgets(database, Settings(shared_budgets=True))
        caller = Caller("user x", BucketSize(300_000, 10**9))
        await process.charge(caller, 20_000)
        await process.refund(caller, 15_000)
        await asyncio.gather(*(process.charge(caller, 20_000) for _ in range(4)))
        assert process.budget_status(caller).remaining == 300_000 - 5_000 - 80_000

    async def test_refunds_do_not_overfill_a_budget(self, database: Database) -> None:
        process = Budgets(database, Settings(shared_budgets=True))
        caller = Caller("user x", BucketSize(300_000, 10**9))
        await asyncio.gather(*(process.charge(caller, 20_000) for _ in range(10)))
        for _ in range(10):
            await process.refund(caller, 20_000)
        other = Budgets(database, Settings(shared_budgets=True))
        await other.charge(caller, 280_000)
        with pytest.raises(RateLimited):
            await process.charge(caller, 20_001)

    async def test_process_takes_portions_of_a_shared_budget(self, database: Database) -> None:
        process = Budgets(database, Settings(shared_budgets=True))
        caller = Caller("user x", BucketSize(10_000, 10**9))
        with Statements(database) as statements:
            for _ in range(150):
                await process.charge(caller, 1)
        # Portions of 20: a SELECT, a write, and the statements of the transaction.
        assert len(statements) <= 150 / 20 * 4
        assert process.budget_status(caller).remaining == 9_850


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_addresses_of_a_network_share_a_budget(address: str, counts_as: str) -> None:
    assert client_network(address) == counts_as


class TestResponseSize:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"max_answer_size": 1_000}

    async def test_response_over_the_limit_is_not_sent(self, office: Office, api: Api) -> None:
        parts = " ".join(f"a{n}: name" for n in range(50))
        aliases = f'{{ workspace(slug: "office") {{ {parts} parts: slug }} }}'
        assert "errors" not in await api.answer(aliases, office.tokens["member"])
        name = "x" * 200
        update = "mutation ($id: ID!, $name: String) { workspaceUpdate(input: {id: $id, name: "
        update += "$name}) { errors { code } } }"
        key = f"workspace_{office.workspace.id.hex}"
        await api.ask(update, office.tokens["owner"], id=key, name=name)
        code, message = await api.refusal(aliases, office.tokens["member"])
        assert code == "LIMIT_EXCEEDED"
        assert message == (
            "The response has 10,472 bytes; the limit is 1,000. "
            "Select less. Changes by mutations were saved."
        )
