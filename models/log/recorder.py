"""How the log is kept: every commit of a writing session tells what it changed.

A session of `Database.writes` notes, at each flush, what the flush does to rows that are
`Logged`; before it commits, each noted row becomes one `Change`. The numbers come from the
workspace's own row, whose lock is held until the commit: that is what makes them run without
a gap in the order of commit, so that whoever has read up to a number has missed nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, event, func, insert, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified, set_committed_value
from sqlalchemy.orm.util import identity_key

from models.base import Base, now, table_of
from models.columns.types import Timestamp
from models.log.change import Change, ChangeKind
from models.log.logged import Logged, change_kind, changed_fields, logged_columns, logged_values
from models.workspace import Workspace

#: Rows of one INSERT.
CHUNK = 1000


_WORKSPACES = table_of(Workspace)
_ONE_MORE = _WORKSPACES.c.sequence + bindparam("count")
_OF_HOME = update(_WORKSPACES).where(_WORKSPACES.c.id == bindparam("home"))
_COUNT_UP = _OF_HOME.values(sequence=_ONE_MORE).returning(_WORKSPACES.c.sequence)
_COUNT_UP_FIRST = _OF_HOME.values(sequence=func.last_insert_id(_ONE_MORE))
_INSERT = insert(table_of(Change))


@dataclass
class PendingChange:
    """What a transaction did to one row so far."""

    row: Any
    kind: ChangeKind
    #: For each field its value before and after.
    fields: dict[str, list[Any]]
    home: UUID
    project_id: UUID | None
    sequence: int | None = None

    def add(self, fields: Mapping[str, Sequence[Any]]) -> None:
        """Adds what a later flush did."""
        for name, (before, after) in fields.items():
            first = self.fields.get(name, [before])[0]
            self.fields[name] = [first, after]


class ChangeRecorder:
    """The notes of one transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.notes: dict[tuple[str, UUID], PendingChange] = {}
        self.at = now()
        #: The number of the change of each row, by type and key.
        self.numbers: dict[tuple[str, UUID], int] = {}
        #: The last number given out in each workspace.
        self.sequences: dict[UUID, int] = {}
        #: Rows that are made again after they were deleted.
        self.restored: set[int] = set()
        #: Whether what is deleted is gone for good.
        self.purging = False

    @property
    def numbers_before_rows(self) -> bool:
        """Whether numbers are taken before rows are written rather than after.

        On MariaDB and MySQL, writing a row takes a shared lock on each row it points at, its
        workspace among them: two who both did that could not both go on to count it up.
        """
        return self.session.get_bind().dialect.name in ("mysql", "mariadb")

    def record_flush(self) -> None:
        """Notes what a flush is about to do."""
        if any(isinstance(row, Logged) for row in self.session.deleted):
            raise TypeError("What is in the log is deleted by delete_rows.")
        changed: dict[type[Any], list[tuple[Any, set[str]]]] = defaultdict(list)
        for row in self.session.new:
            if isinstance(row, Logged):
                self._note_created(row)
        for row in sorted(_logged(self.session.dirty), key=lambda row: row.id):
            fields = changed_fields(row)
            if fields:
                self._note_updated(row, fields)
                changed[type(row)].append((row, set(fields)))
        for model, rows in changed.items():
            _write_alike(model, rows)
        self._number_first()

    def record_deletion(self, rows: Iterable[Any]) -> None:
        """Notes that rows are deleted. What they gather must be loaded, to be told."""
        kind = ChangeKind.PURGED if self.purging else ChangeKind.DELETED
        for row in rows:
            fields = {name: [value, None] for name, value in logged_values(row).items()}
            self._note(row, kind, fields)
        self._number_first()

    def write(self) -> None:
        """Numbers what was noted, and adds it to the log."""
        told = list(self.notes.values())
        self._number(told)
        self.numbers |= {key: note.sequence for key, note in self.notes.items() if note.sequence}
        self.notes.clear()
        self.add(
            {
                "workspace_id": note.home,
                "sequence": note.sequence,
                "kind": note.kind,
                "subject_type": type(note.row).__name__,
                "subject_id": note.row.id,
                "project_id": note.project_id,
                "fields": note.fields,
            }
            for note in told
        )

    def add(self, changes: Iterable[dict[str, Any]]) -> None:
        """Writes changes that are numbered already."""
        common = {"at": self.at, "actor_id": self.session.info.get("actor_id")}
        rows = [common | change for change in changes]
        connection = self.session.connection()
        for start in range(0, len(rows), CHUNK):
            some = rows[start : start + CHUNK]
            connection.execute(_INSERT, some if len(some) > 1 else some[0])

    def take(self, workspace_id: UUID, count: int) -> int:
        """Takes `count` numbers of a workspace, and returns the first."""
        connection = self.session.connection()
        given = {"home": workspace_id, "count": count}
        if self.numbers_before_rows:
            # The server hands back the argument, as it does the key of a new row.
            last: int = connection.execute(_COUNT_UP_FIRST, given).lastrowid
        else:
            last = connection.execute(_COUNT_UP, given).scalar_one()
        self.sequences[workspace_id] = last
        workspace = self.session.identity_map.get(identity_key(Workspace, workspace_id))
        if workspace is not None:
            set_committed_value(workspace, "sequence", last)
        return last - count + 1

    def _number(self, notes: Collection[PendingChange]) -> None:
        by_home: dict[UUID, list[PendingChange]] = defaultdict(list)
        for note in notes:
            if note.sequence is None:
                by_home[note.home].append(note)
        for home, unnumbered in sorted(by_home.items()):
            first = self.take(home, len(unnumbered))
            for sequence, note in enumerate(unnumbered, start=first):
                note.sequence = sequence

    def _number_first(self) -> None:
        if self.numbers_before_rows:
            self._number([note for note in self.notes.values() if not self._is_new(note.home)])

    def _is_new(self, home: UUID) -> bool:
        """Whether a workspace is made by this transaction: nobody else waits for its numbers."""
        note = self.notes.get(("Workspace", home))
        return note is not None and note.kind is ChangeKind.CREATED

    def _note_created(self, row: Any) -> None:
        self._fill_defaults(row)
        kind = ChangeKind.RESTORED if id(row) in self.restored else ChangeKind.CREATED
        self._note(row, kind, {name: [None, value] for name, value in logged_values(row).items()})

    def _fill_defaults(self, row: Any) -> None:
        """Gives a new row now the values that it would be given when it is written.

        So the log knows them, and the row is whole without being read again.
        """
        values = inspect(row).dict
        for attribute in inspect(type(row)).column_attrs:
            column = attribute.columns[0]
            if attribute.key in values:
                continue
            default: Any = column.default
            given = None if default is None else default.arg
            if default is not None and default.is_callable:
                # One now for the whole transaction.
                given = self.at if isinstance(column.type, Timestamp) else default.arg(None)
            setattr(row, attribute.key, given)

    def _note_updated(self, row: Any, fields: dict[str, list[Any]]) -> None:
        known = self.notes.get(_key(row))
        if known is not None:
            known.add(fields)
            return
        if hasattr(row, "version"):
            row.version += 1
        if hasattr(row, "updated_at"):
            row.updated_at = self.at
        self._note(row, change_kind(fields), fields)

    def _note(self, row: Any, kind: ChangeKind, fields: dict[str, list[Any]]) -> None:
        known = self.notes.get(_key(row))
        if known is None:
            home, project_id = row.workspace_of(), row.project_key(self.session)
            self.notes[_key(row)] = PendingChange(row, kind, fields, home, project_id)
        else:
            # It is one change all the same, from what there was before.
            known.row, known.kind = row, kind
            known.add(fields)


