"""Objects rebuilt from the log of changes, to be compared with those in the database."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from graph.kit.node import models_by_name
from graph.views.change import fields as api_fields
from models import Change, ChangeKind
from models.database import Database
from models.log.logged import Logged, logged_values
from tests.support.office import Office, gid

#: The fields of objects by their IDs.
Model = dict[str, dict[str, Any]]


@dataclass
class Replay:
    """The objects that the log describes up to a change."""

    office: Office
    objects: Model = field(default_factory=dict)
    sequence: int = 0

    async def catch_up(self) -> Model:
        """Apply all changes since the last call, page by page, and return the objects."""
        for _ in range(1000):
            changes = await self.office.changes(self.sequence)
            for change in changes:
                assert change["sequence"] == self.sequence + 1
                self.sequence = change["sequence"]
                apply(self.objects, change)
            if not changes:
                return self.objects
        raise AssertionError("the log has no end")


async def replay(office: Office) -> Model:
    """The objects that the whole log describes."""
    return await Replay(office).catch_up()


def apply(model: Model, change: dict[str, Any]) -> None:
    """Apply a change, whose `before` values must match the object."""
    key, kind = change["subjectId"], change["kind"]
    fields = model.setdefault(key, {})
    for changed in change["fields"]:
        name = changed["name"]
        assert fields.get(name) == changed["before"], (change, name)
        fields[name] = changed["after"]
    is_trash = "deletedAt" in fields and fields["deletedAt"] is not None
    if kind == "PURGED" or (kind == "DELETED" and not is_trash):
        del model[key]


async def stored(database: Database, office: Office) -> Model:
    """The logged fields of all objects in the office's workspace, read from the database."""
    objects: Model = {}
    async with database.reads() as session:
        for model in models_by_name().values():
            if not issubclass(model, Logged):
                continue
            columns: Any = model
            workspace_id = columns.id if model.__name__ == "Workspace" else columns.workspace_id
            options = [
                selectinload(getattr(model, collected.relation))
                for collected in model.collected.values()
            ]
            rows = select(model).where(workspace_id == office.workspace.id).options(*options)
            for row in await session.scalars(rows):
                values = {name: [None, value] for name, value in logged_values(row).items()}
                change = Change(subject_type=model.__name__, kind=ChangeKind.CREATED, fields=values)
                objects[gid(row)] = {field.name: field.after for field in api_fields(change)}
    return objects
