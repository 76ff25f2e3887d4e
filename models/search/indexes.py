"""The indexes that search uses, which no model describes.

PostgreSQL has generated tsvector columns with GIN indexes. SQLite has FTS5 tables that triggers
keep up to date. MariaDB has generated lowercase columns with FULLTEXT indexes.
"""

from sqlalchemy import Connection

from models.columns.types import UNICODE_COLLATION

#: The columns that search reads, by table.
_INDEXED = {"tasks": ("title", "body"), "comments": ("body",)}

#: The characters of a text that PostgreSQL indexes: a tsvector is at most 1 MB.
INDEXED_LENGTH = 100_000

#: A collation whose LOWER knows all letters of Unicode: PostgreSQL's own from version 17 on, else
#: one of ICU, else one of the operating system.
_CREATE_COLLATION = f"""
DO $$ DECLARE known text; BEGIN
  SELECT collname INTO known FROM pg_collation
  WHERE collname IN ('pg_c_utf8', 'und-x-icu', 'C.utf8')
  ORDER BY array_position(ARRAY['pg_c_utf8', 'und-x-icu', 'C.utf8'], collname::text) LIMIT 1;
  IF known IS NULL THEN
    RAISE EXCEPTION 'This PostgreSQL has no Unicode collation: use a build with ICU';
  END IF;
  EXECUTE format('CREATE COLLATION {UNICODE_COLLATION} FROM %I', known);
END $$
"""

#: Quoted for SQL: the apostrophe is doubled.
_PUNCTUATION = "!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~"
_SPACES = " " * len(_PUNCTUATION.replace("''", "'"))


def _vector(column_name: str, weight: str) -> str:
    plain = f"translate(left({column_name}, {INDEXED_LENGTH}), '{_PUNCTUATION}', '{_SPACES}')"
    return (
        f"setweight(to_tsvector('simple', lower({plain} COLLATE {UNICODE_COLLATION})), '{weight}')"
    )


def create_search_indexes(connection: Connection) -> None:
    """Create the indexes, including the rows that exist already."""
    for statement in _STATEMENTS[connection.dialect.name]():
        connection.exec_driver_sql(statement)


def drop_search_indexes(connection: Connection) -> None:
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
    statements = [_CREATE_COLLATION]
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
    # A row's number in the index is stored, because VACUUM may change the tables' rowids.
    statements = [
        "CREATE TABLE search_documents (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE)"
    ]
    for name, columns in _INDEXED.items():
        index, names = f"{name}_search", ", ".join(columns)
        old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("old", "new"))
        number = "(SELECT number FROM search_documents WHERE id = {}.id)"
        add = f"INSERT INTO {index} (rowid, {names}) VALUES ({number.format('new')}, {new});"
        remove = (
            f"INSERT INTO {index} ({index}, rowid, {names}) "
            f"VALUES ('delete', {number.format('old')}, {old});"
        )
        statements += [
            f"CREATE VIRTUAL TABLE {index} USING fts5({names}, content='', "
            "tokenize='unicode61 remove_diacritics 0')",
            f"CREATE TRIGGER {index}_insert AFTER INSERT ON {name} BEGIN "
            f"INSERT INTO search_documents (id) VALUES (new.id); {add} END",
            f"CREATE TRIGGER {index}_update AFTER UPDATE OF {names} ON {name} BEGIN "
            f"{remove} {add} END",
            f"CREATE TRIGGER {index}_delete AFTER DELETE ON {name} BEGIN "
            f"{remove} DELETE FROM search_documents WHERE id = old.id; END",
            f"INSERT INTO search_documents (id) SELECT id FROM {name}",
            f"INSERT INTO {index} (rowid, {names}) SELECT search_documents.number, {names} "
            f"FROM {name} JOIN search_documents USING (id)",
        ]
        if len(columns) == 2:
            # A match in the title counts ten times as much as one in the body.
            statements.append(
                f"INSERT INTO {index} ({index}, rank) VALUES ('rank', 'bm25(10.0, 1.0)')"
            )
    return statements


_STATEMENTS = {"postgresql": _postgresql, "mysql": _mysql, "sqlite": _sqlite}


def belongs_to_search(name: str | None) -> bool:
    """Whether a table, an index or a column of this name is part of search."""
    return name is not None and (name == "search_documents" or "search" in name.split("_"))
