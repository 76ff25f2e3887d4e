"""Errors in responses: masking, messages and effects on other fields."""

import logging
from collections.abc import AsyncIterator

import pytest

from models.database import Database
from tests.support.toy_schema import make_context, make_toys, run


@pytest.fixture
async def toys(empty_url: str) -> AsyncIterator[Database]:
    database = Database(empty_url)
    await make_toys(database)
    yield database
    await database.close()


@pytest.mark.parametrize("turns", [0, 1, 2, 5, 10, 30])
async def test_failing_field_does_not_affect_siblings_that_share_its_loader(
    toys: Database, turns: int
) -> None:
    """The field is non-null: the error makes its book null and cancels the book's loads."""
    fields = f"firstIsBroken(turns: {turns}) shelf {{ name books {{ title }} }}"
    query = f"{{ maybeBooks {{ {fields} }} }}"
    result = await run(make_context(toys), query)
    assert [error.path for error in result.errors] == [["maybeBooks", 0, "firstIsBroken"]]
    first, *others = result.data["maybeBooks"]
    assert first is None
    on_shelves = [["book 1", "book 3"], ["book 0", "book 2"], ["book 1", "book 3"]]
    for place, (book, titles) in enumerate(zip(others, on_shelves, strict=True), start=1):
        assert book["firstIsBroken"] == f"book {place}"
        assert book["shelf"]["name"] == f"shelf {place % 2}"
        assert [neighbor["title"] for neighbor in book["shelf"]["books"]] == titles


async def test_unexpected_error_is_masked_with_the_id_in_the_log(
    toys: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        result = await run(make_context(toys), "{ books { broken } }")
    assert result.data is None
    [error, *_] = result.errors
    assert error.extensions["code"] == "INTERNAL_ERROR"
    assert "secret" not in str(error.formatted)
    error_id = error.extensions["id"]
    assert error_id in error.message
    record = next(record for record in caplog.records if error_id in record.getMessage())
    assert record.exc_info is not None
    assert "secret: the wood is rotten" in str(record.exc_info[1])


async def test_error_for_the_caller_keeps_its_message(toys: Database) -> None:
    result = await run(make_context(toys), "{ books { refused } }")
    assert {error.message for error in result.errors} == {"title: no such thing."}
    assert {error.extensions["code"] for error in result.errors} == {"BAD_USER_INPUT"}
