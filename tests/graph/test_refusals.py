"""Refused mutations: their errors, and that they write nothing."""

import pytest

from models.database import Database
from tests.support.concept_cases import declared
from tests.support.examples import one_by_one
from tests.support.office import Office, document, dump, payload_selection, workspace_mutations
from tests.support.refusals import CASES as SHARED_CASES

pytestmark = pytest.mark.usefixtures("roles_read_once")

CASES = [*SHARED_CASES, *(case for cases in declared("REJECTIONS") for case in cases)]


@pytest.mark.parametrize("mutation", sorted({case.mutation for case in CASES}))
async def test_refused_mutation_writes_nothing(
    office: Office, database: Database, mutation: str
) -> None:
    before = await dump(database)
    for case in (case for case in CASES if case.mutation == mutation):
        payload = await office.write(mutation, who=case.who, **case.arguments(office))
        errors = [(error["code"], ".".join(error["path"])) for error in payload["errors"]]
        assert (str(case), errors) == (str(case), case.errors)
        assert payload["sequence"] is None
        assert await dump(database) == before


async def test_anonymous_caller_cannot_write(office: Office, database: Database) -> None:
    before = await dump(database)
    for case in CASES:
        name = case.mutation
        asked = document(name, payload_selection(name))
        code, message = await office.api.refusal(asked, None, **case.arguments(office))
        assert (code, message) == (
            "UNAUTHENTICATED",
            f"{name}: authentication required. Sign in, or send a token.",
        )
    assert await dump(database) == before


async def test_update_of_an_unexpected_version_writes_nothing(
    office: Office, database: Database
) -> None:
    checked = 0
    async for example, arguments in one_by_one(office):
        if example.mutation.endswith("Update") and example.mutation != "taskBatchUpdate":
            before = await dump(database)
            stale = {"input": arguments["input"] | {"expectedVersion": 99}}
            payload = await office.write(example.mutation, who=example.who, **stale)
            refused = {"code": "CONFLICT", "path": ["input", "expectedVersion"]}
            assert payload["errors"] == [refused], example.mutation
            shown = [value for value in payload.values() if isinstance(value, dict)]
            # The current object, so that the client can show what to merge.
            assert [list(value) for value in shown] == [["id"]], example.mutation
            assert await dump(database) == before, example.mutation
            checked += 1
        await office.must_write(example.mutation, who=example.who, **arguments)
    assert checked > 5


def test_every_mutation_has_a_refusal() -> None:
    assert {case.mutation for case in CASES} == workspace_mutations()
