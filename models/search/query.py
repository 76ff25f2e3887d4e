"""Search queries: their syntax, and the condition they become in each database.

Words are runs of letters and digits. Matching is case-insensitive, keeps accents and does no
stemming. `models.search.indexes` describes the indexes that answer the queries.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    Double,
    Float,
    Integer,
    Numeric,
    Select,
    Text,
    and_,
    cast,
    collate,
    column,
    func,
    literal,
    literal_column,
    not_,
    select,
    table,
    text,
    true,
)
from sqlalchemy.dialects import mysql

from models.columns.types import UNICODE_COLLATION
from models.search.indexes import INDEXED_LENGTH

#: The most words of a query.
MAX_WORDS = 20
#: The most prefixes of a query. Each matches all words that begin with it.
MAX_PREFIXES = 5
#: The cost of a word and of a prefix, in the unit of an operation's cost.
WORD_COST, PREFIX_COST = 2, 20
#: By default, InnoDB's FULLTEXT indexes leave out words of fewer characters.
MARIADB_SHORTEST = 3
#: The most hits of each kind that are ranked.
MAX_RANKED = 5000

#: Unicode's categories of letters, marks and decimal digits.
_WORD_CATEGORIES = {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"}


class SearchError(ValueError):
    """An invalid search query. The message says what to do."""


@dataclass(frozen=True)
class SearchTerm:
    """A word, a phrase of several words, or a prefix of a word."""

    words: tuple[str, ...]
    excluded: bool = False
    prefix: bool = False


@dataclass(frozen=True)
class SearchQuery:
    """A parsed query. It matches texts with all of its wanted terms and no excluded one."""

    terms: tuple[SearchTerm, ...]

    @classmethod
    def parse(cls, query: str) -> "SearchQuery | None":
        """Parse words, "phrases", -exclusions and prefix*; None if there are no words.

        Raise `SearchError` if every term is excluded or there are too many words.
        """
        terms = []
        for sign, phrase, word in re.findall(r'(-?)(?:"([^"]*)"|([^\s"]+))', query):
            words = _words(phrase or word)
            if words:
                terms.append(SearchTerm(words, bool(sign), not phrase and word.endswith("*")))
        if not terms:
            return None
        if all(term.excluded for term in terms):
            raise SearchError("enter at least one word to search for.")
        if sum(len(term.words) for term in terms) > MAX_WORDS:
            raise SearchError(f"enter at most {MAX_WORDS} words.")
        if sum(term.prefix for term in terms) > MAX_PREFIXES:
            raise SearchError(f"enter at most {MAX_PREFIXES} prefixes, such as `data*`.")
        return cls(tuple(terms))

    @property
    def wanted(self) -> list[SearchTerm]:
        """The terms that are not excluded."""
        return [term for term in self.terms if not term.excluded]

    @property
    def pattern(self) -> str:
        """A regular expression for the wanted terms.

        PostgreSQL, MariaDB and Python read it alike. Words consist of letters, marks and digits,
        which need no escaping.
        """
        terms = (
            r"[\W_]+".join(term.words) + (r"[^\W_]*" if term.prefix else r"(?![^\W_])")
            for term in self.wanted
        )
        return rf"(?i)(?<![^\W_])(?:{'|'.join(terms)})"

    @property
    def loose_pattern(self) -> str:
        """A regular expression for each word of the wanted terms, also within longer words."""
        words = {word for term in self.wanted for word in term.words}
        return f"(?i)(?:{'|'.join(sorted(words, key=len, reverse=True))})"

    def to_tsquery(self) -> str:
        """Return the query for PostgreSQL's to_tsquery."""
        parts = []
        for term in self.terms:
            lexemes = [f"'{word}'" for word in term.words]
            lexemes[-1] += ":*" if term.prefix else ""
            parts.append(f"{'!' if term.excluded else ''}({' <-> '.join(lexemes)})")
        return " & ".join(parts)

    def to_fts5(self) -> str:
        """Return the query for SQLite's MATCH."""

        def quoted(term: SearchTerm) -> str:
            return f'"{" ".join(term.words)}"{" *" if term.prefix else ""}'

        wanted = " AND ".join(quoted(term) for term in self.wanted)
        excluded = " ".join(f"NOT {quoted(term)}" for term in self.terms if term.excluded)
        return f"({wanted}) {excluded}".strip()

    def to_boolean_mode(self) -> str:
        """Return the query for MariaDB's AGAINST … IN BOOLEAN MODE, without its short terms."""
        parts = []
        for term in self.terms:
            if self.is_short(term):
                continue
            sign = "-" if term.excluded else "+"
            word = f"{term.words[0]}*" if term.prefix and len(term.words) == 1 else None
            parts.append(sign + (word or f'"{" ".join(term.words)}"'))
        return " ".join(parts)

    @staticmethod
    def is_short(term: SearchTerm) -> bool:
        """Whether MariaDB's index cannot find the term: a short word, or a phrase's prefix."""
        return any(len(word) < MARIADB_SHORTEST for word in term.words) or (
            term.prefix and len(term.words) > 1
        )


