"""The statement that authenticates: credentials with their users and the users' roles."""

import asyncio
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Executable,
    LargeBinary,
    String,
    Text,
    and_,
    cast,
    func,
    inspect,
    or_,
    select,
    type_coerce,
)

from graph.auth.records import CredentialRecord, StoredCredential, column_names
from graph.kit.relations.parameters import ListParameter, parameter
from models import AccessToken, Membership, User
from models.base import Base, now
from models.columns.types import Timestamp
from models.database import Database
from models.database.compiled import CompiledStatement, compile_statement, result_processor


class CredentialQuery:
    """Reads valid credentials of enabled users, with the users and their roles."""

    def __init__(self, database: Database, model: type[StoredCredential]) -> None:
        self.database = database
        self.model = model
        dialect = database.read_engine.dialect
        columns = [*_columns(model), *_columns(User)]
        self._processors = [result_processor(column.type, dialect) for column in columns]
        #: The compiled statements, by the list of secrets that they have as a parameter.
        self._compiled: dict[Hashable, CompiledStatement] = {}

    async def with_digests(self, digests: Sequence[bytes]) -> list[CredentialRecord]:
        """Return those of the secrets that are valid. `digests` has at least one."""
        secrets = ListParameter.for_values("digests", len(digests), self.database)
        values = secrets.values(digests, self.database)
        return await self._records(
            secrets, lambda: secrets.match(self._column("digest"), self.database), values
        )

    async def roles_by_id(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        """Return the roles of those of the credentials that are valid, as JSON. `ids` is not empty.

        The result is what `parse_roles` takes.
        """
        keys = ListParameter.for_values("ids", len(ids), self.database)
        rows = await self._rows(
            ("roles", keys),
            lambda: keys.match(self._column("id"), self.database),
            keys.values(ids, self.database),
            roles_query,
        )
        read = self._processors[column_names(self.model).index("id")]
        return {row[0] if read is None else read(row[0]): row[1] or "[]" for row in rows}

    async def of_subject(self, issuer: str, subject: str) -> CredentialRecord | None:
        """Return the external identity that an issuer knows by a subject."""
        values = {"issuer": issuer, "subject": subject}
        found = await self._records(
            None, lambda: and_(*(self._is(name) for name in values)), values
        )
        return found[0] if found else None

    async def _records(
        self,
        shape: Hashable,
        condition: Callable[[], ColumnElement[bool]],
        values: Mapping[str, Any],
    ) -> list[CredentialRecord]:
        rows = await self._rows(shape, condition, values, credential_query)
        return [CredentialRecord(self.model, row, self._processors) for row in rows]

    async def _rows(
        self,
        shape: Hashable,
        condition: Callable[[], ColumnElement[bool]],
        values: Mapping[str, Any],
        make: Callable[[type[StoredCredential], ColumnElement[bool], str], Executable],
    ) -> Sequence[Any]:
        compiled = self._compiled.get(shape)
        if compiled is None:
            # In a thread, because it takes some milliseconds.
            query = make(self.model, condition(), self.database.kind)
            compiled = await asyncio.to_thread(self._compile, query, values)
            self._compiled[shape] = compiled
        arguments = compiled.arguments({**values, "now": now()})
        return await self.database.fetch_rows(compiled.sql, arguments)

    def _compile(self, query: Executable, late: Collection[str]) -> CompiledStatement:
        return compile_statement(query, self.database.read_engine.dialect, {"now", *late})

    def _is(self, name: str) -> ColumnElement[bool]:
        """Return the condition that a column has the value of the parameter of its name."""
        column = self._column(name)
        condition: ColumnElement[bool] = column == parameter(name, column.type)
        return condition

    def _column(self, name: str) -> Any:
        return getattr(self.model, name)


def credential_query(
    model: type[StoredCredential], condition: ColumnElement[bool], kind: str
) -> Executable:
    """Select credentials by a condition, as rows of a `CredentialRecord`.

    The parameter `now` is the time at which they are valid.
    """
    return _select_valid(model, [*_columns(model), *_columns(User)], condition, kind)


def roles_query(
    model: type[StoredCredential], condition: ColumnElement[bool], kind: str
) -> Executable:
    """Select the keys of credentials by a condition, with the roles of their users."""
    return _select_valid(model, [model.id], condition, kind)


def _select_valid(
    model: type[StoredCredential], columns: Sequence[Any], condition: ColumnElement[bool], kind: str
) -> Executable:
    """Select columns of valid credentials and their users, and at last the roles.

    One row for each role would repeat the credential and the user: the roles are a JSON array.
    """
    in_reach = Membership.user_id == User.id
    if issubclass(model, AccessToken):
        only = AccessToken.workspace_id
        in_reach = and_(in_reach, or_(only.is_(None), only == Membership.workspace_id))
    # scope: the viewer is not known before this query; the credential's secret authorizes it.
    roles = select(_collect(_role_text(kind), kind)).where(in_reach).correlate(model, User)
    # scope: as above.
    return (
        select(*columns, roles.scalar_subquery())
        .select_from(model)
        .join(User, User.id == model.user_id)
        .where(
            condition, model.is_valid_at(parameter("now", Timestamp())), User.disabled_at.is_(None)
        )
    )


def _columns(model: type[Base]) -> list[Any]:
    return [getattr(model, attribute.key) for attribute in inspect(model).column_attrs]


def _role_text(kind: str) -> ColumnElement[str]:
    """The ID of a membership's workspace and its role, such as `0198c6b2f7d4…:ADMIN`."""
    workspace = Membership.workspace_id
    digits: ColumnElement[str] = (
        cast(workspace, String(36))
        if kind == "postgresql"
        else func.hex(type_coerce(workspace, LargeBinary), type_=String)
    )
    return digits + ":" + type_coerce(Membership.role, String)


def _collect(text: ColumnElement[str], kind: str) -> ColumnElement[str]:
    """Aggregate texts into a JSON array, as text."""
    if kind == "postgresql":
        return cast(func.json_agg(text), Text)
    name = "json_group_array" if kind == "sqlite" else "json_arrayagg"
    collected: ColumnElement[str] = getattr(func, name)(text, type_=Text)
    return collected
