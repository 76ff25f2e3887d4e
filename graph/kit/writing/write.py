"""One attempt at a mutation: its transaction, its rows, and what is wrong with its input."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry import Some
from strawberry.utils.str_converters import to_camel_case
from uuid_utils.compat import uuid7

from graph.kit.errors import BadUserInput
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.node import decode_id, name_of
from graph.kit.relations.batches import any_of
from graph.kit.writing.payload import (
    DeletedRow,
    InputPath,
    UserErrorCode,
    UserErrors,
    workspace_id_of,
)
from models.base import Base, column_of
from models.columns.rules import has_visible_text, normalize, rule_violation
from models.log.recorder import delete_rows
from models.viewer import Permission, Viewer

M = TypeVar("M", bound=Base)
T = TypeVar("T")

INPUT_PATH: InputPath = ("input",)
ID_PATH: InputPath = ("input", "id")
WORKSPACE_ID_PATH: InputPath = ("input", "workspaceId")

#: Locks a row against everybody, for one that is to be deleted.
FOR_DELETION: dict[str, Any] = {}
#: Locks a row against other writers, but not against those who only point at it.
FOR_CHANGE: dict[str, Any] = {"key_share": True}
#: Keeps a row from being deleted by others while something is made to point at it.
FOR_REFERENCE: dict[str, Any] = {"read": True, "key_share": True}


class Write:
    """One attempt at one mutation.

    Rows are locked when they are read, those that are changed before those they point at, and
    in the order of their keys; the workspace's own, for the log, comes after them. What is
    wrong is added to `user_errors`; nothing is written unless it stays empty.
    """

    def __init__(self, session: AsyncSession, source: ReadScope, permission: Permission) -> None:
        self.session = session
        self.source = source
        self.permission = permission
        self.user_errors = UserErrors()
        #: The viewer as they are after this write.
        self.viewer: Viewer = source.viewer
        #: One now for the whole write.
        self.now = source.now

    def add_error(self, code: UserErrorCode, path: InputPath, message: str) -> None:
        """Notes something that the caller can mend."""
        self.user_errors.add(code, path, message)

    def raise_errors(self) -> None:
        """Ends the write here if anything is wrong so far."""
        self.user_errors.raise_errors()

    async def get(
        self,
        model: type[M],
        given: str,
        path: InputPath,
        *options: Any,
        permission: Permission | None = None,
        lock: Mapping[str, Any] | None = FOR_CHANGE,
    ) -> M:
        """The row that the write is about, locked; the viewer may do to it what is needed."""
        key = self.parse_id(model, given, path)
        if key is None:
            self.raise_errors()
        statement = visible(model, self.source.viewer).where(_id(model) == key)
        if lock is not None:
            statement = statement.with_for_update(**lock)
        row = await self.session.scalar(statement.options(*options))
        if not self.can_access(model, row, path, self.user_errors, permission):
            self.raise_errors()
        return cast("M", row)

    def can_access(
        self,
        model: type[Base],
        row: Base | None,
        path: InputPath,
        user_errors: UserErrors,
        permission: Permission | None = None,
    ) -> bool:
        """Whether a row is there and the viewer may do to it what is needed; else it is refused."""
        if row is None:
            user_errors.add(UserErrorCode.NOT_FOUND, path, f"There is no such {type_label(model)}.")
            return False
        return self._permits(permission or self.permission, workspace_id_of(row), path, user_errors)

    def require(self, permission: Permission, workspace_id: UUID | None, path: InputPath) -> None:
        """Ends the write unless the viewer may do something in a workspace."""
        if not self._permits(permission, workspace_id, path, self.user_errors):
            self.raise_errors()

    def _permits(
        self,
        permission: Permission,
        workspace_id: UUID | None,
        path: InputPath,
        user_errors: UserErrors,
    ) -> bool:
        if self.source.viewer.can(permission, workspace_id):
            return True
        user_errors.add(UserErrorCode.FORBIDDEN, path, f"You may not {permission.value}.")
        return False

    async def lock_rows(self, model: type[Base], keys: Iterable[UUID]) -> None:
        """Waits for all others who do the same with these rows, until the write is over.

        SQLite has one writer at a time anyway.
        """
        if self.source.database.kind != "sqlite":
            await self.get_many(model, keys, lock=FOR_CHANGE)

    async def get_many(
        self,
        model: type[M],
        keys: Iterable[UUID],
        *conditions: Any,
        options: Iterable[Any] = (),
        lock: Mapping[str, Any] = FOR_REFERENCE,
    ) -> dict[UUID, M]:
        """Those rows of the keys that are visible and meet the conditions, locked."""
        wanted = sorted(set(keys))
        if not wanted:
            return {}
        among_them = any_of(_id(model), wanted, self.source)
        rows = await self.select_rows(model, among_them, *conditions, options=options, lock=lock)
        return {row.id: row for row in rows}  # type: ignore[attr-defined]

    async def select_rows(
        self,
        model: type[M],
        *conditions: Any,
        options: Iterable[Any] = (),
        lock: Mapping[str, Any] | None = FOR_CHANGE,
    ) -> Sequence[M]:
        """All visible rows that meet the conditions, locked in the order of their keys."""
        statement = visible(model, self.source.viewer).where(*conditions).options(*options)
        statement = statement.order_by(_id(model))
        if lock is not None:
            statement = statement.with_for_update(of=model, **lock)
        return (await self.session.scalars(statement)).all()

    async def get_reference(
        self, model: type[M], given: str | None, path: InputPath, *conditions: Any
    ) -> M | None:
        """The row that an id of the input names, which must meet the conditions."""
        if given is None:
            return None
        key = self.parse_id(model, given, path)
        rows = await self.get_many(model, [] if key is None else [key], *conditions)
        if key is not None and key not in rows:
            self.add_error(
                UserErrorCode.NOT_FOUND, path, f"There is no such {type_label(model)} here."
            )
        return rows.get(key) if key else None

    def parse_id(
        self, model: type[Base], given: str, path: InputPath, user_errors: UserErrors | None = None
    ) -> UUID | None:
        """The key that an id holds; null, and a refusal, where it is not one of the model."""
        return parse_id(model, given, path, user_errors or self.user_errors)

    async def new_id(
        self, model: type[Base], given: str | None, path: InputPath = INPUT_PATH
    ) -> UUID:
        """The key of a row to be made: the caller's choice, else a new one."""
        if given is None:
            return uuid7()
        key = self.parse_id(model, given, (*path, "id"))
        if key is None:
            return uuid7()
        # scope: a key that is taken is taken, whoever sees it.
        if await self.session.get(model, key) is not None:
            message = f"There is a {type_label(model)} of this id already."
            self.add_error(UserErrorCode.UNIQUE, (*path, "id"), message)
        return key

    def validate(
        self,
        model: type[Base],
        given: Mapping[str, Any],
        path: InputPath = INPUT_PATH,
        user_errors: UserErrors | None = None,
    ) -> dict[str, Any]:
        """The given values of a model's columns as they are stored, each held to its rules."""
        return validate_columns(model, given, path, user_errors or self.user_errors)

    def add(self, row: M) -> M:
        """Has a new row written, if nothing is wrong."""
        self.raise_errors()
        self.session.add(row)
        return row

    def update(self, row: M, values: Mapping[str, Any]) -> M:
        """Sets columns of a row, if nothing is wrong."""
        self.raise_errors()
        for name, value in values.items():
            setattr(row, name, value)
        return row

    async def delete(self, row: M, *related_rows: Any) -> DeletedRow:
        """Deletes a row, if nothing is wrong; what was changed because of it is written first.

        `related_rows` are rows that its fields lead to and that cannot be seen without it.
        """
        self.raise_errors()
        await delete_rows(self.session, [row])
        return DeletedRow(row, related_rows)

    async def lock_for_deletion(
        self, model: type[M], given: str, path: InputPath, others: Callable[[M], Awaitable[T]]
    ) -> tuple[M, T]:
        """The row that is to be deleted, locked, and what `others` finds that hangs on it.

        Others lock what hangs on a row before the row itself, and so does this: it looks
        twice, since more may hang on it by the time that the row is locked.
        """
        await others(await self.get(model, given, path, lock=None))
        row = await self.get(model, given, path, lock=FOR_DELETION)
        return row, await others(row)


