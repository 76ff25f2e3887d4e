"""Full-text search: what a query means, and how each database is asked and kept current.

PostgreSQL has generated columns of tsvector with GIN indexes; SQLite FTS5 tables that triggers
fill; MariaDB generated columns in small letters with FULLTEXT indexes. Words are runs of letters
and digits, small and capital letters are the same, accents are not dropped, nothing is stemmed.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Double,
    Float,
    Numeric,
    Select,
    Text,
    and_,
    cast,
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

#: The most words of a query, and characters of one.
MAX_WORDS = 20
#: Shorter words are in no FULLTEXT index of InnoDB, unless the server is told otherwise.
MARIADB_SHORTEST = 3
#: Of more hits than these, these many are ranked.
MAX_RANKED = 5000


class SearchError(ValueError):
    """A query that asks for nothing; the message says what to do."""


@dataclass(frozen=True)
class SearchTerm:
    """One word, several that follow one another, or the beginning of a word."""

    words: tuple[str, ...]
    excluded: bool = False
    prefix: bool = False


@dataclass(frozen=True)
class SearchQuery:
    """What is searched for: all that is not excluded, and nothing that is."""

    terms: tuple[SearchTerm, ...]

    @classmethod
    def parse(cls, given: str) -> "SearchQuery":
        """Reads words, "phrases", -exclusions and prefix*."""
        terms = []
        for sign, phrase, word in re.findall(r'(-?)(?:"([^"]*)"|([^\s"]+))', given):
            words = _words((phrase or word).lower())
            if words:
                terms.append(SearchTerm(words, bool(sign), not phrase and word.endswith("*")))
        if not any(not term.excluded for term in terms):
            raise SearchError("name at least one word to be found.")
        if sum(len(term.words) for term in terms) > MAX_WORDS:
            raise SearchError(f"at most {MAX_WORDS} words.")
        return cls(tuple(terms))

    @property
    def wanted(self) -> list[SearchTerm]:
        """The terms that must be there."""
        return [term for term in self.terms if not term.excluded]

    def to_tsquery(self) -> str:
        """For PostgreSQL's to_tsquery."""
        parts = []
        for term in self.terms:
            lexemes = [f"'{word}'" for word in term.words]
            lexemes[-1] += ":*" if term.prefix else ""
            parts.append(f"{'!' if term.excluded else ''}({' <-> '.join(lexemes)})")
        return " & ".join(parts)

    def to_fts5(self) -> str:
        """For SQLite's MATCH."""

        def said(term: SearchTerm) -> str:
            return f'"{" ".join(term.words)}"{" *" if term.prefix else ""}'

        wanted = " AND ".join(said(term) for term in self.wanted)
        excluded = " ".join(f"NOT {said(term)}" for term in self.terms if term.excluded)
        return f"({wanted}) {excluded}".strip()

    def to_boolean_mode(self) -> str:
        """For MariaDB's AGAINST … IN BOOLEAN MODE: what its index has."""
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
        """Whether MariaDB's index does not have the term."""
        return any(len(word) < MARIADB_SHORTEST for word in term.words) or (
            term.prefix and len(term.words) > 1
        )


def _words(given: str) -> tuple[str, ...]:
    """The runs of letters, with their marks, and of digits."""
    kept = (letter if unicodedata.category(letter) in _IN_WORDS else " " for letter in given)
    return tuple("".join(kept).split())


