"""Texts as HTML: rendering, sanitizing, and links to what they mention."""

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.kit.node import node_id
from graph.operations.budgets import Budgets
from graph.rules import markdown
from graph.rules.markdown import SANITIZER, render_markdown
from models.database import Database
from tests.support.client import Api, Statements
from tests.support.executors import both_executors  # noqa: F401
from tests.support.world import World


def html_of(text: str) -> str:
    return "".join(map(str, render_markdown(text)))


LINK_RULE = 'rel="nofollow noopener noreferrer"'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**b** ~~s~~ `c`", "<p><strong>b</strong> <del>s</del> <code>c</code></p>\n"),
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        ("- [x] done", (
            '<ul>\n<li><input type="checkbox" disabled="" checked="">\ndone</li>\n</ul>\n'
        )),
        ("```py\nx < 1\n```", '<pre><code class="language-py">x &lt; 1\n</code></pre>\n'),
        ("https://a.example", (
            f'<p><a href="https://a.example" {LINK_RULE}>https://a.example</a></p>\n'
        )),
        ("![a](https://a.example/a.png)", (
            '<p><img loading="lazy" referrerpolicy="no-referrer" src="https://a.example/a.png" '
            'alt="a"></p>\n'
        )),
        ("<details><summary>More</summary>\n\n**b**\n\n</details>", (
            "<details><summary>More</summary>\n<p><strong>b</strong></p>\n</details>"
        )),
        ("Vec<String> a < b", "<p>Vec&lt;String&gt; a &lt; b</p>\n"),
        # Nothing that a browser would run.
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("[x](javascript:alert(1))", f"<p><a {LINK_RULE}>x</a></p>\n"),
        ('<img src="data:image/svg+xml,x" onerror="alert(1)">', (
            '<img loading="lazy" referrerpolicy="no-referrer">'
        )),
        ('<div style="position:fixed" onclick="x()">y</div>', "<div>y</div>"),
        # Tags that are not closed, or not open, are text.
        ("a <b>b", "<p>a &lt;b&gt;b</p>\n"),
        ("a </div></b> b", "<p>a &lt;/div&gt;&lt;/b&gt; b</p>\n"),
        ("<i><b>x</i></b>", "<p><i>&lt;b&gt;x</i>&lt;/b&gt;</p>\n"),
        ("one\n**two**\nthree", "<p>one<br>\n<strong>two</strong><br>\nthree</p>\n"),
        ("- one\n  two\n\n> three\n> four", (
            "<ul>\n<li>one<br>\ntwo</li>\n</ul>\n"
            "<blockquote>\n<p>three<br>\nfour</p>\n</blockquote>\n"
        )),
        ("|a|\n|:-:|\n|b|", (
            '<table><thead><tr><th style="text-align:center">a</th></tr></thead><tbody>\n'
            '<tr><td style="text-align:center">b</td></tr>\n</tbody></table>\n'
        )),
        ("See (https://a.example/b_(c)?d=1&e=2), or <https://a.example>.", (
            f'<p>See (<a href="https://a.example/b_(c)?d=1&amp;e=2" {LINK_RULE}>'
            f"https://a.example/b_(c)?d=1&amp;e=2</a>), or "
            f'<a href="https://a.example" {LINK_RULE}>https://a.example</a>.</p>\n'
        )),
        ('<code class="button">x</code> <p title="y" style="color:red">z</p>', (
            "<p><code>x</code> </p><p>z</p><p></p>\n"
        )),
        ("a <!-- hidden --> b", "<p>a  b</p>\n"),
        ("a <!-- never closed", "<p>a &lt;!-- never closed</p>\n"),
    ],
)  # fmt: skip
def test_markdown_is_rendered_as_safe_html(text: str, html: str) -> None:
    assert html_of(text) == html


@pytest.mark.parametrize("text", [">" * 1_000, "<div>" * 100 + "x" + "</div>" * 100])
def test_deeply_nested_text_is_shown_as_it_was_written(text: str) -> None:
    """Parsing it would take quadratic time."""
    assert html_of(text) == f"<pre>{text.replace('<', '&lt;').replace('>', '&gt;')}</pre>"


def test_text_that_would_grow_too_much_is_shown_as_it_was_written() -> None:
    """Missing cells of a table are filled up."""
    table = "|a" * 100 + "\n" + "|-" * 100 + "\n" + "a\n" * 200
    assert html_of(table) == f"<pre>{table}</pre>"


def test_only_some_references_become_links() -> None:
    links = [part for part in render_markdown("A-1 " * 200) if not isinstance(part, str)]
    assert len(links) == markdown.MAX_LINKS
    keys = " ".join(f"A-{number}" for number in range(1, 100))
    links = [part for part in render_markdown(keys) if not isinstance(part, str)]
    assert len(links) == markdown.MAX_REFERENCES


