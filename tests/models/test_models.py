"""Properties of every model."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import UniqueConstraint, inspect
from sqlalchemy.orm import RelationshipProperty

from models import Base, Task, Viewer
from models.base import table_of
from models.viewer import ANONYMOUS, Role

MODELS = sorted(
    (one.class_ for one in Base.registry.mappers if one.class_.metadata is Base.metadata),
    key=lambda model: model.__name__,
)
#: Tables that do not belong to a workspace: users belong to several, with their credentials.
GLOBAL = {"users", "workspaces", "access_tokens", "sessions", "sign_in_codes"} | {
    # Internal to the server.
    "remembered_writes",
    "chores",
    "documents",
    "buckets",
    # More of users.
    "passwords",
    "external_identities",
}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
class TestEveryModel:
    def test_relationships_are_never_loaded_lazily(self, model: type[Base]) -> None:
        relations: list[RelationshipProperty[object]] = list(inspect(model).relationships)
        assert [relation.key for relation in relations if relation.lazy != "raise"] == []

    def test_workspace_id_is_required(self, model: type[Base]) -> None:
        if model.__tablename__ not in GLOBAL:
            assert not model.__table__.c.workspace_id.nullable

    def test_anonymous_viewer_sees_no_rows(self, model: type[Base]) -> None:
        shown = str(model.visible_to(ANONYMOUS))
        assert shown == "false" or (model.__tablename__ == "users" and "false" in shown)

    def test_foreign_keys_have_an_index(self, model: type[Base]) -> None:
        """Without one, deleting a row scans each table that refers to it."""
        table = table_of(model)
        indexed: list[Any] = [*table.indexes, table.primary_key]
        indexed += [one for one in table.constraints if isinstance(one, UniqueConstraint)]
        led = {next(iter(index.columns)).name for index in indexed}
        pointing = {key.parent.name for key in table.foreign_keys}
        assert pointing - led == set()


def test_visibility_in_one_workspace_uses_equality() -> None:
    one = Viewer(user_id=uuid4(), roles={uuid4(): Role.MEMBER})
    assert "=" in str(Task.visible_to(one))
    two = Viewer(user_id=uuid4(), roles={uuid4(): Role.MEMBER, uuid4(): Role.GUEST})
    assert "IN" in str(Task.visible_to(two))
