"""Write: what a mutation's function works with. It loads and locks rows, and validates input."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry import Some
from strawberry.utils.str_converters import to_camel_case
from uuid_utils.compat import uuid7

from graph.kit.errors import BadUserInput
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.node import decode_id, name_of
from graph.kit.writing.locks import (
    FOR_DELETION,
    FOR_REFERENCE,
    FOR_UPDATE,
    Lock,
    visible_by_key,
    visible_in_order,
)
from graph.kit.writing.payload import (
    DeletedRow,
    InputPath,
    UserErrorCode,
    UserErrors,
    workspace_id_of,
)
from models.base import Base, column_of
from models.columns.rules import is_missing, normalize, rule_violation
from models.database.list_parameters import padded
from models.log.change import Change
from models.log.deletion import delete_rows, lock_with_referrers
from models.viewer import Permission, Viewer

M = TypeVar("M", bound=Base)

INPUT_PATH: InputPath = ("input",)
ID_PATH: InputPath = ("input", "id")
UNUSABLE_ID = "This ID cannot be used. Generate another random UUID."
WORKSPACE_ID_PATH: InputPath = ("input", "workspaceId")


class Write:
    """One attempt at one mutation: its session, its viewer, and the errors found so far.

    Locks are taken in a fixed order, so that writers cannot deadlock: first the rows that change,
    then the rows that they refer to, each in the order of their keys; last the workspace's row,
    for the log. A task is locked before its parts, because its deletion locks it first. Nothing is
    written unless `user_errors` stays empty.
    """

    def __init__(self, session: AsyncSession, scope: ReadScope, permission: Permission) -> None:
        self.session = session
        self.scope = scope
        self.permission = permission
        self.user_errors = UserErrors()
        #: The viewer with the roles that they have after the commit.
        self.viewer_after: Viewer = scope.viewer
        #: The time of the whole mutation.
        self.now = scope.now

    def add_error(self, code: UserErrorCode, path: InputPath, message: str) -> None:
        self.user_errors.add(code, path, message)

    def raise_errors(self) -> None:
        """Raise `MutationRejected` if there are errors so far."""
        self.user_errors.raise_errors()

    async def get(
        self,
        model: type[M],
        id: str,
        path: InputPath,
        *options: Any,
        permission: Permission | None = None,
        lock: Lock | None = FOR_UPDATE,
    ) -> M:
        """Return the row of an id, locked unless `lock` is None.

        Raises `MutationRejected` if it is missing or hidden, or if the viewer lacks the
        permission, which defaults to the mutation's.
        """
        key = self.parse_id(model, id, path)
        rows = await self._rows_by_key(model, [] if key is None else [key], (), options, lock)
        row = rows[0] if rows else None
        if key is None:
            self.raise_errors()
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
        """Whether a row exists and the viewer has the permission; adds an error if not."""
        if row is None:
            user_errors.add(UserErrorCode.NOT_FOUND, path, f"There is no such {type_label(model)}.")
            return False
        permission = permission or self.permission
        return self._has_permission(permission, workspace_id_of(row), path, user_errors)

    def require(self, permission: Permission, workspace_id: UUID | None, path: InputPath) -> None:
        """Raise `MutationRejected` unless the viewer has a permission in a workspace."""
        if not self._has_permission(permission, workspace_id, path, self.user_errors):
            self.raise_errors()

    def _has_permission(
        self,
        permission: Permission,
        workspace_id: UUID | None,
        path: InputPath,
        user_errors: UserErrors,
    ) -> bool:
        if self.scope.viewer.can(permission, workspace_id):
            return True
        user_errors.add(UserErrorCode.FORBIDDEN, path, f"You may not {permission.value}.")
        return False

    async def lock_rows(self, model: type[Base], keys: Iterable[UUID]) -> None:
        """Lock rows until the transaction ends, waiting for others that have locked them.

        SQLite allows one writer at a time, so that it needs no lock.
        """
        if self.scope.database.kind != "sqlite":
            await self.get_many(model, keys, lock=FOR_UPDATE)

    async def get_many(
        self,
        model: type[M],
        keys: Iterable[UUID],
        *conditions: Any,
        options: Iterable[Any] = (),
        lock: Lock = FOR_REFERENCE,
    ) -> dict[UUID, M]:
        """Return, by key, the visible rows that meet the conditions, locked."""
        rows = await self._rows_by_key(model, sorted(set(keys)), conditions, options, lock)
        return {row.id: row for row in rows}  # type: ignore[attr-defined]

    async def _rows_by_key(
        self,
        model: type[M],
        keys: Sequence[UUID],
        conditions: Iterable[Any],
        options: Iterable[Any],
        lock: Lock | None,
    ) -> Sequence[M]:
        if not keys:
            return []
        kind = self.scope.database.kind
        statement = visible_by_key(model, self.scope.viewer, kind, lock)
        statement = statement.where(*conditions).options(*options)
        parameters = {"keys": keys if kind == "postgresql" else padded(keys)}
        return (await self.session.scalars(statement, parameters)).all()

    async def select_rows(
        self,
        model: type[M],
        *conditions: Any,
        options: Iterable[Any] = (),
        lock: Lock | None = FOR_UPDATE,
    ) -> Sequence[M]:
        """Return all visible rows that meet the conditions, locked in the order of their keys."""
        statement = visible_in_order(model, self.scope.viewer, lock)
        statement = statement.where(*conditions).options(*options)
        return (await self.session.scalars(statement)).all()

    async def get_reference(
        self, model: type[M], id: str | None, path: InputPath, *conditions: Any
    ) -> M | None:
        """Return the row that an id of the input refers to, locked; it must meet the conditions.

        Returns None for a null id, and for an invalid one, for which it adds an error.
        """
        if id is None:
            return None
        key = self.parse_id(model, id, path)
        rows = await self.get_many(model, [] if key is None else [key], *conditions)
        if key is not None and key not in rows:
            message = f"There is no such {type_label(model)} here."
            self.add_error(UserErrorCode.NOT_FOUND, path, message)
        return rows.get(key) if key else None

    def parse_id(
        self,
        model: type[Base],
        id: str,
        path: InputPath,
        user_errors: UserErrors | None = None,
    ) -> UUID | None:
        """Return the key of an id; None, with an error, if it is not an id of the model."""
        return parse_id(model, id, path, user_errors or self.user_errors)

    async def new_id(self, model: type[Base], id: str | None, path: InputPath = INPUT_PATH) -> UUID:
        """Return the key for a new row: that of the client's id, or a new one."""
        if id is None:
            return uuid7()
        key = self.parse_id(model, id, (*path, "id"))
        if key is None:
            return uuid7()
        own = visible(model, self.scope.viewer, _id(model)).where(_id(model) == key)
        # scope: see `_was_used`.
        uses = await self.session.execute(select(own.exists(), _was_used(model, key)))
        is_visible, was_used = uses.one()
        if is_visible:
            message = f"An object of type {name_of(model)} with this ID exists already."
            self.add_error(UserErrorCode.UNIQUE, (*path, "id"), message)
        elif was_used:
            self.add_error(UserErrorCode.INVALID, (*path, "id"), UNUSABLE_ID)
        return key

    def validate(
        self,
        model: type[Base],
        values: Mapping[str, Any],
        path: InputPath = INPUT_PATH,
        user_errors: UserErrors | None = None,
    ) -> dict[str, Any]:
        """Return the valid values of columns as they are stored; adds errors for the others."""
        return validate_columns(model, values, path, user_errors or self.user_errors)

    def add(self, row: M) -> M:
        """Add a new row to the session. Raises `MutationRejected` if there are errors."""
        self.raise_errors()
        self.session.add(row)
        return row

    def update(self, row: M, values: Mapping[str, Any]) -> M:
        """Set columns of a row. Raises `MutationRejected` if there are errors."""
        self.raise_errors()
        for name, value in values.items():
            setattr(row, name, value)
        return row

    async def delete(self, row: M, *related_rows: Any) -> DeletedRow:
        """Delete a row with its parts. Raises `MutationRejected` if there are errors.

        `related_rows` are rows that its fields show and that the viewer may not load without it.
        """
        self.raise_errors()
        await delete_rows(self.session, [row])
        return DeletedRow(row, related_rows)

    async def lock_for_deletion(
        self, model: type[M], id: str, path: InputPath, permission: Permission | None = None
    ) -> M:
        """Return the row of an id, locked for deletion together with the rows that refer to it.

        Raises `MutationRejected` as `get` does.
        """
        if getattr(model, "referrers", ()):
            row: Any = await self.get(model, id, path, permission=permission, lock=None)
            await lock_with_referrers(self.session, model, [row.id])
        return await self.get(model, id, path, permission=permission, lock=FOR_DELETION)