class Elements(HTMLParser):
    """What a browser finds in HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in markdown.TAGS
        for name, value in attrs:
            assert not name.startswith("on")
            assert name != "style"
            assert "javascript" not in (value or "").lower()
        self.depth += tag not in markdown.VOID_TAGS

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1


FRAGMENTS = st.sampled_from([
    "<b>", "</b>", "<div>", "</div>", "<script>", "</script>", "<svg onload=x>", "<a href='",
    '<a href="javascript:x">', "</a>", "<!--", "-->", "<p>", "</p>", "<table>", "</table>", "<td>",
    "\n", "\n\n", "> ", "- ", "    ", "`", "```\n", "[x](", ")", "javascript:x", '"', "'", "<", ">",
    "&lt;", "&#x6a;", "|a|\n|-|\n", "*", "~~", "<style>", "<img src=x onerror=y>", "<math>", "A-1",
    "<textarea>", "<![CDATA[", "]]>", "<?x", "<details>", "</details>", "@ada", "\t", "\\", "é",
])  # fmt: skip


@given(st.lists(FRAGMENTS, max_size=30).map("".join))
def test_no_text_becomes_unsafe_html(text: str) -> None:
    html = html_of(text)
    found = Elements()
    found.feed(html)
    found.close()
    assert found.depth == 0
    assert SANITIZER.clean(html) == html


TEXT = """
See WEB-1, WEB-99 and @ada (not `@ada` or `WEB-1`).
[WEB-1](https://a.example/WEB-1) UTF-8 grace@x.example @nobody FAR-1.
"""


async def test_mentioned_tasks_and_users_are_links(
    api: Api, world: World, statements: Statements, database: Database
) -> None:
    ada = await world.make_user(handle="ada", name='Ada "A" <L>')
    workspace = await world.make_workspace(slug="team")
    await world.make_member(workspace, ada)
    project = await world.make_project(workspace, key="WEB", description="About WEB-1")
    state = await world.make_state(workspace)
    tasks = [
        await world.make_task(project, state, number=number, title=f"<{number}>", body=TEXT)
        for number in (1, 2)
    ]
    comment = await world.make_comment(tasks[0], ada, body="Like WEB-2!")
    foreign = await world.make_workspace(slug="far")
    far = await world.make_project(foreign, key="FAR")
    await world.make_task(far, await world.make_state(foreign), number=1)
    token = await world.make_token(ada)
    query = """
      query ($ids: [ID!]!) { nodes(ids: $ids) {
        ... on Task { bodyHTML url }
        ... on Comment { bodyHTML }
        ... on Project { descriptionHTML }
      } }
    """
    objects = [*tasks, comment, project]
    statements.clear()
    data = await api.ask(query, token, ids=[node_id(row) for row in objects])
    # Three types of nodes, the project and the workspace of the URLs, and at most five for the
    # links: tasks, users, the workspace, and keys that only one type of node mentions.
    assert len(statements) <= 9
    one = (
        '<a class="task-reference" data-key="WEB-1" href="/team/WEB-1" title="&lt;1&gt;">WEB-1</a>'
    )
    mention = (
        '<a class="user-reference" data-handle="ada" href="/team/members/ada" '
        'title="Ada &quot;A&quot; &lt;L&gt;">@ada</a>'
    )
    body = (
        f"<p>See {one}, WEB-99 and {mention} (not <code>@ada</code> or <code>WEB-1</code>).<br>\n"
        f'<a href="https://a.example/WEB-1" {LINK_RULE}>WEB-1</a> UTF-8 '
        f"grace@x.example @nobody FAR-1.</p>\n"
    )
    two = one.replace("WEB-1", "WEB-2").replace(";1&", ";2&")
    assert data["nodes"] == [
        {"bodyHTML": body, "url": "/team/WEB-1"},
        {"bodyHTML": body, "url": "/team/WEB-2"},
        {"bodyHTML": f"<p>Like {two}!</p>\n"},
        {"descriptionHTML": f"<p>About {one}</p>\n"},
    ]


async def test_long_texts_are_rendered_together_and_paid_for(
    api: Api, world: World, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await world.make_user(handle="ada")
    workspace = await world.make_workspace()
    await world.make_member(workspace, ada)
    state = await world.make_state(workspace)
    project = await world.make_project(workspace, key="WEB")
    for number in range(1, 7):
        text = f"WEB-{number} @ada\n" * (1 if number == 1 else 4_000)
        await world.make_task(project, state, number=number, body=text)
    token = await world.make_token(ada)
    query = """
      query ($slug: String!) { workspace(slug: $slug) {
        tasks(first: 10) { nodes { number bodyHTML } }
      } }
    """
    charges: list[int] = []
    owe = Budgets.owe

    def record(budgets: Budgets, caller: Any, cost: int) -> None:
        charges.append(cost)
        owe(budgets, caller, cost)

    monkeypatch.setattr(Budgets, "owe", record)
    monkeypatch.setattr("graph.operations.budgets.THREAD_COST_PER_SECOND", 10**6)
    statements.clear()
    data = await api.ask(query, token, slug=workspace.slug)
    # The tasks, and three for the links of the short text and of all long ones: the workspace,
    # which is read once, tasks and members.
    assert len(statements) <= 8
    for node in data["workspace"]["tasks"]["nodes"]:
        assert node["bodyHTML"].count("</a>") == (2 if node["number"] == 1 else markdown.MAX_LINKS)
    # Each portion of texts that the thread renders is charged for.
    assert len([charge for charge in charges if charge > 0]) >= 5
