"""Full-text search."""

import html
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update
from uuid_utils.compat import uuid7

from graph.views import snippet as snippets
from graph.views.snippet import Excerpt
from models import Comment, Role, Task
from models.base import now
from models.search.query import SearchError, SearchQuery
from tests.graph.kit.test_pages import forged
from tests.support.client import Api, Statements
from tests.support.database_kinds import sqlite_only
from tests.support.world import World

SEARCH = """
query ($slug: String!, $query: String!, $first: Int, $after: String) {
  workspace(slug: $slug) { search(query: $query, first: $first, after: $after) {
    nodes { task { key title } comment { body } snippet score }
    totalCount
    pageInfo { hasNextPage endCursor }
  } }
}
"""

#: Titles, bodies and comments.
TEXTS = [
    ("Handshake fails", "The server rejects the client key exchange.", ["Seen with OpenSSL."]),
    ("Key exchange in 1-RTT", "Describe the key schedule.", []),
    ("Exchange of keys", "The key is wrong; so is the exchange.", ["A handshake, again."]),
    ("Überprüfung der Länge", "Die LÄNGE ist_falsch, siehe example.com/laenge.", []),
    ("It is to be", "the of and", ["to be or not to be"]),
    ("Release 1.2.3", "Fixes C++ and the <b>bold</b> bug & more.", []),
]


class Team:
    """A workspace to search."""

    def __init__(self, slug: str, token: str, tasks: list[Task]) -> None:
        self.slug = slug
        self.token = token
        self.tasks = tasks


@pytest.fixture
async def team(world: World) -> Team:
    return await world.snapshot("team to search", lambda: build_team(world))


async def build_team(world: World) -> Team:
    workspace = await world.make_workspace()
    user = await world.make_member(workspace, role=Role.GUEST)
    project = await world.make_project(workspace, key="TLS")
    state = await world.make_state(workspace)
    tasks = []
    for number, (title, body, comments) in enumerate(TEXTS, start=1):
        task = await world.make_task(project, state, number=number, title=title, body=body)
        for text in comments:
            await world.make_comment(task, user, body=text)
        tasks.append(task)
    return Team(workspace.slug, await world.make_token(user), tasks)


async def search(api: Api, team: Team, query: str, **arguments: Any) -> list[dict[str, Any]]:
    answer = await api.ask(SEARCH, team.token, slug=team.slug, query=query, **arguments)
    found: dict[str, Any] = answer["workspace"]["search"]
    assert found["totalCount"] == len(found["nodes"])
    nodes: list[dict[str, Any]] = found["nodes"]
    return nodes


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


@pytest.mark.parametrize("query", ["", "  ", '""', "-handshake", "***", "!?", "-"])
@sqlite_only
async def test_query_without_words_is_refused(api: Api, team: Team, query: str) -> None:
    refusal = await api.refusal(SEARCH, team.token, slug=team.slug, query=query)
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
    assert query.to_tsquery() == (
        "('one') & ('two' <-> 'three') & !('four') & !('five' <-> 'six') & ('sev':*) "
        "& ('a' <-> 'b')"
    )
    assert query.to_fts5() == (
        '("one" AND "two three" AND "sev" * AND "a b") NOT "four" NOT "five six"'
    )
    with pytest.raises(SearchError):
        SearchQuery.parse("-no")


#: Words that databases and Python might split or fold differently, and what can stand between.
WORDS = [
    "key", "Exchange", "monkey", "KEYS", "LÄNGE", "länge", "straße", "ΟΔΟΣ", "İstanbul", "हिन्दी",
    "日本語", "e\u0301tude", "ﬁne", "K\u212alvin", "1e5", "user@example.com", "C++", "don't", "2½",
    "кот", "x" * 170, f"https://example.com/{'a' * 170}", "<b>bold</b>", "&amp;", "👍", "a", "to",
    "be",
]  # fmt: skip
SEPARATORS = [" ", " ", " ", "\n", "-", "_", ", ", "/", ".", " · ", "—", "\u00a0", " " * 300]


def joined(words: list[str], separators: list[str]) -> str:
    return "".join(map("".join, zip(words, separators, strict=False)))


long_texts = st.builds(
    joined,
    st.lists(st.sampled_from(WORDS), max_size=60),
    st.lists(st.sampled_from(SEPARATORS), min_size=60, max_size=60),
)
titles = st.builds(" ".join, st.lists(st.sampled_from(WORDS[:15]), min_size=1, max_size=5))
queries = st.one_of(
    st.sampled_from([*WORDS[:24], *WORDS[-3:]]),
    st.builds('"{} {}"'.format, st.sampled_from(WORDS[:22]), st.sampled_from(WORDS[:22])),
    st.sampled_from(["ex*", "xxxx*", "län*", "key*", "https*"]),
)


