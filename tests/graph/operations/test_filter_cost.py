"""The cost of conditions that no index answers, and of searches."""

from typing import Any

import pytest

from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.office import Office


async def test_they_cost_more(office: Office) -> None:
    document = """query ($filter: TaskFilter) {
        rateLimit(dryRun: true) { cost }
        workspace(slug: "office") { tasks(first: 1, filter: $filter) { nodes { title } } }
    }"""

    async def cost(**filter: Any) -> int:
        data = await office.api.ask(document, office.tokens["member"], filter=filter)
        found: int = data["rateLimit"]["cost"]
        return found

    simple = await cost(title={"eq": "x"})
    assert await cost(title={"contains": "x"}) == simple + 20
    inner = {"title": {"eqIgnoreCase": "x"}}
    assert await cost(**{"and": [{"or": [inner]}, {"not": inner}]}) == simple + 40 + 2
    assert await cost(comments={"length": {"gt": 900}}) == simple + 50
    some = {"some": {"body": {"startsWith": "x"}}}
    assert await cost(comments=some) == simple + 25


@pytest.mark.parametrize(
    ("filter", "message"),
    [
        (
            {"and": [{"body": {"containsIgnoreCase": "x"}}] * 31},
            "The operation's filters have 31 comparisons of parts of texts, such as "
            "`contains`; the limit is 30. Use fewer, or full-text search.",
        ),
        (
            {"or": [{"comments": {"length": {"gt": 1}}}] * 11},
            "The operation's filters have 11 comparisons of numbers of related objects "
            "(`length`); the limit is 10. Use fewer, or full-text search.",
        ),
        (
            {"or": [{"labels": {"every": {"name": {"eq": "x"}}}}] * 61},
            "The operation's filters have 61 conditions on related objects, such as `some`; "
            "the limit is 60. Use fewer, or full-text search.",
        ),
    ],
)
async def test_too_many_are_refused(office: Office, filter: dict[str, Any], message: str) -> None:
    document = """query ($filter: TaskFilter) {
        workspace(slug: "office") { tasks(filter: $filter) { totalCount } }
    }"""
    token = office.tokens["member"]
    assert await office.api.refusal(document, token, filter=filter) == (
        "LIMIT_EXCEEDED",
        message,
    )


async def test_searches_cost_by_their_words_and_prefixes(office: Office) -> None:
    document = """query ($query: String!) {
        rateLimit(dryRun: true) { cost }
        workspace(slug: "office") { search(query: $query, first: 1) { nodes { score } } }
    }"""
    costs = []
    for query in ("one", "one two", "one tw*"):
        data = await office.api.ask(document, office.tokens["member"], query=query)
        costs.append(data["rateLimit"]["cost"])
    assert [cost - costs[0] for cost in costs] == [0, 2, 22]
    document = '{ workspace(slug: "office") { search(query: "a* b* c* d* e* f*") { totalCount'
    assert await office.api.refusal(f"{document} }} }} }}", office.tokens["member"]) == (
        "BAD_USER_INPUT",
        "query: enter at most 5 prefixes, such as `data*`.",
    )
