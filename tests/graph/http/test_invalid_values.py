"""Invalid values of arguments and variables: which value it is, and which forms are valid."""

from typing import Any

import pytest

from tests.support.client import Api
from tests.support.database_kinds import sqlite_only


@pytest.mark.parametrize(
    "value", ["2026-11-20", "2026-11-20T09:30:00", "soon", 5, "9999-12-31T23:59:59-23:00"]
)
@sqlite_only
async def test_invalid_date_time_is_refused(api: Api, value: Any) -> None:
    query = "query ($at: DateTime) { viewer { events(from: $at) { totalCount } } }"
    code, message = await api.refusal(query, at=value)
    assert code == "BAD_USER_INPUT"
    assert "'$at'" in message
    assert "Include the offset, as in 2026-11-20T09:30:00Z." in message


TIME_FORM = "Include the offset, as in 2026-11-20T09:30:00Z."
TIME_FORMS = "Use a form such as 2026-11-20T09:30:00Z, 2026-11-20 or -P2W."


@pytest.mark.parametrize(
    ("document", "variables", "message", "column"),
    [
        (
            '{ viewer { events(from: "x") { totalCount } } }', {},
            f"Argument 'from' has invalid value: 'x' is not a valid time. {TIME_FORM}", 25,
        ),
        (
            '{ viewer { assignedTasks(filter: {or: [{dueOn: {gt: "x"}}]}) { totalCount } } }', {},
            "Argument 'filter' has invalid value at .or[0].dueOn.gt: 'x' is not a valid time. "
            + TIME_FORMS, 34,
        ),
        (
            'query ($t: DateTime = "x") { viewer { events(from: $t) { totalCount } } }', {},
            f"The default of variable '$t' has invalid value: 'x' is not a valid time. {TIME_FORM}",
            23,
        ),
        (
            "query ($t: DateTime) { viewer { events(from: $t) { totalCount } } }", {"t": "x"},
            f"Variable '$t' has invalid value: 'x' is not a valid time. {TIME_FORM}", 8,
        ),
        (
            "query ($f: TaskFilter) { viewer { assignedTasks(filter: $f) { totalCount } } }",
            {"f": {"dueOn": {"gt": "P1X"}}},
            "Variable '$f' has invalid value at .dueOn.gt: 'P1X' is not a valid duration. "
            "Use a form such as P2W or -P1DT12H.", 8,
        ),
        (
            "query ($n: Int) { viewer { events(first: $n) { totalCount } } }", {"n": "1"},
            "Variable '$n' has invalid value: Int cannot represent non-integer value: '1'", 8,
        ),
        (
            "query ($id: ID!) { node(id: $id) { id } }", {},
            "Variable '$id' has invalid value: Expected a value of non-null type 'ID!' to be "
            "provided.", 8,
        ),
    ],
)  # fmt: skip
@sqlite_only
async def test_invalid_values_are_named_with_their_place_and_the_valid_forms(
    api: Api, document: str, variables: dict[str, Any], message: str, column: int
) -> None:
    response = await api.post({"query": document, "variables": variables})
    assert response.status_code == 400
    assert response.json() == {
        "errors": [
            {
                "message": message,
                "locations": [{"line": 1, "column": column}],
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ]
    }
