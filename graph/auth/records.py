"""The columns of credentials and their users, as authentication reads them.

Most requests need no more than some columns. The ORM's rows are built for those that do.
"""

from collections.abc import Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import Any, TypeAlias, TypeVar, cast
from uuid import UUID

import orjson
from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState, attributes

from models import AccessToken, ExternalIdentity, Role, Scope, Session, User, Viewer
from models.base import Base
from models.database.compiled import Processor

R = TypeVar("R", bound=Base)

#: A row that identifies a user.
StoredCredential: TypeAlias = AccessToken | Session | ExternalIdentity


class CredentialRecord:
    """The columns of a valid credential and its user, with the user's roles."""

    def __init__(
        self,
        model: type[StoredCredential],
        row: Sequence[Any],
        processors: Sequence[Processor | None],
    ) -> None:
        """Read a driver's row of the columns of the credential, those of the user, and the roles.

        `processors` convert the values of the columns.
        """
        self.model = model
        self._row = row
        self._processors = processors

    @cached_property
    def credential_columns(self) -> Mapping[str, Any]:
        """The values of the credential's columns, by their attributes."""
        return self._columns(self.model, 0)

    @cached_property
    def user_columns(self) -> Mapping[str, Any]:
        """The values of the user's columns, by their attributes."""
        return self._columns(User, len(column_names(self.model)))

    def _columns(self, model: type[Base], start: int) -> Mapping[str, Any]:
        row, processors = self._row, self._processors
        found = {}
        for place, name in enumerate(column_names(model), start):
            process = processors[place]
            found[name] = row[place] if process is None else process(row[place])
        return found

    @cached_property
    def credential(self) -> StoredCredential:
        return detached_row(self.model, self.credential_columns)

    @cached_property
    def user(self) -> User:
        return detached_row(User, self.user_columns)

    def viewer(self) -> Viewer:
        columns, is_token = self.credential_columns, self.model is AccessToken
        return Viewer(
            user_id=columns["user_id"],
            roles=parse_roles(self._row[-1] or "[]"),
            scope=columns["scope"] if is_token else Scope.WRITE,
            only_workspace_id=columns["workspace_id"] if is_token else None,
        )


@cache
def column_names(model: type[Base]) -> tuple[str, ...]:
    """The attributes of a model's columns."""
    return tuple(attribute.key for attribute in inspect(model).column_attrs)


def detached_row(model: type[R], columns: Mapping[str, Any]) -> R:
    """Build a row that is like one that a closed session has loaded."""
    mapper = inspect(model)
    row = cast("R", mapper.class_manager.new_instance())
    for name, value in columns.items():
        attributes.set_committed_value(row, name, value)
    state: InstanceState[Any] = attributes.instance_state(row)
    state.key = mapper.identity_key_from_instance(row)
    return row


# Cached, because each request of a user reads the same text. It is the database that says which.
@lru_cache(256)
def parse_roles(text: str) -> Mapping[UUID, Role]:
    """Parse a JSON array of roles, such as `["0198c6b2f7d4…:ADMIN"]`."""
    roles = {}
    for member in orjson.loads(text):
        digits, _, role = member.partition(":")
        roles[UUID(hex=digits)] = Role[role]
    return roles
