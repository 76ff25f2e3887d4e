"""Properties of every model."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import UniqueConstraint, inspect
from sqlalchemy.orm import RelationshipProperty

from models import Base, Task, Viewer
from models.base import table_of
from models.log.logged import Logged
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


def logged_tables() -> dict[str, Any]:
    models: list[Any] = [mapper.class_ for mapper in Base.registry.mappers]
    return {model.__tablename__: model for model in models if issubclass(model, Logged)}


def collecting_models() -> dict[str, tuple[Any, str]]:
    """The tables that a logged model's collected fields are built from, with its relationship."""
    return {
        getattr(model, field.relation).property.mapper.local_table.name: (model, field.relation)
        for model in logged_tables().values()
        for field in model.collected.values()
    }


def effects_of_deletion() -> set[tuple[str, str, str]]:
    """What the foreign keys do to logged rows when a logged row is deleted.

    As (deleted table, "parts" or "referrers", changed table). Deleting a workspace deletes its
    log too, so that nothing is left to record.
    """
    effects = set()
    logged, collecting = logged_tables(), collecting_models()
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            target = key.column.table.name
            if target not in logged or target == "workspaces":
                continue
            if table.name in logged and key.ondelete in ("CASCADE", "SET NULL"):
                kind = "parts" if key.ondelete == "CASCADE" else "referrers"
                effects.add((target, kind, table.name))
            elif table.name in collecting and key.ondelete == "CASCADE":
                model, relation = collecting[table.name]
                [(_, own_key)] = getattr(model, relation).property.synchronize_pairs
                if own_key is not key.parent:
                    effects.add((target, "referrers", model.__tablename__))
    return effects


def test_models_declare_every_effect_that_a_deletion_has_on_logged_rows() -> None:
    """An undeclared ON DELETE action would change rows that the log does not mention."""
    declared = {
        (model.__tablename__, kind, getattr(model, relation).property.mapper.local_table.name)
        for model in logged_tables().values()
        for kind in ("parts", "referrers")
        for relation in getattr(model, kind)
    }
    assert declared == effects_of_deletion()
