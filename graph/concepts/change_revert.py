"""Reverting a change, if its fields were not changed again since."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, cast
from uuid import UUID

import strawberry
from sqlalchemy import UniqueConstraint, func
from sqlalchemy.orm import selectinload
from strawberry.utils.str_converters import to_camel_case

import models
from graph.kit.context import KitInfo
from graph.kit.declare import resolver_field
from graph.kit.loading.scope import visible
from graph.kit.node import Node, model_named, name_of
from graph.kit.relations.batches import CompositeKeyBatch
from graph.kit.writing.locks import FOR_UPDATE
from graph.kit.writing.mutation import mutation
from graph.kit.writing.payload import (
    InputPath,
    MutationRejected,
    MutationResult,
    Payload,
    UserErrorCode,
    payload_field,
)
from graph.kit.writing.write import Write, type_label
from graph.rules.cycles import ancestors_of, is_circular, linked_from
from graph.rules.membership import members_of
from graph.views.change import REVERTIBLE, Change
from models import ChangeKind
from models.base import Base, table_of
from models.columns.json_values import encode
from models.log.logged import deleted_row, logged_columns, logged_values, stored_value
from models.log.recorder import recorder_of
from models.workspace import is_slug

SEQUENCE: InputPath = ("sequence",)

Slug = Annotated[str, strawberry.argument(description="The workspace's slug.")]
Number = Annotated[int, strawberry.argument(description="The number of the change.")]


async def change_revert(write: Write, workspace: Slug, sequence: Number) -> Base:
    """Reverts an update, an archiving or a deletion, if its fields were not changed since.

    The revert is logged as a change too.
    """
    change = await find_change(write, workspace, sequence)
    if change.kind not in REVERTIBLE:
        message = f"A change of kind {change.kind.name} cannot be reverted."
        write.add_error(UserErrorCode.INVALID, SEQUENCE, message)
    model: Any = model_named(change.subject_type)
    if not model.is_revertible:
        message = (
            "A change of members cannot be reverted. Use memberAdd, memberUpdate or memberRemove."
        )
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
    """Return the change with a number. Raises `MutationRejected` if there is none."""
    change, workspace = models.Change, models.Workspace
    numbered = visible(change, write.scope.viewer).where(change.sequence == sequence)
    numbered = numbered.join(workspace, workspace.id == change.workspace_id)
    found: models.Change | None = None
    if is_slug(slug) and sequence > 0:
        found = await write.session.scalar(numbered.where(workspace.slug == slug))
    if found is None:
        message = "There is no such change in this workspace, or no such workspace."
        write.add_error(UserErrorCode.NOT_FOUND, SEQUENCE, message)
        raise MutationRejected(write.user_errors.errors)
    return found


async def locked_subject(write: Write, change: models.Change) -> Any:
    """Return the changed row, locked; None if it was deleted and can be recreated."""
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
        write.add_error(
            UserErrorCode.NOT_FOUND, SEQUENCE, "The changed object was deleted permanently."
        )
    if found and is_deletion:
        message = "The deleted object exists again."
        write.add_error(UserErrorCode.CONFLICT, SEQUENCE, message)
    write.raise_errors()
    return found[0] if found else None


def reject_changed(write: Write, change: models.Change, row: Any) -> None:
    """Raise `MutationRejected` if the viewer may not change the row, or if it changed since."""
    if not row.can_be_updated_by(write.scope.viewer):
        message = f"You may not update this {change.subject_type.lower()}."
        write.add_error(UserErrorCode.FORBIDDEN, SEQUENCE, message)
        write.raise_errors()
    if "deleted_at" not in change.fields and getattr(row, "deleted_at", None) is not None:
        write.add_error(
            UserErrorCode.INVALID, SEQUENCE, "This object is in the trash. Restore it first."
        )
    present, columns = logged_values(row), logged_columns(type(row))
    changed = [
        name
        for name, (_, after) in change.fields.items()
        if present[name] != after
        and (name not in columns or present[name] != encode(stored_value(columns[name], after)))
    ]
    if changed:
        names = ", ".join(to_camel_case(name) for name in sorted(changed))
        message = f"These fields have changed since: {names}. The change cannot be reverted."
        write.add_error(UserErrorCode.CONFLICT, SEQUENCE, message)
    write.raise_errors()


async def restore_fields(write: Write, row: Any, before: Mapping[str, Any]) -> None:
    """Set the fields of a row to their values before the change."""
    columns = logged_columns(type(row))
    values = {
        name: stored_value(columns[name], value)
        for name, value in before.items()
        if name in columns
    }
    home: UUID = row.workspace_of()
    await reject_missing(write, type(row), home, values)
    await reject_taken(write, row, values)
    if values.get("parent_id") is not None:
        await write.lock_rows(models.Workspace, [home])
        parents = await ancestors_of(write, [values["parent_id"]])
        if is_circular(parents | {row.id: values["parent_id"]}, row.id):
            reject_field(write, "parent_id", "is a subtask of this task now")
    write.update(row, values)
    if "assignee_ids" in before:
        wanted = {UUID(hex=key) for key in before["assignee_ids"]}
        members = await members_of(write, [home], wanted)
        if {user_id for _, user_id in members} != wanted:
            reject_field(write, "assignee_ids", "includes a user who has left the workspace")
        row.set_assignees(wanted)
    if "label_ids" in before:
        wanted = {UUID(hex=key) for key in before["label_ids"]}
        if set(await write.get_many(models.Label, wanted)) != wanted:
            reject_field(write, "label_ids", "includes a deleted label")
        row.set_labels(wanted)
    if "links" in before:
        await restore_links(write, row, before["links"])


async def restore_links(write: Write, task: models.Task, before: list[Mapping[str, Any]]) -> None:
    """Set the links of a task to those before the change."""
    wanted = {(models.TaskLinkKind[link["kind"]], UUID(hex=link["task_id"])) for link in before}
    present = {(link.kind, link.other_id) for link in task.links}
    keys = {key for _, key in wanted ^ present}
    with_links = [selectinload(models.Task.links)]
    others = await write.get_many(models.Task, keys, options=with_links, lock=FOR_UPDATE)
    if set(others) != keys or any(others[key].deleted_at for _, key in wanted - present):
        reject_field(write, "links", "includes a task that was deleted")
        write.raise_errors()
    await write.lock_rows(models.Workspace, [task.workspace_id])
    for kind, key in wanted - present:
        if kind is not models.TaskLinkKind.RELATES_TO and task.id in await linked_from(
            write, kind, key
        ):
            reject_field(write, "links", "would form a cycle now")
    write.raise_errors()
    for kind, key in present - wanted:
        task.unlink(kind, others[key])
    for kind, key in wanted - present:
        task.link(kind, others[key])


async def recreate(write: Write, change: models.Change, before: Mapping[str, Any]) -> Base:
    """Recreate a deleted row with its id, and the parts that were deleted with it."""
    row = deleted_row(model_named(change.subject_type), change)
    if not row.can_be_restored_by(write.scope.viewer, change.actor_id):
        message = f"You may not restore this {change.subject_type.lower()}."
        write.add_error(UserErrorCode.FORBIDDEN, SEQUENCE, message)
        write.raise_errors()
    columns = logged_columns(type(row))
    values = {name: stored_value(columns[name], value) for name, value in before.items()}
    await reject_missing(write, type(row), change.workspace_id, values)
    await reject_taken(write, row, values)
    write.raise_errors()
    await add_restored(write, [row])
    for model in part_models(type(row)):
        deletions = await deleted_with(write, change, model)
        await add_restored(write, [deleted_row(model, one) for one in deletions])
    return cast("Base", row)


def part_models(model: Any) -> list[Any]:
    return [getattr(model, name).property.mapper.class_ for name in model.parts]


async def deleted_with(write: Write, change: models.Change, model: Any) -> Sequence[models.Change]:
    """Return the deletions of the parts of a row, in the transaction that deleted the row."""
    log = models.Change
    earlier = visible(log, write.scope.viewer).where(
        log.workspace_id == change.workspace_id, log.sequence < change.sequence
    )
    # The changes of one transaction have consecutive numbers and the same time.
    before = earlier.where(log.at != change.at).order_by(log.sequence.desc()).limit(1)
    first = await write.session.scalar(before.with_only_columns(log.sequence))
    together = earlier.where(log.sequence > (first or 0), log.kind == ChangeKind.DELETED)
    parent = log.fields[(owner_of(model), 0)].as_string() == encode(change.subject_id)
    parts = together.where(log.subject_type == name_of(model), parent).order_by(log.sequence)
    return (await write.session.scalars(parts)).all()


async def add_restored(write: Write, rows: Sequence[Any]) -> None:
    """Insert rows of one model that were deleted, and log them as restored."""
    log = models.Change
    if rows and hasattr(rows[0], "version"):
        counts = visible(log, write.scope.viewer, log.subject_id, func.count())
        counts = counts.where(log.subject_id.in_([row.id for row in rows]))
        found = await write.session.execute(counts.group_by(log.subject_id))
        versions = dict(found.all())
        for row in rows:
            # The version counts the changes of the row, including this one.
            row.version = versions.get(row.id, 0) + 1
    for row in rows:
        recorder_of(write.session).log_as_restored(row)
        write.add(row)
    await write.session.flush()


async def reject_taken(write: Write, row: Any, values: Mapping[str, Any]) -> None:
    """Add an error if another row has values that must be unique."""
    model = type(row)
    for constraint in table_of(model).constraints:
        if not isinstance(constraint, UniqueConstraint):
            continue
        names = [str(column.key) for column in constraint.columns]
        if not set(names) & set(values):
            continue
        wanted = {name: values.get(name, getattr(row, name)) for name in names}
        same = [getattr(model, name) == value for name, value in wanted.items()]
        if await write.select_rows(model, model.id != row.id, *same, lock=None):
            named = ", ".join(to_camel_case(name) for name in names if name != "workspace_id")
            message = (
                f"Another {type_label(model)} has the same {named} now. The change cannot be "
                "reverted."
            )
            write.add_error(UserErrorCode.UNIQUE, SEQUENCE, message)


async def reject_missing(
    write: Write, model: type[Base], workspace_id: UUID, values: Mapping[str, Any]
) -> None:
    """Add errors for references to deleted rows. Users are kept, even after they leave."""
    for relation in model.__mapper__.relationships:
        target: Any = relation.mapper.class_
        [(local, _), *_] = relation.local_remote_pairs
        name = str(local.key)
        if relation.uselist or target in (models.User, models.Workspace):
            continue
        if values.get(name) is not None:
            found = (await write.get_many(target, [values[name]])).get(values[name])
            if found is None or found.workspace_id != workspace_id:
                reject_field(write, name, "refers to a deleted object")
            elif getattr(found, "deleted_at", None) is not None:
                reject_field(write, name, "refers to a task in the trash")
            elif owner := owner_of(target):
                # The row is a part of a part: of a comment on a task in the trash, for example.
                owner_id = {owner: getattr(found, owner)}
                await reject_missing(write, target, workspace_id, owner_id)


def owner_of(model: Any) -> str | None:
    """Return the foreign key to the object that rows of a model are a part of, if any."""
    for relation in model.__mapper__.relationships:
        target: Any = relation.mapper.class_
        for name in getattr(target, "parts", ()):
            if getattr(target, name).property.mapper.class_ is model:
                return str(relation.local_remote_pairs[0][0].key)
    return None


def reject_field(write: Write, name: str, wording: str) -> None:
    """Add an error for a field that cannot be restored."""
    message = (
        f"The previous value of {to_camel_case(name)} {wording}. The change cannot be reverted."
    )
    write.add_error(UserErrorCode.CONFLICT, SEQUENCE, message)


async def revert_change(root: MutationResult, info: KitInfo) -> models.Change | None:
    """The change that the revert made."""
    if root.change_sequence is None:
        return None
    numbered = CompositeKeyBatch(models.Change, ("workspace_id", "sequence"))
    return await info.context.load(numbered, (root.workspace_id, root.change_sequence))


@strawberry.type(description="The payload of `changeRevert`.")
class ChangePayload(Payload):
    change: Change | None = resolver_field(revert_change)
    subject: Node | None = payload_field("The reverted object in its current state.")


@strawberry.type
class ChangeMutations:
    # The object itself decides whether the viewer may change it.
    change_revert: ChangePayload = mutation(change_revert, permission=models.Permission.COMMENT)
