"""Idempotency keys: a repeated mutation with the same key answers with the first result."""

import hashlib
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry import Some

from graph.kit.writing.payload import MutationResult, UserError, UserErrorCode, rejection
from models.base import Base, column_of, now
from models.columns.json_values import decode, encode
from models.columns.rules import rule_violation
from models.columns.types import is_text
from models.log.logged import logged_columns
from models.log.recorder import recorder_of
from models.server.remembered_write import MAX_KEY, REMEMBERED, RememberedWrite
from models.viewer import Viewer

ARGUMENT = "idempotencyKey"


class IdempotencyRecord:
    """The stored result of one idempotency key of one caller."""

    def __init__(self, session: AsyncSession, viewer: Viewer, key: str, digest: bytes) -> None:
        self.session = session
        self.viewer = viewer
        self.key = key
        self.digest = digest

    async def find_result(self) -> MutationResult | None:
        """Return the first result, or None for a new key.

        Raises `MutationRejected` if the key is malformed, or was used with another input.
        """
        if not self.key or rule_violation(column_of(RememberedWrite.key), self.key):
            message = (
                f"An idempotency key has 1 to {MAX_KEY} characters in one line, such as a random "
                "UUID."
            )
            raise rejection(UserErrorCode.INVALID, (ARGUMENT,), message)
        found = await self.session.get(RememberedWrite, (self.viewer.user_id, self.key))
        if found is not None and found.created_at < now() - REMEMBERED:
            # scope: the caller's own key.
            await self.session.execute(delete(RememberedWrite).where(self._own()))
            self.session.expunge(found)
            return None
        if found is None:
            return None
        if found.digest != self.digest:
            message = "This key was used for another mutation or input. Use a new key."
            raise rejection(UserErrorCode.INVALID, (ARGUMENT,), message)
        self._row = found
        return _from_json(found.result)

    def hide_unreachable(self, outcome: MutationResult, viewer: Viewer) -> None:
        """Remove the rows that a stored result keeps, if the viewer may not see them any more."""
        workspace_id = outcome.workspace_id
        # With this very write, the viewer may have left the workspace.
        is_member = workspace_id in viewer.roles or self._row.result.get("left", False)
        if not is_member or viewer.only_workspace_id not in (None, workspace_id):
            outcome.deleted_row, outcome.related_rows = None, []

    async def reserve(self) -> None:
        """Insert the key before anything else is written: concurrent requests with it wait."""
        self._row = RememberedWrite(
            user_id=self.viewer.user_id, key=self.key, digest=self.digest, result={}
        )
        self.session.add(self._row)
        await self.session.flush()

    def store(self, outcome: MutationResult, viewer_after: Viewer) -> None:
        """Store the result, in the transaction of the mutation."""
        left = outcome.workspace_id not in viewer_after.roles
        self._row.result = _to_json(outcome) | {"left": left}
        if outcome.deleted_row is not None and recorder_of(self.session).purges:
            # What is deleted permanently is not kept here either: the texts are empty in repeats.
            _erase_texts(self._row.result["gone"])

    def _own(self) -> Any:
        own = RememberedWrite.user_id == self.viewer.user_id
        return own & (RememberedWrite.key == self.key)


def digest_of(name: str, arguments: dict[str, Any]) -> bytes:
    """Return the digest of a mutation and its arguments."""
    text = orjson.dumps([name, arguments], default=_plain, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, Some):
        return [value.value]
    raise TypeError(type(value))


def _to_json(outcome: MutationResult) -> dict[str, Any]:
    return {
        "model": outcome.model and outcome.model.__name__,
        "key": encode(outcome.key),
        "home": encode(outcome.workspace_id),
        "own": outcome.change_sequence,
        "gone": outcome.deleted_row and _snapshot(outcome.deleted_row),
        "beside": [_snapshot(row) for row in outcome.related_rows],
        "sequence": outcome.sequence,
        "errors": [
            [error.code.name, error.message, error.path, error.fields] for error in outcome.errors
        ],
        "results": [_to_json(result) for result in outcome.results],
    }


def _from_json(result: dict[str, Any]) -> MutationResult:
    return MutationResult(
        result["model"] and _model(result["model"]),
        result["key"] and UUID(hex=result["key"]),
        result["home"] and UUID(hex=result["home"]),
        result["gone"] and _restored(result["gone"]),
        [_restored(row) for row in result["beside"]],
        change_sequence=result["own"],
        sequence=result["sequence"],
        errors=[
            UserError(code=UserErrorCode[code], message=message, path=path, fields=fields)
            for code, message, path, fields in result["errors"]
        ],
        results=[_from_json(inner) for inner in result["results"]],
    )


def _model(name: str) -> type[Base]:
    named: dict[str, type[Base]] = {
        one.class_.__name__: one.class_ for one in Base.registry.mappers
    }
    return named[name]


def _snapshot(row: Any) -> dict[str, Any]:
    columns = inspect(type(row)).column_attrs
    values = {column.key: encode(getattr(row, column.key)) for column in columns}
    return {"model": type(row).__name__, "values": values}


def _erase_texts(snapshot: dict[str, Any]) -> None:
    for name, column in logged_columns(_model(snapshot["model"])).items():
        if is_text(column):
            snapshot["values"][name] = None if column.nullable else ""


def _restored(snapshot: dict[str, Any]) -> Any:
    model = _model(snapshot["model"])
    return model(
        **{
            name: decode(column_of(getattr(model, name)), value)
            for name, value in snapshot["values"].items()
        }
    )