def shown(snippet: str) -> str:
    """The part of the source that a snippet shows."""
    plain = html.unescape(snippet.replace("<mark>", "").replace("</mark>", ""))
    return plain.removeprefix("…").removesuffix("…")


@settings(
    max_examples=4,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
@given(
    texts=st.lists(st.tuples(titles, long_texts, long_texts), min_size=15, max_size=15),
    asked=st.lists(queries, min_size=12, max_size=12),
)
async def test_each_snippet_marks_a_part_of_its_source(
    api: Api, team: Team, world: World, texts: list[tuple[str, str, str]], asked: list[str]
) -> None:
    model = team.tasks[0]
    home = {"workspace_id": model.workspace_id}
    async with world.database.writes.begin() as session:
        for title, body, remark in texts:
            task = Task(
                id=uuid7(),
                project_id=model.project_id,
                state_id=model.state_id,
                number=next(numbers),
                rank="a",
                title=title[:200],
                body=body,
                **home,
            )
            session.add(task)
            await session.flush()
            session.add(Comment(task_id=task.id, body=remark, **home))
    for query in asked:
        answer = await api.ask(SNIPPETS, team.token, slug=team.slug, query=query)
        for hit in answer["workspace"]["search"]["nodes"]:
            snippet, sources = hit["snippet"], [hit["task"]["title"], hit["task"]["body"]]
            if hit["comment"]:
                sources = [hit["comment"]["body"]]
            context = f"{query=} {snippet=}"
            assert "<mark>" in snippet, context
            assert len(shown(snippet)) <= 160, context
            assert any(shown(snippet) in source for source in sources), context


#: Numbers of tasks that the team does not have.
numbers = count(1000)

SNIPPETS = """
query ($slug: String!, $query: String!) { workspace(slug: $slug) {
  search(query: $query, first: 100) { nodes { task { title body } comment { body } snippet } }
} }
"""


@pytest.mark.parametrize(
    ("query", "text", "snippet"),
    [
        (
            "needle",
            "word " * 40 + "needle " + "word " * 60,
            "…" + "word " * 9 + "<mark>needle</mark> " + "word " * 21 + "wor…",
        ),
        ("needle", f"See https://x.com/{'a' * 170} needle.", "…<mark>needle</mark>."),
        ("needle", f"{'a' * 170}/needle.", f"…{'a' * 49}/<mark>needle</mark>."),
        ("needle", "a" * 120 + " needles needle", "…needles <mark>needle</mark>"),
        ('"yes no"', f"x yes{'.' * 300}no", f"x <mark>yes{'.' * 155}</mark>…"),
        # A part of a word is marked only if no whole word matches.
        ('"one two"', "one, TWO; one three", "<mark>one, TWO</mark>; one three"),
        ("needle", "needles " * 3000 + "needle", "…" + "needles " * 6 + "<mark>needle</mark>"),
    ],
)
async def test_long_text_is_cut_around_its_first_match(
    api: Api, team: Team, world: World, query: str, text: str, snippet: str
) -> None:
    await world.make_comment(team.tasks[0], None, body=text)
    [hit] = await search(api, team, query)
    assert hit["snippet"] == snippet


async def test_phrase_across_title_and_body_marks_its_words(
    api: Api, team: Team, world: World, kind: str
) -> None:
    async with world.database.writes.begin() as session:
        changed = update(Task).where(Task.id == team.tasks[0].id)
        await session.execute(changed.values(title="Red", body="Herring"))
    hits = await search(api, team, '"red herring"')
    # SQLite's index does not let a phrase span two columns.
    marked = [] if kind == "sqlite" else ["<mark>Herring</mark>"]
    assert [hit["snippet"] for hit in hits] == marked


async def test_snippets_of_long_texts_are_cut_by_the_database(
    api: Api, team: Team, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = []

    def excerpt(text: str, position: int) -> Excerpt:
        received.append(len(text))
        return cut(text, position)

    cut = snippets.excerpt_at
    monkeypatch.setattr(snippets, "excerpt_at", excerpt)
    await world.make_comment(team.tasks[0], None, body="word " * 18_000 + "needle" + " word" * 900)
    [hit] = await search(api, team, "needle")
    assert "<mark>needle</mark>" in hit["snippet"]
    assert received == [1001]
