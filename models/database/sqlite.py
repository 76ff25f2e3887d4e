"""Engines for SQLite."""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from models.database.options import (
    AUTOCOMMIT,
    DatabaseError,
    DatabaseOptions,
    display_url,
    engine_arguments,
)
from models.database.sqlite_driver import connect as driver_connect
from models.database.sqlite_timeout import limit_statements

#: The page cache of each connection, in KiB. A write updates many indexes, and pages that do not
#: fit into the writer's cache are written twice.
WRITER_CACHE, READER_CACHE = 65_536, 8_192
#: Characters that `_regexp_instr` searches at once, and the most characters of a match.
SLICE, LONGEST_MATCH = 10_000, 1_000


def create_engine(url: URL, options: DatabaseOptions, *, writes: bool) -> AsyncEngine:
    """Create an engine whose connections are read-only unless `writes`.

    Raise `DatabaseError` if the file cannot be opened.
    """
    _check_file(url)
    arguments = engine_arguments(options)
    if writes:
        # One writer at a time: the others wait for its connection, and get no SQLITE_BUSY.
        arguments |= {"pool_size": 1}
    else:
        arguments |= AUTOCOMMIT
    connect_arguments = {"timeout": options.statement_timeout, "async_creator_fn": driver_connect}
    engine = create_async_engine(url, connect_args=connect_arguments, **arguments)

    def connect(connection: Any, _: ConnectionPoolEntry) -> None:
        # Keep the driver from sending BEGIN: it would do so only before the first write.
        connection.isolation_level = None
        connection.create_function("taskloom_fold", 1, _fold, deterministic=True)
        connection.create_function("regexp_instr", 2, _regexp_instr, deterministic=True)
        cursor = connection.cursor()
        if writes:
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        # A negative size is in KiB, a positive one in pages.
        cursor.execute(f"PRAGMA cache_size = -{WRITER_CACHE if writes else READER_CACHE}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
        cursor.close()

    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "do_connect", _create_private_file)
    event.listen(engine.sync_engine, "connect", connect)
    if writes:
        event.listen(engine.sync_engine, "begin", begin)
    limit_statements(engine.sync_engine, options.statement_timeout)
    return engine


def _check_file(url: URL) -> None:
    """Raise `DatabaseError` if the file cannot be opened for writing.

    Checked before connecting: after a failed connect, the driver's thread may outlive the event
    loop.
    """
    file = Path(url.database or "").absolute()
    reason = ""
    if "uri" in url.query:
        reason = "URIs of SQLite are not supported, use the path of a file"
    elif not file.parent.is_dir():
        reason = f"the folder {file.parent} does not exist"
    elif file.is_dir():
        reason = "it is a folder, not a file"
    elif not os.access(file if file.exists() else file.parent, os.W_OK):
        reason = "it is not writable"
    if reason:
        raise DatabaseError(f"The database {display_url(url)} cannot be reached: {reason}.")


def _create_private_file(_: Any, __: Any, arguments: list[Any], ___: Any) -> None:
    """Create the file, for its owner alone, unless it exists.

    SQLite would create it with the mode that the umask allows. It gives the mode of the file to the
    write-ahead log and to the shared memory next to it.
    """
    # An existing file must not even be opened: closing it would release the locks of this process.
    with suppress(FileExistsError):
        os.close(os.open(arguments[0], os.O_CREAT | os.O_EXCL, 0o600))


def _fold(text: str | None) -> str | None:
    """Return a text in lowercase. SQLite's LOWER converts only ASCII letters."""
    if text is None:
        return None
    if "Σ" not in text:
        return text.lower()
    # One character at a time, as the other databases do: `str.lower` of a whole text turns a
    # final Σ into ς.
    return "".join(map(str.lower, text))


def _regexp_instr(text: str, pattern: str) -> int:
    """Return the place of the first match of a pattern, from 1 on; 0 if there is none.

    The other databases have this function. Python searches slice by slice, because no other thread
    runs during a search.
    """
    compiled = re.compile(pattern)
    for start in range(0, len(text), SLICE):
        found = compiled.search(text, start, start + SLICE + LONGEST_MATCH)
        # A match that begins after the slice is found by the next one.
        if found is not None and found.start() < start + SLICE:
            return found.start() + 1
    return 0
