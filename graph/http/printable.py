"""Text that is safe to print: without characters that control a terminal or forge a line."""

import re

#: C0 and C1 control characters, DEL, line separators, marks that change the direction of text, and
#: unpaired surrogates, which cannot be encoded.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return a text as one line, with escapes such as \\x1b for characters that are not printed."""
    return _UNPRINTABLE.sub(lambda found: _escape(found[0]), text)


def printable_lines(text: str) -> str:
    """Return a text with its line breaks and tabs; escape other characters as `printable` does."""
    return _UNPRINTABLE.sub(
        lambda found: found[0] if found[0] in "\n\t" else _escape(found[0]), text
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
