"""Full-text search."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from models import Comment, Task
from models.base import now
from models.search.query import SearchError, SearchQuery
from tests.graph.kit.test_pages import forged
from tests.support.client import Api, Statements
from tests.support.database_kinds import sqlite_only
from tests.support.searched_team import SEARCH, Team, search
from tests.support.world import World


def names(hits: list[dict[str, Any]]) -> list[str]:
    """The numbers of the tasks that were found, with an asterisk for a comment."""
    return sorted(
        hit["task"]["key"].removeprefix("TLS-") + ("*" if hit["comment"] else "") for hit in hits
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("handshake", ["1", "3*"]),
        ("HANDSHAKE", ["1", "3*"]),
        ("key exchange", ["1", "2", "3"]),
        ('"key exchange"', ["1", "2"]),
        ("key-exchange", ["1", "2"]),
        ("exchange -server", ["2", "3"]),
        ('key -"key exchange"', ["3"]),
        ("exch*", ["1", "2", "3"]),
        ("länge", ["4"]),
        ("lange", []),
        ("ÜBERPRÜFUNG", ["4"]),
        ("falsch", ["4"]),
        ("example", ["4"]),
        ("laenge", ["4"]),
        ("to be", ["5", "5*"]),
        ("the", ["1", "2", "3", "5", "6"]),
        ("release 2 3", ["6"]),
        ('"1 2 3"', ["6"]),
        ("bold", ["6"]),
        ("nothing-of-the-kind", []),
        ("fails handshake", ["1"]),
        ("keys", ["3"]),
        ("' OR 1=1 --", []),
        ("rtt) | (key", ["2"]),
        ("हिन्दी", []),
        ("key½exchange", ["1", "2"]),
    ],
)  # fmt: skip
async def test_words_phrases_exclusions_and_prefixes(
    api: Api, team: Team, query: str, found: list[str]
) -> None:
    assert names(await search(api, team, query)) == found


@pytest.mark.parametrize("query", ["", "  ", '""', "***", "!?", "-"])
async def test_query_without_words_finds_nothing(
    api: Api, team: Team, statements: Statements, query: str
) -> None:
    answer = await api.ask(SEARCH, team.token, slug=team.slug, query=query)
    assert answer["workspace"]["search"] == {
        "nodes": [],
        "totalCount": 0,
        "pageInfo": {"hasNextPage": False, "endCursor": None},
    }
    # Viewer and workspace.
    assert len(statements) == 2


@sqlite_only
async def test_query_with_excluded_words_only_is_refused(api: Api, team: Team) -> None:
    refusal = await api.refusal(SEARCH, team.token, slug=team.slug, query="-handshake")
    assert refusal == ("BAD_USER_INPUT", "query: enter at least one word to search for.")


@pytest.mark.parametrize("query", ["a" * 501, "\0", "word " * 21])
@sqlite_only
async def test_query_over_the_limits_is_refused(api: Api, team: Team, query: str) -> None:
    code, message = await api.refusal(SEARCH, team.token, slug=team.slug, query=query)
    assert code == "BAD_USER_INPUT"
    assert message.startswith("query: ")


async def test_task_key_is_the_first_hit(api: Api, team: Team) -> None:
    first, *others = await search(api, team, "tls-6")
    assert (first["task"]["key"], first["snippet"]) == ("TLS-6", "Release 1.2.3")
    assert others == []
    assert names(await search(api, team, "TLS-77")) == []


async def test_title_ranks_higher_than_body(api: Api, team: Team, kind: str) -> None:
    if kind == "mysql":
        pytest.skip("its one index does not tell the title from the body")
    hits = await search(api, team, "exchange")
    assert {hit["task"]["key"] for hit in hits[:2]} == {"TLS-2", "TLS-3"}
    assert hits[2]["task"]["key"] == "TLS-1"


async def test_pages_return_each_hit_once(api: Api, team: Team) -> None:
    collected: list[str] = []
    after = None
    for _ in range(5):
        answer = await api.ask(
            SEARCH, team.token, slug=team.slug, query="the", first=2, after=after
        )
        page = answer["workspace"]["search"]
        assert page["totalCount"] == 5
        collected += names(page["nodes"])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert sorted(collected) == ["1", "2", "3", "5", "6"]
    refusal = await api.refusal(SEARCH, team.token, slug=team.slug, query="other", after=after)
    assert refusal[0] == "BAD_USER_INPUT"


@pytest.mark.parametrize("score", ["nan", "1", None, [], 10**400])
async def test_forged_cursor_is_refused(api: Api, team: Team, score: Any) -> None:
    answer = await api.ask(SEARCH, team.token, slug=team.slug, query="the", first=2)
    cursor = answer["workspace"]["search"]["pageInfo"]["endCursor"]
    variables = {"slug": team.slug, "query": "the", "after": forged(cursor, 1, score)}
    code, _ = await api.refusal(SEARCH, team.token, **variables)
    assert code == "BAD_USER_INPUT"


async def test_snippet_marks_the_match_and_escapes_html(api: Api, team: Team) -> None:
    [hit] = await search(api, team, "bold")
    assert (
        hit["snippet"] == "Fixes C++ and the &lt;b&gt;<mark>bold</mark>&lt;/b&gt; bug &amp; more."
    )
    [hit] = await search(api, team, "openssl")
    assert hit["snippet"] == "Seen with <mark>OpenSSL</mark>."
    [hit] = await search(api, team, "überprü*")
    assert hit["snippet"] == "<mark>Überprüfung</mark> der Länge"


async def test_search_index_follows_changes(api: Api, team: Team, world: World) -> None:
    async with world.database.writes.begin() as session:
        task = team.tasks[0]
        await session.execute(update(Task).where(Task.id == task.id).values(title="Zebra"))
        await session.execute(update(Comment).values(body="zebra crossing"))
    assert names(await search(api, team, "zebra")) == ["1", "1*", "3*", "5*"]
    assert names(await search(api, team, "fails")) == []
    async with world.database.writes.begin() as session:
        await session.execute(delete(Task).where(Task.id == task.id))
    assert names(await search(api, team, "zebra")) == ["3*", "5*"]
    async with world.database.writes.begin() as session:
        await session.execute(
            update(Task).where(Task.id == team.tasks[2].id).values(deleted_at=now())
        )
    assert names(await search(api, team, "zebra")) == ["5*"]


async def test_hits_are_counted_exactly_or_up_to_a_limit(api: Api, team: Team) -> None:
    query = """
    query ($slug: String!) { workspace(slug: $slug) { search(query: "the", first: 1) {
      totalCount
      under: count(limit: 4) { value isExact }
      even: count(limit: 5) { value isExact }
    } } }
    """
    answer = await api.ask(query, team.token, slug=team.slug)
    assert answer["workspace"]["search"] == {
        "totalCount": 5,
        "under": {"value": 4, "isExact": False},
        "even": {"value": 5, "isExact": True},
    }


async def test_limits_of_counts_share_few_statements(api: Api, team: Team) -> None:
    query = """
      query ($slug: String!, $limit: Int!) {
        workspace(slug: $slug) { search(query: "fox") { count(limit: $limit) { value } } }
      }
    """
    with Statements(api.database) as statements:
        for limit in range(20, 30):
            await api.ask(query, team.token, slug=team.slug, limit=limit)
    assert len({sql for sql in statements.sent if "count(*)" in sql}) == 1


async def test_outsider_finds_nothing(api: Api, team: Team, world: World) -> None:
    other = await world.make_workspace()
    outsider = await world.make_member(other)
    theirs = Team(other.slug, await world.make_token(outsider), [])
    assert await search(api, theirs, "handshake") == []
    assert await search(api, theirs, "tls-1") == []


async def test_page_of_hits_takes_six_statements(
    api: Api, team: Team, statements: Statements, kind: str
) -> None:
    query = """
    query ($slug: String!) { workspace(slug: $slug) { search(query: "handshake") {
      nodes { task { title } comment { body } snippet score }
    } } }
    """
    await api.ask(query, team.token, slug=team.slug)
    # Viewer, workspace, hits, tasks, comments, snippets. PostgreSQL reads tasks with comments.
    assert len(statements) == (5 if kind == "postgresql" else 6)


def test_query_is_translated_for_each_database() -> None:
    query = SearchQuery.parse('one "two three" -four -"five six" sev* a-b')
    assert query is not None
    assert query.to_tsquery() == (
        "('one') & ('two' <-> 'three') & !('four') & !('five' <-> 'six') & ('sev':*) "
        "& ('a' <-> 'b')"
    )
    assert query.to_fts5() == (
        '("one" AND "two three" AND "sev" * AND "a b") NOT "four" NOT "five six"'
    )
    with pytest.raises(SearchError):
        SearchQuery.parse("-no")