class LoggedSession(Session):
    """A session whose commits are in the log. `info["actor_id"]` says whose they are."""

    @property
    def log(self) -> ChangeRecorder:
        """The notes of the present transaction."""
        found = self.info.get("log")
        if found is None:
            found = self.info["log"] = ChangeRecorder(self)
        return found


@event.listens_for(LoggedSession, "before_flush")
def _note_flush(session: LoggedSession, *_: Any) -> None:
    session.log.record_flush()


@event.listens_for(LoggedSession, "before_commit")
def _write(session: LoggedSession) -> None:
    # What is still to be written is noted first.
    session.flush()
    session.log.write()


@event.listens_for(LoggedSession, "after_commit")
@event.listens_for(LoggedSession, "after_rollback")
def _forget(session: LoggedSession) -> None:
    session.info.pop("log", None)


def recorder_of(session: AsyncSession) -> ChangeRecorder:
    """The log of a session's transaction."""
    inner = session.sync_session
    assert isinstance(inner, LoggedSession)
    return inner.log


async def write_changes(session: AsyncSession) -> None:
    """Writes what was noted so far."""
    log = recorder_of(session)

    def write(inner: Session) -> None:
        inner.flush()
        log.write()

    await session.run_sync(write)


async def append_changes(
    session: AsyncSession, home: UUID, changes: Sequence[dict[str, Any]]
) -> None:
    """Adds changes of rows that were written past the session, such as an import's.

    Each is a row of the log but for its number, time and actor. What the session has noted
    goes before.
    """
    if not changes:
        return
    log = recorder_of(session)
    await write_changes(session)

    def add(_: Session) -> None:
        first = log.take(home, len(changes))
        numbered = enumerate(changes, start=first)
        log.add({"workspace_id": home, "sequence": n, **change} for n, change in numbered)

    await session.run_sync(add)