def type_label(model: type[Base]) -> str:
    """A model's name as people say it."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name_of(model)).lower()


def parse_id(
    model: type[Base], given: str, path: InputPath, user_errors: UserErrors
) -> UUID | None:
    """The key that an id holds; null, and a refusal, where it is not one of the model."""
    try:
        node = decode_id(given, "")
    except BadUserInput as error:
        user_errors.add(UserErrorCode.INVALID, path, error.message)
        return None
    if node is None or node.model is not model:
        user_errors.add(
            UserErrorCode.NOT_FOUND, path, f"This is not the id of a {type_label(model)}."
        )
        return None
    return node.key


def validate_columns(
    model: type[Base], given: Mapping[str, Any], path: InputPath, user_errors: UserErrors
) -> dict[str, Any]:
    """The given values of a model's columns as they are stored, each held to its rules."""
    values = {}
    for name, raw in given.items():
        column = column_of(getattr(model, name))
        value = normalize(column, raw)
        place = (*path, to_camel_case(name))
        if is_missing(column, value):
            user_errors.add(UserErrorCode.REQUIRED, place, "It cannot be empty.")
        elif value is not None and (wrong := rule_violation(column, value)):
            user_errors.add(UserErrorCode.INVALID, place, f"{wrong[0].upper()}{wrong[1:]}.")
        else:
            values[name] = value
    return values


def provided(source: Any, *names: str) -> dict[str, Any]:
    """The fields of an input that its sender filled, of those named; with null where they may."""
    given = {name: getattr(source, name) for name in names}
    return {
        name: value.value if isinstance(value, Some) else value
        for name, value in given.items()
        # What was left out of an update, or is null where something is made, has its default.
        if value is not None
    }


def is_missing(column: Column[Any], value: Any) -> bool:
    """Whether a column needs a value and this is none: null, or a text that says nothing."""
    if value is None:
        return not column.nullable
    must_say_something = not column.nullable and column.default is None
    return isinstance(value, str) and must_say_something and not has_visible_text(value)


def _id(model: type[Base]) -> Any:
    return model.id  # type: ignore[attr-defined]
