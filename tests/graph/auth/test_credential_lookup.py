"""Requests that wait for authentication at the same time share one statement."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from graph.auth.credential_lookup import MAX_SECRETS, CredentialLookup
from graph.auth.records import CredentialRecord, column_names
from graph.auth.session import new_session
from models import AccessToken, Session, User
from models.base import now
from models.columns.digest import digest
from models.database import Database
from tests.graph.kit.test_sessions import checked_out
from tests.support.client import Statements
from tests.support.office import Office
from tests.support.world import World

VIEWER = {"query": "{ viewer { handle } }"}


async def handles(office: Office, tokens: list[str]) -> list[str | int]:
    """The handles of those who send requests at the same time, or the statuses of refusals."""
    responses = await asyncio.gather(*(office.api.post(VIEWER, token) for token in tokens))
    return [
        response.json()["data"]["viewer"]["handle"]
        if response.status_code == 200
        else response.status_code
        for response in responses
    ]


async def test_concurrent_requests_take_one_statement(office: Office) -> None:
    names = ["member", "admin", "owner", "reader", "member", "outsider"] * 5
    with Statements(office.api.database) as statements:
        found = await handles(office, [office.tokens[name] for name in names])
    who = {"reader": "owner"}
    assert found == [who.get(name, name) for name in names]
    assert len(statements) == 1


async def test_wrong_tokens_do_not_affect_right_ones(office: Office) -> None:
    right, wrong = office.tokens["member"], "tsk_wrong"
    with Statements(office.api.database) as statements:
        found = await handles(office, [wrong, right, "tsk_other", right])
    assert found == [401, "member", 401, "member"]
    assert len(statements) == 1


async def test_tokens_and_sessions_take_a_statement_each(office: Office) -> None:
    session, row = new_session(office.member.id, None)
    async with office.world.database.writes.begin() as writer:
        writer.add(row)
    with Statements(office.api.database) as statements:
        found = await handles(office, [session, office.tokens["admin"], session])
    assert found == ["member", "admin", "member"]
    assert len(statements) == 2


class TestLookup:
    @pytest.fixture
    async def token(self, world: World) -> bytes:
        return digest(await world.make_token(await world.make_user()))

    @pytest.fixture
    async def lookup(self, database: Database) -> AsyncIterator[CredentialLookup]:
        made = CredentialLookup(database, AccessToken)
        yield made
        await made.close()

    async def test_a_canceled_request_does_not_cancel_the_others(
        self, lookup: CredentialLookup, token: bytes
    ) -> None:
        for canceled_after in range(4):
            first, second, third = [asyncio.ensure_future(lookup.find(token)) for _ in range(3)]
            for _ in range(canceled_after):
                await asyncio.sleep(0)
            first.cancel()
            async with asyncio.timeout(10):
                assert await second is not None
                assert await third is not None
            assert first.cancelled() or await first is not None
        assert checked_out(lookup.database) == 0

    async def test_an_error_is_raised_to_all_that_wait(
        self, lookup: CredentialLookup, token: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: Any) -> Any:
            raise OperationalError("SELECT", {}, Exception("no server there"))

        with monkeypatch.context() as patched:
            patched.setattr(lookup.database, "fetch_rows", fail)
            async with asyncio.timeout(10):
                found = await asyncio.gather(
                    *(lookup.find(token) for _ in range(5)), return_exceptions=True
                )
        assert [type(error) for error in found] == [OperationalError] * 5
        assert await lookup.find(token) is not None

    async def test_a_statement_begins_after_its_requests(
        self, lookup: CredentialLookup, token: bytes, world: World
    ) -> None:
        """A request that comes while a statement runs waits for the next one."""
        running, reads = asyncio.Event(), 0
        end = asyncio.Event()
        usual = lookup._read

        async def read(digests: list[bytes]) -> Any:
            nonlocal reads
            reads += 1
            found = await usual(digests)
            running.set()
            await end.wait()
            return found

        lookup._read = read  # type: ignore[method-assign]
        lookup.max_running = 1
        first = asyncio.ensure_future(lookup.find(token))
        await running.wait()
        async with world.database.writes.begin() as session:
            row = await session.scalar(select(AccessToken).where(AccessToken.digest == token))
            assert row is not None
            row.revoked_at = now()
        late = [asyncio.ensure_future(lookup.find(token)) for _ in range(3)]
        end.set()
        async with asyncio.timeout(10):
            assert await first is not None
            assert await asyncio.gather(*late) == [None] * 3
        assert reads == 2

    async def test_a_hanging_statement_does_not_delay_others_for_long(
        self, lookup: CredentialLookup, token: bytes
    ) -> None:
        hung = asyncio.Event()
        usual = lookup._read

        async def read(digests: list[bytes]) -> Any:
            if not hung.is_set():
                hung.set()
                await asyncio.sleep(600)
            return await usual(digests)

        lookup._read = read  # type: ignore[method-assign]
        first = asyncio.ensure_future(lookup.find(token))
        await hung.wait()
        async with asyncio.timeout(10):
            assert await lookup.find(token) is not None
            await lookup.close()
            await asyncio.wait((first,))
        assert first.cancelled()

    async def test_many_secrets_are_looked_up_in_several_statements(
        self, lookup: CredentialLookup, token: bytes
    ) -> None:
        unknown = [bytes([place % 256, place // 256]) * 16 for place in range(MAX_SECRETS + 5)]
        with Statements(lookup.database) as statements:
            found = await asyncio.gather(*map(lookup.find, [*unknown, token]))
        assert found[:-1] == [None] * len(unknown)
        assert found[-1] is not None
        assert len(statements) == 2

    async def test_rows_are_like_loaded_ones(
        self, lookup: CredentialLookup, token: bytes, world: World
    ) -> None:
        record = await lookup.find(token)
        assert isinstance(record, CredentialRecord)
        async with world.database.reads() as session:
            query = select(AccessToken).options(joinedload(AccessToken.user))
            loaded = (await session.scalars(query.where(AccessToken.digest == token))).one()
        pairs: list[tuple[Any, Any, tuple[str, ...]]] = [
            (record.credential, loaded, column_names(AccessToken)),
            (record.user, loaded.user, column_names(User)),
        ]
        for built, row, names in pairs:
            assert type(built) is type(row)
            assert [getattr(built, name) for name in names] == [
                getattr(row, name) for name in names
            ]
            assert inspect(built).key == inspect(row).key
            assert inspect(built).detached
            assert not inspect(built).modified
        assert record.user is record.user
        assert record.user_columns["handle"] == loaded.user.handle


def test_records_have_the_columns_of_their_models() -> None:
    for model in (AccessToken, Session, User):
        assert set(column_names(model)) == {column.key for column in model.__table__.columns}