def _logged(rows: Iterable[Any]) -> Iterable[Any]:
    return (row for row in rows if isinstance(row, Logged))


def _key(row: Any) -> tuple[str, UUID]:
    return type(row).__name__, row.id


def _write_alike(model: type[Base], rows: Sequence[tuple[Any, set[str]]]) -> None:
    """Lets one UPDATE serve many rows: they all set what any of them sets."""
    if len(rows) == 1:
        return
    columns = logged_columns(model)
    together = {name for _, names in rows for name in names if name in columns}
    for row, names in rows:
        for name in together - names:
            flag_modified(row, name)


async def delete_rows(session: AsyncSession, rows: Sequence[Any]) -> None:
    """Deletes rows of one model, in one statement, and all that the database deletes with them.

    What was changed before is written first; what the rows gather must be loaded.
    """
    if not rows:
        return
    await session.flush()
    model = type(rows[0])
    await session.run_sync(lambda _: recorder_of(session).record_deletion(rows))
    for row in rows:
        session.expunge(row)
    await session.execute(delete(model).where(model.id.in_([row.id for row in rows])))


async def fields_changed_since(
    session: AsyncSession, versions: Mapping[Any, int]
) -> dict[UUID, set[str]]:
    """The fields of each row that were changed since it had a version, by the row's key."""
    behind = {row.id: row.version - version for row, version in versions.items()}
    newest_first = func.row_number().over(
        partition_by=Change.subject_id, order_by=Change.sequence.desc()
    )
    places = select(Change.subject_id, Change.fields, newest_first.label("place")).where(
        Change.workspace_id.in_({row.workspace_of() for row in versions}),
        Change.subject_id.in_(behind),
    )
    numbered = places.subquery()
    # Each change counts the version up by one.
    recent = select(numbered).where(numbered.c.place <= max(behind.values(), default=0))
    found: dict[UUID, set[str]] = {key: set() for key in behind}
    for key, fields, place in await session.execute(recent):
        if place <= behind[key]:
            found[key].update(fields)
    return found