def type_label(model: type[Base]) -> str:
    """Return a model's name in messages: "access token" for AccessToken."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name_of(model)).lower()


def parse_id(model: type[Base], id: str, path: InputPath, user_errors: UserErrors) -> UUID | None:
    """Return the key of an id; None, with an error, if it is not an id of the model."""
    try:
        node = decode_id(id, "")
    except BadUserInput as error:
        user_errors.add(UserErrorCode.INVALID, path, error.message)
        return None
    if node is None or node.model is not model:
        message = f"This ID is not of type {name_of(model)}."
        user_errors.add(UserErrorCode.NOT_FOUND, path, message)
        return None
    return node.key


def validate_columns(
    model: type[Base], values: Mapping[str, Any], path: InputPath, user_errors: UserErrors
) -> dict[str, Any]:
    """Return the valid values of columns as they are stored; adds errors for the others."""
    valid = {}
    for name, raw in values.items():
        column = column_of(getattr(model, name))
        value = normalize(column, raw)
        place = (*path, to_camel_case(name))
        if is_missing(column, value):
            user_errors.add(UserErrorCode.REQUIRED, place, "This cannot be empty.")
        elif value is not None and (problem := rule_violation(column, value)):
            user_errors.add(UserErrorCode.INVALID, place, f"{problem[0].upper()}{problem[1:]}.")
        else:
            valid[name] = value
    return valid


def provided(input: Any, *names: str) -> dict[str, Any]:
    """Return those named fields of an input that the caller provided.

    A null is included only where the input's type is `Maybe`: there it clears the column.
    """
    values = {name: getattr(input, name) for name in names}
    return {
        name: value.value if isinstance(value, Some) else value
        for name, value in values.items()
        if value is not None
    }


def _was_used(model: type[Base], key: UUID) -> ColumnElement[bool]:
    """Return the condition that any row of a model has a key, or had it before it was deleted.

    An ID stays used, so that nobody learns whether a row that they cannot see still exists. Nobody
    guesses an ID either: it is a random UUID.
    """
    # scope: all workspaces; the answer is only whether the ID was ever used.
    logged = exists().where(Change.subject_id == key, Change.subject_type == name_of(model))
    stored = exists().where(_id(model) == key)  # scope: as above.
    return logged | stored


def _id(model: type[Base]) -> Any:
    return model.id  # type: ignore[attr-defined]