def search_cost(query: object) -> int:
    """Return the cost of searching for a query, which need not be valid."""
    if not isinstance(query, str):
        return 0
    # Longer queries are refused.
    words = query[:1_000].split()
    return WORD_COST * len(words) + PREFIX_COST * sum("*" in word for word in words)


def _words(text: str) -> tuple[str, ...]:
    """Split a text into its runs of letters, marks and digits, in lowercase.

    Databases convert one letter into one: İ into i, and a final Σ as any other.
    """
    letters = (
        letter.lower()[0] if unicodedata.category(letter) in _WORD_CATEGORIES else " "
        for letter in text
    )
    return tuple("".join(letters).split())


def matching_rows(
    rows: Select[Any], name: str, query: SearchQuery, kind: str
) -> tuple[Select[Any], Any]:
    """Restrict `rows` of the table `name` to the matches of a query.

    `kind` is the database's. Returns the rows and the expression of their score: the higher, the
    better the match.
    """
    if kind == "postgresql":
        return _matches_of_tsvector(rows, name, query)
    if kind == "sqlite":
        return _matches_of_fts5(rows, name, query)
    return _matches_of_fulltext(rows, name, query)


def first_match(column: Any, query: SearchQuery, kind: str) -> Any:
    """Return the place of the first match in a text, from 1 on; 1 also if there is none.

    A match is a wanted term or, in a text without one, a part of it.
    """
    if kind == "postgresql":
        # The index has no more, and the column's own collation knows only ASCII letters.
        column = collate(func.left(column, INDEXED_LENGTH), UNICODE_COLLATION)
    if kind != "sqlite":
        # As in the index: ignoring case would not let i match İ. ICU's LOWER makes two characters
        # of it, which would move the place.
        column = func.lower(func.replace(column, "İ", "i"))
    places = (func.regexp_instr(column, each) for each in (query.pattern, query.loose_pattern))
    found = (func.nullif(place, 0, type_=Integer) for place in places)
    return func.coalesce(*found, 1, type_=Integer)


def _matches_of_tsvector(
    rows: Select[Any], name: str, query: SearchQuery
) -> tuple[Select[Any], Any]:
    vector: Any = literal_column(f"{name}.search")
    tsquery = func.to_tsquery(text("'simple'"), query.to_tsquery())
    matches = rows.where(vector.op("@@", return_type=Boolean)(tsquery))
    score = func.ts_rank(vector, tsquery)
    return matches, cast(func.round(cast(score, Numeric), 6), Double)


def _matches_of_fts5(rows: Select[Any], name: str, query: SearchQuery) -> tuple[Select[Any], Any]:
    index = table(f"{name}_search", column("rowid"), column("rank"))
    numbers = table("search_documents", column("number"), column("id"))
    match = literal_column(f"{name}_search").op("MATCH", return_type=Boolean)
    hits = select(index.c.rowid, index.c.rank).where(match(query.to_fts5()))
    # LIMIT -1 is no limit, but keeps SQLite from merging the subquery into the outer query, which
    # would search the index again for each row.
    matched = hits.limit(-1).subquery("matched")
    rows = rows.join(numbers, numbers.c.id == literal_column(f"{name}.id"))
    rows = rows.join(matched, matched.c.rowid == numbers.c.number)
    return rows, func.round(-matched.c.rank, 6, type_=Float)


def _matches_of_fulltext(
    rows: Select[Any], name: str, query: SearchQuery
) -> tuple[Select[Any], Any]:
    vector = literal_column(f"{name}.search", Text)
    conditions = [_regexp(vector, term) for term in query.terms if query.is_short(term)]
    # In boolean mode, a query of excluded words alone matches nothing.
    if "+" in (indexed := query.to_boolean_mode()):
        match = mysql.match(vector, against=indexed).in_boolean_mode()
        # A FLOAT in a cursor would not compare equal to the value that was read.
        return rows.where(match, *conditions), cast(match, Numeric(18, 6))
    conditions += [_regexp(vector, term) for term in query.terms if not query.is_short(term)]
    return rows.where(and_(true(), *conditions)), literal(0.0)


def _regexp(vector: Any, term: SearchTerm) -> Any:
    """The condition for a term that MariaDB's index cannot find."""
    pattern = r"[^[:alnum:]]+".join(re.escape(word) for word in term.words)
    end = "" if term.prefix else "([^[:alnum:]]|$)"
    matches = vector.op("REGEXP", return_type=Boolean)(f"(^|[^[:alnum:]]){pattern}{end}")
    return not_(matches) if term.excluded else matches
