"""Undoing a change: what it changed is put back, if nobody has changed it again."""

from collections.abc import Mapping
from typing import Annotated, Any, cast
from uuid import UUID

import strawberry
from sqlalchemy import func
from sqlalchemy.orm import selectinload
from strawberry.utils.str_converters import to_camel_case

import models
from graph.kit.context import KitInfo
from graph.kit.declare import resolver_field
from graph.kit.loading.scope import visible
from graph.kit.node import Node, model_named
from graph.kit.relations.batches import CompositeKeyBatch
from graph.kit.writing.mutation import mutation
from graph.kit.writing.payload import (
    InputPath,
    MutationRejected,
    MutationResult,
    Payload,
    UserErrorCode,
    payload_field,
)
from graph.kit.writing.write import FOR_UPDATE, Write
from graph.rules.cycles import ancestors_of, is_circular, linked_from
from graph.rules.membership import members_of
from graph.views.change import Change
from models import ChangeKind
from models.base import Base
from models.columns.json_values import decode
from models.log.logged import logged_columns, logged_values
from models.log.recorder import recorder_of
from models.workspace import is_slug

SEQUENCE: InputPath = ("sequence",)
UNDOABLE = (ChangeKind.UPDATED, ChangeKind.ARCHIVED, ChangeKind.DELETED)

Slug = Annotated[str, strawberry.argument(description="The workspace's slug.")]
Sequence = Annotated[int, strawberry.argument(description="The number of the change.")]


async def change_revert(write: Write, workspace: Slug, sequence: Sequence) -> Base:
    """Undoes a change of the kind UPDATED, ARCHIVED or DELETED, if what it left is still there.

    The undoing is a change of its own.
    """
    change = await find_change(write, workspace, sequence)
    if change.kind not in UNDOABLE:
        message = f"A change of the kind {change.kind.name} cannot be undone."
        write.add_error(UserErrorCode.INVALID, SEQUENCE, message)
    if change.subject_type == models.Membership.__name__:
        message = "Memberships are changed by memberAdd, memberUpdate and memberRemove."
        write.add_error(UserErrorCode.INVALID, SEQUENCE, message)
    write.raise_errors()
    row = await locked_subject(write, change)
    before = {name: values[0] for name, values in change.fields.items()}
    if row is None:
        return await recreate(write, change, before)
    reject_changed(write, change, row)
    await restore_fields(write, row, before)
    return cast("Base", row)


async def find_change(write: Write, slug: str, sequence: int) -> models.Change:
    """The change of a number."""
    change, workspace = models.Change, models.Workspace
    numbered = visible(change, write.source.viewer).where(change.sequence == sequence)
    numbered = numbered.join(workspace, workspace.id == change.workspace_id)
    found: models.Change | None = None
    if is_slug(slug) and sequence > 0:
        found = await write.session.scalar(numbered.where(workspace.slug == slug))
    if found is None:
        message = "There is no such change in such a workspace."
        write.add_error(UserErrorCode.NOT_FOUND, SEQUENCE, message)
        raise MutationRejected(write.user_errors.errors)
    return found


async def locked_subject(write: Write, change: models.Change) -> Any:
    """What was changed, locked; null for what was deleted and can be made again."""
    model: Any = model_named(change.subject_type)
    collected = [
        selectinload(getattr(model, one.relation))
        for name, one in model.collected.items()
        if name in change.fields
    ]
    own = model.id == change.subject_id
    found = await write.select_rows(model, own, options=collected, lock=FOR_UPDATE)
    is_deletion = change.kind is ChangeKind.DELETED and "deleted_at" not in logged_columns(model)
    if not found and not is_deletion:
        write.add_error(UserErrorCode.NOT_FOUND, SEQUENCE, "What was changed is gone for good.")
    if found and is_deletion:
        message = "What was deleted is there again."
        write.add_error(UserErrorCode.CONFLICT, SEQUENCE, message)
    write.raise_errors()
    return found[0] if found else None


def reject_changed(write: Write, change: models.Change, row: Any) -> None:
    """Refuses to undo for whoever may not, and what somebody has changed again."""
    if not row.can_be_updated_by(write.source.viewer):
        message = f"You may not change this {change.subject_type.lower()}."
        write.add_error(UserErrorCode.FORBIDDEN, SEQUENCE, message)
        write.raise_errors()
    if "deleted_at" not in change.fields and getattr(row, "deleted_at", None) is not None:
        write.add_error(UserErrorCode.INVALID, SEQUENCE, "It is in the trash: restore it first.")
    present = logged_values(row)
    changed = [name for name, (_, after) in change.fields.items() if present[name] != after]
    if changed:
        names = ", ".join(to_camel_case(name) for name in sorted(changed))
        message = f"Somebody has changed {names} again: this cannot be undone any more."
        write.add_error(UserErrorCode.CONFLICT, SEQUENCE, message)
    write.raise_errors()


