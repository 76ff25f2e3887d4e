"""What a column's values must be, beyond their type: true for any caller.

A column carries its rule (`mapped_column(…, info=with_rule(COLOR))`); `rule_violation` checks it.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Enum, String, Text

#: The most characters of a text without a bound of its own.
MAX_PROSE = 1_000_000

_RULE = "rule"
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")
_NO_LINE = re.compile("[\x00-\x1f\x7f\u2028\u2029]")


@dataclass(frozen=True)
class ColumnRule:
    """What holds of each value that is not null, and how to say so."""

    holds: Callable[[Any], bool]
    wording: str


COLOR = ColumnRule(
    lambda given: re.fullmatch("#[0-9a-f]{6}", given) is not None,
    "a color is # and six small hexadecimal digits, as #5e6ad2",
)
#: The color of what was given none.
GRAY = "#8a8f98"
#: What all databases can hold, and PostgreSQL does not take for infinity.
FIRST_MOMENT = datetime(1000, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(9999, 12, 31, tzinfo=UTC)
MAX_POSITION = 1_000_000
POSITION = ColumnRule(
    lambda given: 0 <= given <= MAX_POSITION, f"it is a whole number from 0 to {MAX_POSITION:,}"
)
NOT_NEGATIVE = ColumnRule(lambda given: 0 <= given <= 1e9, "it is a number from 0 to 1,000,000,000")


def with_rule(rule: ColumnRule) -> dict[Any, Any]:
    """The `info` of a column with a rule."""
    return {_RULE: rule}


def normalize(column: Column[Any], value: Any) -> Any:
    """A value as it is stored: a line of text without space around it."""
    return value.strip() if is_single_line(column) and isinstance(value, str) else value


def rule_violation(column: Column[Any], value: Any) -> str | None:
    """What is wrong with a value for a column, which is not null; null where it is right."""
    if isinstance(value, str):
        if _NO_CHARACTER.search(value):
            return "it holds a character that is none: a null or half a surrogate pair"
        if is_single_line(column) and _NO_LINE.search(value):
            return "it is one line, without line breaks, tabs or control characters"
        longest = getattr(column.type, "length", None) or MAX_PROSE
        if len(value) > longest:
            return f"it has at most {longest:,} characters, not {len(value):,}"
    if isinstance(value, datetime) and not FIRST_MOMENT <= value < LAST_MOMENT:
        return "it is in a year from 1000 to 9999"
    rule: ColumnRule | None = column.info.get(_RULE)
    return None if rule is None or rule.holds(value) else rule.wording


def has_visible_text(text: str) -> bool:
    """Whether a text has anything to see: a letter, a digit, a mark of punctuation, a symbol."""
    return any(unicodedata.category(letter)[0] in "LNPS" for letter in text)


def is_single_line(column: Column[Any]) -> bool:
    """Whether a column holds one line of text."""
    return isinstance(column.type, String) and not isinstance(column.type, Text | Enum)
