"""Markdown as safe HTML: GitHub's dialect, rendered by cmark-gfm and sanitized by ammonia.

HTML in the text is kept as far as it is harmless. Both libraries are fast, but an HTML parser needs
quadratic time for deeply nested elements. The tags are therefore balanced and counted in between,
and a text that is nested too deep, or that would become too long, is shown as it was written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import cmarkgfm
import nh3
from cmarkgfm.cmark import Options

#: The deepest nesting of elements, and the longest HTML, in characters.
MAX_DEPTH, MAX_LENGTH = 64, 500_000
#: The most references of one text that are looked up.
MAX_REFERENCES = 50
OPTIONS = (
    Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS | Options.CMARK_OPT_GITHUB_PRE_LANG
)
EXTENSIONS = ["table", "strikethrough", "autolink", "tasklist"]
VOID_TAGS = frozenset({"br", "hr", "img", "input"})
TAGS = VOID_TAGS | {
    "a", "abbr", "b", "blockquote", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h1",
    "h2", "h3", "h4", "h5", "h6", "i", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp",
    "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "u", "ul", "var",
}  # fmt: skip
SANITIZER = nh3.Cleaner(
    tags=set(TAGS),
    attributes={
        "a": {"href", "title"},
        "abbr": {"title"},
        "details": {"open"},
        "img": {"src", "alt", "title", "width", "height"},
        "input": {"checked"},
        "ol": {"start"},
        "pre": {"lang"},
        "td": {"align", "colspan", "rowspan"},
        "th": {"align", "colspan", "rowspan"},
    },
    tag_attribute_values={
        "input": {"type": {"checkbox"}, "disabled": {""}},
        "img": {"loading": {"lazy"}, "referrerpolicy": {"no-referrer"}},
    },
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow noopener noreferrer",
)

#: Tags with attributes that they always have. The first of several values counts.
FIXED_TAGS = {
    "img": '<img loading="lazy" referrerpolicy="no-referrer" ',
    # A task of a list is shown, but only the text can change it.
    "input": '<input type="checkbox" disabled="" ',
}

#: A complete tag.
TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*+>")
#: A tag of sanitized HTML.
SANITIZED_TAG = re.compile(r"(<[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*>)")
#: Elements whose text has no references.
VERBATIM = re.compile(r"<(/?)(?:a|code|pre)[ >]")
REFERENCE = re.compile(
    r"(?<![\w/@#;.-])(?:(?P<key>[A-Z][A-Z0-9]{0,9}-[1-9][0-9]{0,8})(?![\w-])"
    r"|@(?P<handle>[A-Za-z0-9](?:[A-Za-z0-9._\[\]-]{0,62}[A-Za-z0-9\]])?))"
)


@dataclass(frozen=True)
class Reference:
    """The key of a task, or the handle of a user, that a text mentions."""

    kind: Literal["key", "handle"]
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "key" else f"@{self.name}"


#: Safe HTML, with the references that may become links.
Parts = list[str | Reference]


def render_markdown(text: str) -> Parts:
    """Return a text in Markdown as safe HTML."""
    html = cmarkgfm.cmark.markdown_to_html_with_extensions(text, OPTIONS, EXTENSIONS)
    balanced = balance(html) if len(html) <= MAX_LENGTH else None
    # Not stripped, or two tags could become one: ammonia sees what a browser will see.
    safe = None if balanced is None else SANITIZER.clean(balanced)
    if safe is None or len(safe) > 2 * MAX_LENGTH:
        return [f"<pre>{escape(text)}</pre>"]
    return list(parts_of(safe))


def balance(html: str) -> str | None:
    """Return HTML whose elements are known and closed; show other tags as text.

    Return None if elements are nested too deep.
    """
    pieces: list[str] = []
    #: The open elements, with the places of their tags in `pieces`.
    opened: list[tuple[str, int]] = []
    at, last_comment = 0, html.rfind("-->")
    while (start := html.find("<", at)) >= 0:
        pieces.append(html[at:start])
        if html.startswith("<!--", start) and start + 4 <= last_comment:
            at = html.index("-->", start + 4) + 3
            continue
        tag = TAG.match(html, start)
        if tag is None:
            pieces.append("&lt;")
            at = start + 1
            continue
        at = tag.end()
        name = tag["name"].lower()
        if name not in TAGS:
            pieces.append(escape(tag[0]))
        elif not tag["end"]:
            if name not in VOID_TAGS:
                opened.append((name, len(pieces)))
            pieces.append(FIXED_TAGS.get(name, "<" + name) + tag[0][1 + len(name) :])
            if len(opened) > MAX_DEPTH:
                return None
        elif any(name == other for other, _ in opened):
            while (closing := opened.pop())[0] != name:
                _show_as_text(pieces, closing[1])
            pieces.append(f"</{name}>")
        elif name not in VOID_TAGS:
            pieces.append(escape(tag[0]))
    pieces.append(html[at:])
    for _, place in opened:
        _show_as_text(pieces, place)
    return "".join(pieces)


def _show_as_text(pieces: list[str], place: int) -> None:
    """Show a tag that is never closed as text."""
    pieces[place] = escape(pieces[place])


def parts_of(safe: str) -> Iterator[str | Reference]:
    """Split safe HTML at its references. Those in links and code are none."""
    verbatim, found = 0, set[Reference]()
    for place, piece in enumerate(SANITIZED_TAG.split(safe)):
        if place % 2:
            tag = VERBATIM.match(piece)
            verbatim += 0 if tag is None else -1 if tag[1] else 1
            yield piece
        elif verbatim or not piece:
            yield piece
        else:
            yield from _split(piece, found)


def _split(text: str, found: set[Reference]) -> Iterator[str | Reference]:
    at = 0
    for match in REFERENCE.finditer(text):
        kind: Any = match.lastgroup
        reference = Reference(kind, match[kind])
        if reference not in found and len(found) >= MAX_REFERENCES:
            continue
        found.add(reference)
        yield text[at : match.start()]
        yield reference
        at = match.end()
    yield text[at:]
