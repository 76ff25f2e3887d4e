"""Rules for column values, beyond their types.

A column declares its rule with `mapped_column(…, info=with_rule(COLOR))`. Every write checks it
with `rule_violation`.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Text

from models.columns.types import is_text
from models.limits import LIMITS

_RULE = "rule"
_NULL_OR_SURROGATE = re.compile("[\0\ud800-\udfff]")
_LINE_BREAK_OR_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class ColumnRule:
    """A condition that each value meets unless it is null, and the error message if not.

    The message is a sentence without a capital letter and a period. `canonical` returns the form of
    a value that is stored, if it has several.
    """

    holds: Callable[[Any], bool]
    wording: str
    canonical: Callable[[Any], Any] | None = None


COLOR = ColumnRule(
    lambda value: re.fullmatch("#[0-9a-f]{6}", value) is not None,
    "a color is # and six lowercase hexadecimal digits, such as #5e6ad2",
)
#: The default color.
GRAY = "#8a8f98"
#: The range of timestamps that all databases can store and PostgreSQL does not read as infinity.
FIRST_MOMENT = datetime(1000, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(9999, 12, 31, tzinfo=UTC)
MAX_POSITION = 1_000_000
POSITION = ColumnRule(
    lambda value: 0 <= value <= MAX_POSITION,
    f"it must be a whole number from 0 to {MAX_POSITION:,}",
)
WEB_URL = ColumnRule(
    lambda value: re.fullmatch(r"https?://[^\s/?#@<>\"'\\]+([/?#][^\s<>\"]*)?", value) is not None,
    "it must be an http or https URL",
)
NOT_NEGATIVE = ColumnRule(
    lambda value: 0 <= value <= 1e9, "it must be a number from 0 to 1,000,000,000"
)


def with_rule(rule: ColumnRule) -> dict[Any, Any]:
    """Return the `info` of a column with a rule."""
    return {_RULE: rule}


def normalize(column: Column[Any], value: Any) -> Any:
    """Return a value as it is stored: a line of text without surrounding whitespace."""
    if is_single_line(column) and isinstance(value, str):
        value = value.strip()
    return canonical(column, value)


def canonical(column: Column[Any], value: Any) -> Any:
    """Return the form of a value that a column stores, for a value with several forms."""
    rule: ColumnRule | None = column.info.get(_RULE)
    if rule is None or rule.canonical is None or value is None:
        return value
    return rule.canonical(value)


def rule_violation(column: Column[Any], value: Any) -> str | None:
    """Return what is wrong with a value that is not null, or None if the column can store it."""
    if isinstance(value, str):
        if _NULL_OR_SURROGATE.search(value):
            return "it must not contain null characters or unpaired surrogates"
        if is_single_line(column) and _LINE_BREAK_OR_CONTROL.search(value):
            return "it must be one line, without line breaks, tabs or control characters"
        longest = getattr(column.type, "length", None) or LIMITS.text_length
        if len(value) > longest:
            return f"it must have at most {longest:,} characters, not {len(value):,}"
    if isinstance(value, datetime) and not FIRST_MOMENT <= value < LAST_MOMENT:
        return "its year must be from 1000 to 9999"
    rule: ColumnRule | None = column.info.get(_RULE)
    return None if rule is None or rule.holds(value) else rule.wording


def is_missing(column: Column[Any], value: Any) -> bool:
    """Whether a required column gets no value: null, or a text without visible characters."""
    if value is None:
        return not column.nullable
    needs_text = not column.nullable and column.default is None
    return isinstance(value, str) and needs_text and not has_visible_text(value)


def value_problem(column: Column[Any], value: Any) -> str | None:
    """Return what is wrong with a value, which may also be missing; None if nothing is."""
    if is_missing(column, value):
        return "it cannot be empty"
    return None if value is None else rule_violation(column, value)


def has_visible_text(text: str) -> bool:
    """Whether a text has a letter, a digit, a punctuation mark or a symbol."""
    # Each character once: looking at all of a long text would take most of a second.
    return any(map(_is_visible, set(text)))


def _is_visible(character: str) -> bool:
    category = unicodedata.category(character)
    # Unassigned: a later version of Unicode than Python's may have assigned it, to an emoji say.
    is_noncharacter = ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef"
    is_unassigned = category == "Cn" and not is_noncharacter
    return is_unassigned or category[0] in "LNPS"


def is_single_line(column: Column[Any]) -> bool:
    """Whether a column holds text that cannot have line breaks."""
    return is_text(column) and not isinstance(column.type, Text)
