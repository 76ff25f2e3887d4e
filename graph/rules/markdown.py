"""Markdown as safe HTML: rendered by pulldown-cmark, sanitized by ammonia.

HTML in the text is kept as far as it is harmless. Both libraries are fast, but an HTML parser needs
quadratic time for deeply nested elements, and a short text can become a large table. The tags are
therefore balanced and counted in between, and a text that is nested too deep or grows too much is
shown as it was written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal

import nh3
import pyromark

#: The deepest nesting of elements.
MAX_DEPTH = 64
#: How much longer than the text its HTML may be: so many times, and so many characters.
MAX_GROWTH, ALLOWANCE = 10, 2_000
#: The most references of one text that are looked up, and that become links.
MAX_REFERENCES, MAX_LINKS = 50, 100
OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
)
VOID_TAGS = frozenset({"br", "hr", "img", "input"})
TAGS = VOID_TAGS | {
    "a", "abbr", "b", "blockquote", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h1",
    "h2", "h3", "h4", "h5", "h6", "i", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp",
    "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "u", "ul", "var",
}  # fmt: skip
INLINE_TAGS = frozenset({
    "a", "abbr", "b", "br", "code", "del", "em", "i", "img", "ins", "kbd", "q", "s", "samp",
    "small", "span", "strong", "sub", "sup", "u", "var",
})  # fmt: skip
LINK_RELATION = "nofollow noopener noreferrer"
SANITIZER = nh3.Cleaner(
    tags=set(TAGS),
    attributes={
        # Instead of ammonia's own.
        "*": set(),
        "a": {"href", "title"},
        "abbr": {"title"},
        "details": {"open"},
        "img": {"src", "alt", "title", "width", "height"},
        "input": {"checked"},
        "ol": {"start"},
        # `balance` lets languages pass only.
        "code": {"class"},
        "td": {"align", "colspan", "rowspan", "style"},
        "th": {"align", "colspan", "rowspan", "style"},
    },
    tag_attribute_values={
        "input": {"type": {"checkbox"}, "disabled": {""}},
        "img": {"loading": {"lazy"}, "referrerpolicy": {"no-referrer"}},
    },
    filter_style_properties={"text-align"},
    url_schemes={"http", "https", "mailto"},
    link_rel=LINK_RELATION,
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
#: What a text, in HTML, may refer to. An entity is skipped as a whole.
REFERENCE = re.compile(
    r"&#?\w+;"
    r"|(?<![\w/@.-])(?:(?P<key>[A-Z][A-Z0-9]{0,9}-[1-9][0-9]{0,8})(?![\w-])"
    r"|@(?P<handle>[A-Za-z0-9](?:[A-Za-z0-9._\[\]-]{0,62}[A-Za-z0-9\]])?)"
    r"|(?P<url>https?://(?:[^\s<>&]|&amp;)+))"
)
#: The language of a block of code, as the renderer writes it.
CODE_LANGUAGE = re.compile(r'<code class="language-[\w+#.-]+">')


@dataclass(frozen=True)
class Reference:
    """The key of a task, or the handle of a user, that a text mentions."""

    kind: Literal["key", "handle"]
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "key" else f"@{self.name}"


@dataclass
class Found:
    """The references of a text that become links."""

    references: set[Reference] = field(default_factory=set)
    links: int = 0

    def add(self, reference: Reference) -> bool:
        """Whether there is room for another link."""
        is_new = reference not in self.references
        if self.links >= MAX_LINKS or (is_new and len(self.references) >= MAX_REFERENCES):
            return False
        self.references.add(reference)
        self.links += 1
        return True


#: Safe HTML, with the references that may become links.
Parts = list[str | Reference]


def render_markdown(text: str) -> Parts:
    """Return a text in Markdown as safe HTML."""
    html = pyromark.html(text, options=OPTIONS)
    longest = MAX_GROWTH * len(text) + ALLOWANCE
    balanced = balance(html) if len(html) <= longest else None
    safe = None if balanced is None else SANITIZER.clean(balanced)
    if safe is None or len(safe) > 2 * longest:
        return [f"<pre>{escape(text)}</pre>"]
    return list(parts_of(safe))


def balance(html: str) -> str | None:
    """Return HTML whose elements are known and closed; show other tags as text.

    Line breaks within a paragraph become elements. Return None if elements are nested too deep.
    """
    pieces: list[str] = []
    #: The open elements, with the places of their tags in `pieces`.
    opened: list[tuple[str, int]] = []
    at, last_comment, after_inline = 0, html.rfind("-->"), False
    while (start := html.find("<", at)) >= 0:
        tag = TAG.match(html, start)
        name = "" if tag is None else tag["name"].lower()
        is_inline = name in INLINE_TAGS or name not in TAGS
        between = html[at:start]
        is_verbatim = any(element == "pre" for element, _ in opened)
        pieces.append(between if is_verbatim else break_lines(between, after_inline, is_inline))
        after_inline = is_inline
        if html.startswith("<!--", start) and start + 4 <= last_comment:
            at = html.index("-->", start + 4) + 3
            continue
        if tag is None:
            pieces.append("&lt;")
            at = start + 1
            continue
        at = tag.end()
        if name not in TAGS:
            pieces.append(escape(tag[0]))
        elif not tag["end"]:
            if name not in VOID_TAGS:
                opened.append((name, len(pieces)))
            pieces.append(_opening(name, tag[0]))
            if len(opened) > MAX_DEPTH:
                return None
        elif any(name == other for other, _ in opened):
            while (closing := opened.pop())[0] != name:
                _show_as_text(pieces, closing[1])
            pieces.append(f"</{name}>")
        elif name not in VOID_TAGS:
            pieces.append(escape(tag[0]))
    pieces.append(break_lines(html[at:], after_inline, False))
    for _, place in opened:
        _show_as_text(pieces, place)
    return "".join(pieces)


def break_lines(text: str, after_inline: bool, before_inline: bool) -> str:
    """Make the line breaks of a text elements, except those next to a block."""
    if "\n" not in text:
        return text
    lines = text.split("\n")
    has_start = bool(lines[0].strip()) or after_inline
    has_end = bool(lines[-1].strip()) or before_inline
    broken = [lines[0]]
    for place, line in enumerate(lines[1:], start=1):
        is_inside = (place > 1 or has_start) and (place < len(lines) - 1 or has_end)
        broken.append(f"<br>\n{line}" if is_inside else f"\n{line}")
    return "".join(broken)


def _opening(name: str, tag: str) -> str:
    """Return the tag of an element with the attributes that it always has."""
    if name == "code":
        return tag if CODE_LANGUAGE.fullmatch(tag) else "<code>"
    return FIXED_TAGS.get(name, f"<{name}") + tag[1 + len(name) :]


def _show_as_text(pieces: list[str], place: int) -> None:
    """Show a tag that is never closed as text."""
    pieces[place] = escape(pieces[place])


def parts_of(safe: str) -> Iterator[str | Reference]:
    """Split safe HTML at its references. Those in links and code are none."""
    verbatim, found = 0, Found()
    for place, piece in enumerate(SANITIZED_TAG.split(safe)):
        if place % 2:
            tag = VERBATIM.match(piece)
            verbatim += 0 if tag is None else -1 if tag[1] else 1
            yield piece
        elif verbatim or not piece:
            yield piece
        else:
            yield from _split(piece, found)


def _split(text: str, found: Found) -> Iterator[str | Reference]:
    at = 0
    for match in REFERENCE.finditer(text):
        if match["url"] is not None:
            url = trimmed(match["url"])
            yield text[at : match.start()]
            yield f'<a href="{url.replace(chr(34), "&quot;")}" rel="{LINK_RELATION}">{url}</a>'
            at = match.start() + len(url)
            continue
        if match.lastgroup is None:
            continue
        kind: Any = match.lastgroup
        reference = Reference(kind, match[kind])
        if not found.add(reference):
            continue
        yield text[at : match.start()]
        yield reference
        at = match.end()
    yield text[at:]


def trimmed(url: str) -> str:
    """Return a URL in a sentence without the punctuation that follows it."""
    while True:
        shorter = url.removesuffix("&amp;").rstrip("?!.,:*_~'\"")
        if shorter.endswith(")") and shorter.count(")") > shorter.count("("):
            shorter = shorter[:-1]
        if shorter == url:
            return url
        url = shorter
