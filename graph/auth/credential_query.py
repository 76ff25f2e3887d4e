"""The statement that authenticates: credentials with their users and the users' roles."""

from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Executable,
    LargeBinary,
    String,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    func,
    inspect,
    or_,
    select,
    type_coerce,
)

from graph.auth.records import StoredCredential
from models import AccessToken, ExternalIdentity, Membership, User
from models.base import Base


# Cached, because every request executes it.
@cache
def credential_query(model: type[StoredCredential], kind: str) -> Executable:
    """Select valid credentials of enabled users, as rows of a `CredentialRecord`.

    Its parameters are `now`, and `digests` or, of an external identity, `issuer` and `subject`.
    One row for each role would repeat the credential and the user: the roles are a JSON array.
    """
    in_reach = Membership.user_id == User.id
    if issubclass(model, AccessToken):
        only = AccessToken.workspace_id
        in_reach = and_(in_reach, or_(only.is_(None), only == Membership.workspace_id))
    # scope: the viewer is not known before this query; the credential's secret authorizes it.
    roles = select(_collect(_role_text(kind), kind)).where(in_reach).correlate(model, User)
    columns = [*_columns(model), *_columns(User), roles.scalar_subquery()]
    # scope: as above.
    return (
        select(*columns)
        .select_from(model)
        .join(User, User.id == model.user_id)
        .where(
            _is_named(model, kind),
            model.is_valid_at(bindparam("now")),
            User.disabled_at.is_(None),
        )
    )


def _columns(model: type[Base]) -> list[Any]:
    return [getattr(model, attribute.key) for attribute in inspect(model).column_attrs]


def _is_named(model: type[StoredCredential], kind: str) -> ColumnElement[bool]:
    if issubclass(model, ExternalIdentity):
        return and_(model.issuer == bindparam("issuer"), model.subject == bindparam("subject"))
    if kind == "postgresql":
        return model.digest == any_(bindparam("digests", type_=ARRAY(LargeBinary)))
    return model.digest.in_(bindparam("digests", expanding=True))


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
