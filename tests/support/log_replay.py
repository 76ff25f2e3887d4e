"""The log replayed on an empty model, and the database as the log would tell it."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from graph.kit.node import models_by_name
from graph.views.change import fields as shown
from models import Change, ChangeKind
from models.database import Database
from models.log.logged import Logged, logged_values
from tests.support.office import Office, gid

#: An object's fields, by its id.
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
    """Applies one change, which must fit what is there."""
    key, kind = change["subjectId"], change["kind"]
    fields = model.setdefault(key, {})
    for one in change["fields"]:
        assert fields.get(one["name"]) == one["before"], (change, one)
        fields[one["name"]] = one["after"]
    is_trash = "deletedAt" in fields and fields["deletedAt"] is not None
    if kind == "PURGED" or (kind == "DELETED" and not is_trash):
        del model[key]


async def stored(database: Database, office: Office) -> Model:
    """The logged fields of everything in the office's workspace."""
    found: Model = {}
    async with database.reads() as session:
        for model in models_by_name().values():
            if not issubclass(model, Logged):
                continue
            columns: Any = model
            home = columns.id if model.__name__ == "Workspace" else columns.workspace_id
            collected = [
                selectinload(getattr(model, one.relation)) for one in model.collected.values()
            ]
            rows = select(model).where(home == office.workspace.id).options(*collected)
            for row in await session.scalars(rows):
                told = {name: [None, value] for name, value in logged_values(row).items()}
                change = Change(subject_type=model.__name__, kind=ChangeKind.CREATED, fields=told)
                found[gid(row)] = {one.name: one.after for one in shown(change)}
    return found