#: Letters, marks and decimal digits, as Unicode calls them.
_IN_WORDS = {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"}


def matching_rows(
    rows: Select[Any], name: str, query: SearchQuery, kind: str
) -> tuple[Select[Any], Any]:
    """Those of `rows`, of the table `name`, that a query finds, and how well each fits."""
    if kind == "postgresql":
        vector: Any = literal_column(f"{name}.search")
        asked = func.to_tsquery(text("'simple'"), query.to_tsquery())
        score = func.ts_rank(vector, asked)
        found = rows.where(vector.op("@@", return_type=Boolean)(asked))
        return found, cast(func.round(cast(score, Numeric), 6), Double)
    if kind == "sqlite":
        index = table(f"{name}_search", column("rowid"), column("rank"))
        numbers = table("search_documents", column("number"), column("id"))
        matches = literal_column(f"{name}_search").op("MATCH", return_type=Boolean)
        found = select(index.c.rowid, index.c.rank).where(matches(query.to_fts5()))
        # A limit that is none keeps the index from being asked anew for each row.
        matched = found.limit(-1).subquery("matched")
        rows = rows.join(numbers, numbers.c.id == literal_column(f"{name}.id"))
        rows = rows.join(matched, matched.c.rowid == numbers.c.number)
        return rows, func.round(-matched.c.rank, 6, type_=Float)
    vector = literal_column(f"{name}.search", Text)
    conditions = [_whole_words(vector, term) for term in query.terms if query.is_short(term)]
    if "+" in (indexed := query.to_boolean_mode()):
        # In boolean mode what is only excluded finds nothing.
        match = mysql.match(vector, against=indexed).in_boolean_mode()
        # A FLOAT would not compare equal to what it was read as.
        return rows.where(match, *conditions), cast(match, Numeric(18, 6))
    conditions += [_whole_words(vector, term) for term in query.terms if not query.is_short(term)]
    return rows.where(and_(true(), *conditions)), literal(0.0)


def _whole_words(vector: Any, term: SearchTerm) -> Any:
    """A condition on words that MariaDB's index does not have."""
    pattern = r"[^[:alnum:]]+".join(re.escape(word) for word in term.words)
    end = "" if term.prefix else "([^[:alnum:]]|$)"
    found = vector.op("REGEXP", return_type=Boolean)(f"(^|[^[:alnum:]]){pattern}{end}")
    return not_(found) if term.excluded else found


#: Made of PostgreSQL's own tables where it has them, from version 17 on, else of ICU's, else of
#: the system's.
_MAKE_LETTERS = f"""
DO $$ DECLARE known text; BEGIN
  SELECT collname INTO known FROM pg_collation
  WHERE collname IN ('pg_c_utf8', 'und-x-icu', 'C.utf8')
  ORDER BY array_position(ARRAY['pg_c_utf8', 'und-x-icu', 'C.utf8'], collname::text) LIMIT 1;
  IF known IS NULL THEN
    RAISE EXCEPTION 'This PostgreSQL has no collation that knows all letters: take one with ICU';
  END IF;
  EXECUTE format('CREATE COLLATION {UNICODE_COLLATION} FROM %I', known);
END $$
"""

_PUNCTUATION = "!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~"
_SPACES = " " * len(_PUNCTUATION.replace("''", "'"))


def _vector(column_name: str, weight: str) -> str:
    # A tsvector holds at most a megabyte; what is far down in a text is not found by it.
    plain = f"translate(left({column_name}, 100000), '{_PUNCTUATION}', '{_SPACES}')"
    return (
        f"setweight(to_tsvector('simple', lower({plain} COLLATE {UNICODE_COLLATION})), '{weight}')"
    )


_INDEXED = {"tasks": ("title", "body"), "comments": ("body",)}


def create_search(connection: Connection) -> None:
    """Makes the indexes of search, over the rows that are there too."""
    for statement in _STATEMENTS[connection.dialect.name]():
        connection.exec_driver_sql(statement)


def drop_search(connection: Connection) -> None:
    """Takes the indexes of search away."""
    for name in _INDEXED:
        if connection.dialect.name == "sqlite":
            for event in ("insert", "update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER {name}_search_{event}")
            connection.exec_driver_sql(f"DROP TABLE {name}_search")
        else:
            where = f" ON {name}" if connection.dialect.name == "mysql" else ""
            connection.exec_driver_sql(f"DROP INDEX ix_{name}_search{where}")
            connection.exec_driver_sql(f"ALTER TABLE {name} DROP COLUMN search")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TABLE search_documents")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP COLLATION {UNICODE_COLLATION}")


def _postgresql() -> list[str]:
    statements = [_MAKE_LETTERS]
    for name, columns in _INDEXED.items():
        weights = ("A", "B") if len(columns) == 2 else ("B",)
        vector = " || ".join(map(_vector, columns, weights))
        statements += [
            f"ALTER TABLE {name} ADD COLUMN search tsvector GENERATED ALWAYS AS ({vector}) STORED",
            f"CREATE INDEX ix_{name}_search ON {name} USING gin (search)",
        ]
    return statements


def _mysql() -> list[str]:
    statements = ["SET SESSION innodb_ft_enable_stopword = OFF"]
    for name, columns in _INDEXED.items():
        separator = ", ' ', "
        words = f"CONCAT({separator.join(columns)})" if len(columns) > 1 else columns[0]
        plain = f"LOWER(REPLACE(REPLACE({words}, '_', ' '), '''', ' '))"
        statements += [
            f"ALTER TABLE {name} ADD COLUMN search LONGTEXT GENERATED ALWAYS AS ({plain}) STORED",
            f"CREATE FULLTEXT INDEX ix_{name}_search ON {name} (search)",
        ]
    return statements


def _sqlite() -> list[str]:
    # Not the tables' own rowids: VACUUM may change those.
    statements = [
        "CREATE TABLE search_documents (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE)"
    ]
    for name, columns in _INDEXED.items():
        index, names = f"{name}_search", ", ".join(columns)
        of_old, of_new = (", ".join(f"{row}.{one}" for one in columns) for row in ("old", "new"))
        number = "(SELECT number FROM search_documents WHERE id = {}.id)"
        add = f"INSERT INTO {index} (rowid, {names}) VALUES ({number.format('new')}, {of_new});"
        take = (
            f"INSERT INTO {index} ({index}, rowid, {names}) "
            f"VALUES ('delete', {number.format('old')}, {of_old});"
        )
        statements += [
            f"CREATE VIRTUAL TABLE {index} USING fts5({names}, content='', "
            "tokenize='unicode61 remove_diacritics 0')",
            f"CREATE TRIGGER {index}_insert AFTER INSERT ON {name} BEGIN "
            f"INSERT INTO search_documents (id) VALUES (new.id); {add} END",
            f"CREATE TRIGGER {index}_update AFTER UPDATE OF {names} ON {name} BEGIN "
            f"{take} {add} END",
            f"CREATE TRIGGER {index}_delete AFTER DELETE ON {name} BEGIN "
            f"{take} DELETE FROM search_documents WHERE id = old.id; END",
            f"INSERT INTO search_documents (id) SELECT id FROM {name}",
            f"INSERT INTO {index} (rowid, {names}) SELECT search_documents.number, {names} "
            f"FROM {name} JOIN search_documents USING (id)",
        ]
        if len(columns) == 2:
            # A hit in the title counts ten times one in the body.
            statements.append(
                f"INSERT INTO {index} ({index}, rank) VALUES ('rank', 'bm25(10.0, 1.0)')"
            )
    return statements


_STATEMENTS = {"postgresql": _postgresql, "mysql": _mysql, "sqlite": _sqlite}


def belongs_to_search(name: str | None) -> bool:
    """Whether a table, an index or a column is one of search, which no model describes."""
    return name is not None and (name == "search_documents" or "search" in name.split("_"))