async def restore_fields(write: Write, row: Any, before: Mapping[str, Any]) -> None:
    """Gives a row the values that fields had before."""
    columns = logged_columns(type(row))
    values = {
        name: decode(columns[name], value) for name, value in before.items() if name in columns
    }
    home: UUID = row.workspace_of()
    await reject_missing(write, type(row), home, values)
    if values.get("parent_id") is not None:
        await write.lock_rows(models.Workspace, [home])
        parents = await ancestors_of(write, [values["parent_id"]])
        if is_circular(parents | {row.id: values["parent_id"]}, row.id):
            reject_field(write, "parent_id", "by now is part of it")
    write.update(row, values)
    if "assignee_ids" in before:
        wanted = {UUID(hex=key) for key in before["assignee_ids"]}
        members = await members_of(write, [home], wanted)
        if {user_id for _, user_id in members} != wanted:
            reject_field(write, "assignee_ids", "holds somebody who has left the workspace")
        row.assign(wanted)
    if "label_ids" in before:
        wanted = {UUID(hex=key) for key in before["label_ids"]}
        if set(await write.get_many(models.Label, wanted)) != wanted:
            reject_field(write, "label_ids", "holds a label that is gone")
        row.label(wanted)
    if "links" in before:
        await restore_links(write, row, before["links"])


async def restore_links(write: Write, task: models.Task, before: list[Mapping[str, Any]]) -> None:
    """Gives a task the links it had, and takes off it those it had not."""
    wanted = {(models.TaskLinkKind[link["kind"]], UUID(hex=link["task_id"])) for link in before}
    present = {(link.kind, link.other_id) for link in task.links}
    keys = {key for _, key in wanted ^ present}
    with_links = [selectinload(models.Task.links)]
    others = await write.get_many(models.Task, keys, options=with_links, lock=FOR_UPDATE)
    if set(others) != keys or any(others[key].deleted_at for _, key in wanted - present):
        reject_field(write, "links", "holds a task that is gone, or in the trash")
        write.raise_errors()
    await write.lock_rows(models.Workspace, [task.workspace_id])
    for kind, key in wanted - present:
        if kind is not models.TaskLinkKind.RELATES_TO and task.id in await linked_from(
            write, kind, key
        ):
            reject_field(write, "links", "would lead in a circle by now")
    write.raise_errors()
    for kind, key in present - wanted:
        task.unlink(kind, others[key])
    for kind, key in wanted - present:
        task.link(kind, others[key])


async def recreate(write: Write, change: models.Change, before: Mapping[str, Any]) -> Base:
    """Makes a row that was deleted again, with the id it had."""
    model: Any = model_named(change.subject_type)
    columns = logged_columns(model)
    values = {name: decode(columns[name], value) for name, value in before.items()}
    row = model(id=change.subject_id, workspace_id=change.workspace_id, **values)
    if not row.can_be_restored_by(write.source.viewer, change.actor_id):
        message = f"You may not bring this {change.subject_type.lower()} back."
        write.add_error(UserErrorCode.FORBIDDEN, SEQUENCE, message)
        write.raise_errors()
    await reject_missing(write, model, change.workspace_id, values)
    write.raise_errors()
    told = visible(models.Change, write.source.viewer, func.count())
    count = await write.session.scalar(told.where(models.Change.subject_id == row.id))
    # Each change has counted its version up by one, and this one does.
    row.version = (count or 0) + 1
    recorder_of(write.session).restore(row)
    return write.add(row)  # type: ignore[no-any-return]


async def reject_missing(
    write: Write, model: type[Base], workspace_id: UUID, values: Mapping[str, Any]
) -> None:
    """Refuses to point at what is not there any more. People stay, even those who left."""
    for relation in model.__mapper__.relationships:
        target: Any = relation.mapper.class_
        [(local, _), *_] = relation.local_remote_pairs
        name = str(local.key)
        if relation.uselist or target in (models.User, models.Workspace):
            continue
        if values.get(name) is not None:
            found = (await write.get_many(target, [values[name]])).get(values[name])
            if found is None or found.workspace_id != workspace_id:
                reject_field(write, name, "points at something that is gone")
            elif getattr(found, "deleted_at", None) is not None:
                reject_field(write, name, "points at something that is in the trash")


def reject_field(write: Write, name: str, wording: str) -> None:
    """Refuses to put a field back."""
    message = f"What {to_camel_case(name)} was {wording}: this cannot be undone any more."
    write.add_error(UserErrorCode.CONFLICT, SEQUENCE, message)


async def undoing(root: MutationResult, info: KitInfo) -> models.Change | None:
    """The change that undid another."""
    if root.change_sequence is None:
        return None
    numbered = CompositeKeyBatch(models.Change, ("workspace_id", "sequence"))
    return await info.context.load(numbered, (root.workspace_id, root.change_sequence))


@strawberry.type(description="What undoing a change answers.")
class ChangePayload(Payload):
    change: Change | None = resolver_field(undoing, "The change that the undoing is.")
    subject: Node | None = payload_field("What was changed back, as it is now.")


@strawberry.type
class ChangeMutations:
    # What it takes to change each kind of object is asked of the object itself.
    change_revert: ChangePayload = mutation(change_revert, permission=models.Permission.COMMENT)
