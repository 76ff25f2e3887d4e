"""Snippets of search hits."""

import html
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from uuid_utils.compat import uuid7

from graph.views import snippet as snippets
from graph.views.snippet import Excerpt
from models import Comment, Task
from tests.support.client import Api
from tests.support.searched_team import Team, search
from tests.support.world import World

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
    api: Api,
    team: Team,
    world: World,
    texts: list[tuple[str, str, str]],
    asked: list[str],
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
    api: Api,
    team: Team,
    world: World,
    query: str,
    text: str,
    snippet: str,
) -> None:
    await world.make_comment(team.tasks[0], None, body=text)
    [hit] = await search(api, team, query)
    assert hit["snippet"] == snippet


async def test_phrase_across_title_and_body_marks_its_words(
    api: Api,
    team: Team,
    world: World,
    kind: str,
) -> None:
    async with world.database.writes.begin() as session:
        changed = update(Task).where(Task.id == team.tasks[0].id)
        await session.execute(changed.values(title="Red", body="Herring"))
    hits = await search(api, team, '"red herring"')
    # SQLite's index does not let a phrase span two columns.
    marked = [] if kind == "sqlite" else ["<mark>Herring</mark>"]
    assert [hit["snippet"] for hit in hits] == marked


async def test_snippets_of_long_texts_are_cut_by_the_database(
    api: Api,
    team: Team,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
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
