"""The recorder: writes every change of a transaction to the log before it commits.

A session of `Database.writes` records, at each flush, what the flush does to `Logged` rows. Before
the commit each changed row becomes one `Change`. Its number comes from the workspace's row, which
stays locked until the commit: numbers therefore have no gaps and follow the order of commits, so
that a reader who has seen a number has seen every change up to it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, event, func, inspect, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from models.base import now, table_of
from models.columns.types import Timestamp, is_text
from models.log.change import ChangeKind
from models.log.entries import change_kind
from models.log.insertion import Confirmation, insert_and_confirm, insert_changes
from models.log.logged import Logged, changed_fields, logged_columns, logged_values
from models.log.notification import notify
from models.log.row_updates import RowUpdates, SingleUpdate, after_update
from models.workspace import Workspace

_WORKSPACES = table_of(Workspace)
_NEXT = _WORKSPACES.c.sequence + bindparam("count")
_OF_WORKSPACE = update(_WORKSPACES).where(_WORKSPACES.c.id == bindparam("workspace"))
_TAKE_NUMBERS = _OF_WORKSPACE.values(sequence=_NEXT).returning(_WORKSPACES.c.sequence)
#: PostgreSQL also tells all listening processes, when the transaction commits.
_TAKE_NUMBERS_NOTIFYING = _TAKE_NUMBERS.returning(notify(_WORKSPACES.c.id, _WORKSPACES.c.sequence))
_TAKE_NUMBERS_MYSQL = _OF_WORKSPACE.values(sequence=func.last_insert_id(_NEXT))


@dataclass
class PendingChange:
    """The changes that a transaction has made to one row so far."""

    row: Any
    kind: ChangeKind
    #: `[before, after]` by field.
    fields: dict[str, list[Any]]
    workspace_id: UUID
    project_id: UUID | None
    sequence: int | None = None

    def merge(self, fields: Mapping[str, Sequence[Any]]) -> None:
        """Add the changes of a later flush, keeping the first values before."""
        for name, (before, after) in fields.items():
            first = self.fields.get(name, [before])[0]
            self.fields[name] = [first, after]


class ChangeRecorder:
    """Records the changes of one transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.at = now()
        #: The number of each row's change, by type and id.
        self.numbers: dict[tuple[str, UUID], int] = {}
        #: The last number taken in each workspace.
        self.sequences: dict[UUID, int] = {}
        self._pending: dict[tuple[str, UUID], PendingChange] = {}
        self._written: list[PendingChange] = []
        self._restored: set[int] = set()
        self._kept: set[Any] = set()
        self._updates = RowUpdates()
        #: Whether deletions are logged as PURGED, without the texts of the rows.
        self.purges = False

    def begin(self, actor_id: UUID | None, at: datetime) -> None:
        """Set the user and the time that all changes of the transaction are logged with."""
        self.session.info["actor_id"] = actor_id
        self.at = at

    def keep(self, row: Any) -> None:
        """Keep a row in the session until the transaction ends."""
        self._kept.add(row)

    def log_as_restored(self, row: Any) -> None:
        """Log the new row as RESTORED instead of CREATED."""
        self._restored.add(id(row))

    def log_deletions_as_purged(self) -> None:
        """Log the deletions that follow as PURGED instead of DELETED."""
        self.purges = True

    @property
    def changes(self) -> Sequence[PendingChange]:
        """All changes that the transaction has flushed."""
        return [*self._written, *self._pending.values()]

    @property
    def workspace_ids(self) -> set[UUID]:
        """The workspaces that the transaction has changed."""
        return {change.workspace_id for change in self.changes}

    @property
    def numbers_before_rows(self) -> bool:
        """Whether numbers are taken before rows are written, instead of after.

        On MariaDB and MySQL an INSERT takes a shared lock on every row that it references, the
        workspace among them. Two transactions that both hold it would deadlock when they count
        up the workspace's sequence.
        """
        return self.session.get_bind().dialect.name in ("mysql", "mariadb")

    @property
    def _has_nested_updates(self) -> bool:
        """Whether one UPDATE can contain another."""
        return self.session.get_bind().dialect.name == "postgresql"

    def record_flush(self) -> None:
        """Record what a flush is about to write, and take over the updates."""
        if any(isinstance(row, Logged) for row in self.session.deleted):
            raise TypeError("Delete logged rows with models.log.deletion.delete_rows.")
        for row in self.session.new:
            if isinstance(row, Logged):
                self._record_creation(row)
        dirty: list[Any] = [row for row in self.session.dirty if isinstance(row, Logged)]
        for row in sorted(dirty, key=lambda row: row.id):
            fields = changed_fields(row)
            if fields:
                self._record_update(row, fields)
            self._updates.take(row)
        self._take_numbers_first()

    def update_rows(self) -> None:
        """Execute the updates that were taken over."""
        if self._updates:
            self._updates.execute(self.session.connection())

    def record_deletion(self, rows: Iterable[Any]) -> None:
        """Record the deletion of rows; their collected fields must be loaded."""
        kind = ChangeKind.PURGED if self.purges else ChangeKind.DELETED
        for row in rows:
            values = logged_values(row)
            if self.purges:
                columns = logged_columns(type(row))
                values |= {name: None for name in columns if is_text(columns[name])}
            fields = {name: [value, None] for name, value in values.items()}
            self._record(row, kind, fields)
        self._take_numbers_first()

    def write(self, confirmation: Confirmation | None = None) -> Sequence[Row[Any]]:
        """Execute the updates, number the pending changes, and insert them into the log.

        Return the rows of the confirmation, which begins once the workspaces are locked.
        """
        pending = list(self._pending.values())
        single = self._updates.take_single() if pending and self._has_nested_updates else None
        self.update_rows()
        if not pending and (confirmation is None or not self._written):
            return []
        self._take_numbers(pending, single)
        self.numbers |= {
            key: change.sequence for key, change in self._pending.items() if change.sequence
        }
        self._written += pending
        self._pending.clear()
        rows = self._with_origin(
            {
                "workspace_id": change.workspace_id,
                "sequence": change.sequence,
                "kind": change.kind,
                "subject_type": type(change.row).__name__,
                "subject_id": change.row.id,
                "project_id": change.project_id,
                "fields": change.fields,
            }
            for change in pending
        )
        connection = self.session.connection()
        if confirmation is not None:
            return insert_and_confirm(connection, rows, confirmation)
        insert_changes(connection, rows)
        return []

    def insert(self, changes: Iterable[dict[str, Any]]) -> None:
        """Insert changes that have their numbers."""
        insert_changes(self.session.connection(), self._with_origin(changes))

    def _with_origin(self, changes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Add the time and the user of the transaction to changes."""
        common = {"at": self.at, "actor_id": self.session.info.get("actor_id")}
        return [common | change for change in changes]

    def take_numbers(
        self, workspace_id: UUID, count: int, single: SingleUpdate | None = None
    ) -> int:
        """Take `count` numbers of a workspace, locking its row; return the first.

        `single` is executed before, in the same statement.
        """
        connection = self.session.connection()
        parameters = {"workspace": workspace_id, "count": count}
        if self.numbers_before_rows:
            # MySQL has no UPDATE … RETURNING; LAST_INSERT_ID(value) comes back with the result.
            last: int = connection.execute(_TAKE_NUMBERS_MYSQL, parameters).lastrowid
        elif single is None:
            notifies = connection.dialect.name == "postgresql"
            taking: Any = _TAKE_NUMBERS_NOTIFYING if notifies else _TAKE_NUMBERS
            # `scalar_one` would need rows of one column.
            last = connection.execute(taking, parameters).one()[0]
        else:
            statement = after_update(_TAKE_NUMBERS_NOTIFYING, single.model, single.names)
            found = connection.execute(statement, {**parameters, **single.parameters}).scalar()
            if found is None:
                raise single.stale()
            last = found
        self.sequences[workspace_id] = last
        workspace = self.session.identity_map.get(identity_key(Workspace, workspace_id))
        if workspace is not None:
            set_committed_value(workspace, "sequence", last)
        return last - count + 1

    def _take_numbers(
        self, changes: Collection[PendingChange], single: SingleUpdate | None = None
    ) -> None:
        by_workspace: dict[UUID, list[PendingChange]] = defaultdict(list)
        for change in changes:
            if change.sequence is None:
                by_workspace[change.workspace_id].append(change)
        # Sorted: two transactions lock several workspaces in the same order.
        for workspace_id, unnumbered in sorted(by_workspace.items()):
            first = self.take_numbers(workspace_id, len(unnumbered), single)
            single = None
            for sequence, change in enumerate(unnumbered, start=first):
                change.sequence = sequence

    def _take_numbers_first(self) -> None:
        if self.numbers_before_rows:
            self._take_numbers(
                [
                    change
                    for change in self._pending.values()
                    if not self._is_new(change.workspace_id)
                ]
            )

    def _is_new(self, workspace_id: UUID) -> bool:
        """Whether this transaction creates the workspace, so that its row does not exist yet."""
        change = self._pending.get(("Workspace", workspace_id))
        return change is not None and change.kind is ChangeKind.CREATED

    def _record_creation(self, row: Any) -> None:
        self._apply_defaults(row)
        kind = ChangeKind.RESTORED if id(row) in self._restored else ChangeKind.CREATED
        self._record(row, kind, {name: [None, value] for name, value in logged_values(row).items()})

    def _apply_defaults(self, row: Any) -> None:
        """Set the column defaults now, so that the log has them and the row is complete."""
        values = inspect(row).dict
        for attribute in inspect(type(row)).column_attrs:
            column = attribute.columns[0]
            if attribute.key in values:
                continue
            default: Any = column.default
            value = None if default is None else default.arg
            if default is not None and default.is_callable:
                # All times of a transaction are the same.
                value = self.at if isinstance(column.type, Timestamp) else default.arg(None)
            setattr(row, attribute.key, value)

    def _record_update(self, row: Any, fields: dict[str, list[Any]]) -> None:
        pending = self._pending.get(_key(row))
        if pending is not None:
            pending.merge(fields)
            return
        if hasattr(row, "version"):
            row.version += 1
        if hasattr(row, "updated_at"):
            row.updated_at = self.at
        self._record(row, change_kind(fields), fields)

    def _record(self, row: Any, kind: ChangeKind, fields: dict[str, list[Any]]) -> None:
        pending = self._pending.get(_key(row))
        if pending is None:
            self._pending[_key(row)] = PendingChange(
                row, kind, fields, row.workspace_of(), row.project_of(self.session)
            )
        else:
            # Several changes of a row in one transaction are logged as one.
            pending.row, pending.kind = row, kind
            pending.merge(fields)


#: Called after a commit with the new sequences of the workspaces that it has changed.
CommitListener = Callable[[Mapping[UUID, int]], None]


class LoggedSession(Session):
    """A session whose commits are logged.

    `info["actor_id"]` is the acting user's id, `info["commit_listeners"]` has those who are told.
    """

    def get(self, *arguments: Any, **options: Any) -> Any:
        """Return a row by its key, and keep it in the session until the transaction ends.

        `Logged.project_of` reads the same few rows for many others. The session alone forgets a row
        that nothing else refers to, and would read it again each time.
        """
        found = super().get(*arguments, **options)
        self.recorder.keep(found)
        return found

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write all new and changed rows, and record them."""
        self.flush_except_updates(objects)
        self.recorder.update_rows()

    def flush_except_updates(self, objects: Sequence[Any] | None = None) -> None:
        """Flush, but leave the updates of logged rows to `ChangeRecorder.write`."""
        with self.no_autoflush:
            self.recorder.record_flush()
        super().flush(objects)

    @property
    def recorder(self) -> ChangeRecorder:
        """The recorder of the current transaction."""
        recorder = self.info.get("recorder")
        if recorder is None:
            recorder = self.info["recorder"] = ChangeRecorder(self)
        return recorder


@event.listens_for(LoggedSession, "before_commit")
def _write(session: LoggedSession) -> None:
    # The flush records the last changes.
    session.flush_except_updates()
    session.recorder.write()


@event.listens_for(LoggedSession, "after_commit")
def _tell_listeners(session: LoggedSession) -> None:
    recorder: ChangeRecorder | None = session.info.pop("recorder", None)
    if recorder is not None and recorder.sequences:
        for listener in session.info.get("commit_listeners", ()):
            listener(recorder.sequences)


@event.listens_for(LoggedSession, "after_rollback")
def _discard(session: LoggedSession) -> None:
    session.info.pop("recorder", None)


def recorder_of(session: AsyncSession) -> ChangeRecorder:
    inner = session.sync_session
    assert isinstance(inner, LoggedSession)
    return inner.recorder


async def write_changes(
    session: AsyncSession, confirmation: Confirmation | None = None
) -> Sequence[Row[Any]]:
    """Flush, and write the changes recorded so far to the log.

    Return the rows of the confirmation; none if there were no changes.
    """
    recorder = recorder_of(session)

    def write(inner: Any) -> Sequence[Row[Any]]:
        inner.flush_except_updates()
        return recorder.write(confirmation)

    return await session.run_sync(write)


async def append_changes(
    session: AsyncSession, workspace_id: UUID, entries: Sequence[dict[str, Any]]
) -> None:
    """Log rows that were written without the ORM session; `entries` come from `models.log.entries`.

    The changes that the session has recorded are written first.
    """
    if not entries:
        return
    recorder = recorder_of(session)
    await write_changes(session)

    def insert_entries(_: Session) -> None:
        first = recorder.take_numbers(workspace_id, len(entries))
        recorder.insert(
            {"workspace_id": workspace_id, "sequence": sequence, **entry}
            for sequence, entry in enumerate(entries, start=first)
        )

    await session.run_sync(insert_entries)


def _key(row: Any) -> tuple[str, UUID]:
    return type(row).__name__, row.id
