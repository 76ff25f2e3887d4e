"""From a GitHub archive to a project: each thing once, however often it is imported."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fractional_indexing import generate_n_keys_between
from sqlalchemy import bindparam as bind
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from graph.cli.console import CommandError
from graph.cli.github.archive import (
    Archive,
    ArchivedIssue,
    reject_duplicates,
    unused_key,
)
from graph.cli.github.rows import ImportedTask, Row, comment_columns, differences, task_columns
from models import (
    Assignment,
    Base,
    ChangeKind,
    Comment,
    Label,
    Labeling,
    Membership,
    Project,
    Role,
    State,
    StateCategory,
    Task,
    User,
    Workspace,
)
from models.base import now, table_of
from models.log.entries import change_entry, creation_entry
from models.log.recorder import append_changes
from models.workspace import new_workspace

#: Rows of one INSERT, and keys of one SELECT.
CHUNK = 1000


@dataclass
class ImportSummary:
    """What an import did: how many rows of each kind it added and changed."""

    project: str = ""
    added: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    changed: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class GitHubImport:
    """One archive on its way into one workspace, in the caller's transaction."""

    def __init__(
        self, session: AsyncSession, archive: Archive, advance: Callable[[int], None]
    ) -> None:
        self.session = session
        self.archive = archive
        self.advance = advance
        self.now = now()
        self.result = ImportSummary()

    async def run(self, slug: str, key: str | None, *, with_pulls: bool) -> ImportSummary:
        """Imports the archive into the workspace, which is made if it is not there."""
        issues = [*self.archive.issues, *(self.archive.pulls if with_pulls else ())]
        reject_duplicates(issues)
        workspace = await self._workspace(slug)
        project = await self._project(workspace, key)
        self.result.project = project.key
        users = await self._users(workspace, issues)
        labels = await self._labels(workspace, issues)
        states = await self._states(workspace)
        # Written before its tasks, and so told before them.
        project.last_number = max([project.last_number, *(issue.number for issue in issues)])
        await self.session.flush()
        tasks = await self._tasks(project, issues, users, states)
        await self._pairs(Assignment, "user_id", "assignees", project, tasks, issues, users)
        await self._pairs(Labeling, "label_id", "labels", project, tasks, issues, labels)
        await self._write_changed(tasks)
        told = [one.log_entry(project) for one in tasks.values() if one.fields]
        await append_changes(self.session, workspace.id, told)
        keys = {number: one.key for number, one in tasks.items()}
        await self._comments(project, keys, issues, users)
        return self.result

    async def _workspace(self, slug: str) -> Workspace:
        # Whoever else writes to the workspace waits until all of it is there.
        known = select(Workspace).where(Workspace.slug == slug).with_for_update()
        workspace = await self.session.scalar(known)
        if workspace is None:
            workspace, states = new_workspace(slug, slug.replace("-", " ").title())
            self.session.add_all([workspace, *states])
            await self.session.flush()
        return workspace

    async def _project(self, workspace: Workspace, key: str | None) -> Project:
        """The project the repository was imported to before, else the one with the key."""
        own = select(Project).where(Project.workspace_id == workspace.id)
        project = await self.session.scalar(own.where(Project.source_url == self.archive.url))
        if project is not None:
            if key is not None and key != project.key:
                raise CommandError(
                    f"{self.archive.repo} was imported to the project {project.key} before. "
                    f"Leave --project out, or say --project {project.key}."
                )
            return project
        keys = set(await self.session.scalars(own.with_only_columns(Project.key)))
        if key is not None and key in keys:
            raise CommandError(
                f"The workspace {workspace.slug} has another project {key}. Choose another key."
            )
        project = Project(
            id=uuid7(),
            workspace_id=workspace.id,
            key=key or unused_key(self.archive.repo, keys),
            name=self.archive.repo.partition("/")[2],
            source_url=self.archive.url,
        )
        self.session.add(project)
        await self.session.flush()
        self.result.added["projects"] += 1
        return project

    async def _users(
        self, workspace: Workspace, issues: Sequence[ArchivedIssue]
    ) -> dict[str, UUID]:
        """Users by handle; those who are not there yet get an account to be claimed later."""
        handles = {issue.author for issue in issues}
        for issue in issues:
            handles.update(issue.assignees)
            handles.update(comment.author for comment in issue.comments)
        wanted = sorted(handle for handle in handles if handle is not None)
        users: dict[str, UUID] = {}
        for some in _chunks(wanted):
            found = await self.session.execute(
                select(User.handle, User.id).where(User.handle.in_(some))
            )
            users.update({row[0]: row[1] for row in found})
        missing = [handle for handle in wanted if handle not in users]
        users |= {handle: uuid7() for handle in missing}
        rows: list[Row] = [{"id": users[name], "handle": name, "name": name} for name in missing]
        await self._insert(User, rows)
        members = set(
            await self.session.scalars(
                select(Membership.user_id).where(Membership.workspace_id == workspace.id)
            )
        )
        joining = [users[handle] for handle in wanted if users[handle] not in members]
        rows = [
            {
                "id": uuid7(),
                "workspace_id": workspace.id,
                "user_id": user,
                "role": Role.GUEST,
                "joined_at": self.now,
            }
            for user in joining
        ]
        await self._insert(Membership, rows)
        await append_changes(
            self.session, workspace.id, [creation_entry(Membership, row) for row in rows]
        )
        return users

    async def _labels(
        self, workspace: Workspace, issues: Sequence[ArchivedIssue]
    ) -> dict[str, UUID]:
        found = await self.session.scalars(select(Label).where(Label.workspace_id == workspace.id))
        labels = {label.name: label for label in found}
        for archived in self.archive.labels:
            color, label = f"#{archived.color.lower()}", labels.get(archived.name)
            if label is None:
                label = labels[archived.name] = Label(
                    id=uuid7(), workspace_id=workspace.id, name=archived.name
                )
                self.session.add(label)
                self.result.added["labels"] += 1
            elif (label.color, label.description) != (color, archived.description):
                self.result.changed["labels"] += 1
            label.color, label.description = color, archived.description
        # An issue can bear a label that the repository no longer has.
        for name in sorted({name for issue in issues for name in issue.labels} - set(labels)):
            labels[name] = Label(id=uuid7(), workspace_id=workspace.id, name=name, color="#ededed")
            self.session.add(labels[name])
            self.result.added["labels"] += 1
        await self.session.flush()
        return {name: label.id for name, label in labels.items()}

    async def _states(self, workspace: Workspace) -> dict[str, State]:
        """The states that tasks are imported to, and all by their id."""
        found = await self.session.scalars(
            select(State).where(State.workspace_id == workspace.id).order_by(State.position)
        )
        return {state.name: state for state in found}

    async def _tasks(
        self,
        project: Project,
        issues: Sequence[ArchivedIssue],
        users: dict[str, UUID],
        states: dict[str, State],
    ) -> dict[int, "ImportedTask"]:
        """Tasks by number; the new ones are written."""
        there: dict[int, Task] = {}
        for some in _chunks([issue.number for issue in issues]):
            found = await self.session.scalars(
                select(Task).where(Task.project_id == project.id, Task.number.in_(some))
            )
            there.update({task.number: task for task in found})
        by_id = {state.id: state for state in states.values()}
        fresh = [issue for issue in issues if issue.number not in there]
        last = await self.session.scalar(
            select(func.max(Task.rank)).where(Task.workspace_id == project.workspace_id)
        )
        ranks = generate_n_keys_between(last, None, len(fresh))
        rows: list[Row] = [
            {
                "id": uuid7(),
                "workspace_id": project.workspace_id,
                "project_id": project.id,
                "rank": rank,
                "state_id": self._state(issue, states, None).id,
                "version": 1,
                **task_columns(issue, users),
            }
            for issue, rank in zip(
                sorted(fresh, key=lambda issue: issue.number), ranks, strict=True
            )
        ]
        await self._insert(Task, rows)
        tasks = {row["number"]: ImportedTask.made(row) for row in rows}
        for issue in issues:
            task = there.get(issue.number)
            if task is not None:
                columns = task_columns(issue, users)
                columns["state_id"] = self._state(issue, states, by_id[task.state_id]).id
                tasks[issue.number] = ImportedTask.found(task, columns)
        return tasks

    async def _write_changed(self, tasks: dict[int, "ImportedTask"]) -> None:
        """Updates the tasks that were there and are not as the archive has them."""
        await self._update(Task, [row for one in tasks.values() if (row := one.update())])

    def _state(
        self, issue: ArchivedIssue, states: dict[str, State], present: State | None
    ) -> State:
        """The state of a task: the one it has if that agrees with the archive."""
        if present is not None and present.category.is_closed == (issue.closed is not None):
            return present
        is_pull = issue.url is not None and "/pull/" in issue.url
        if issue.state == "CLOSED" and is_pull:
            name, category = "Canceled", StateCategory.CANCELED
        elif issue.state == "OPEN":
            name = "In Review" if is_pull else "Todo"
            category = StateCategory.STARTED if is_pull else StateCategory.UNSTARTED
        else:
            name, category = "Done", StateCategory.COMPLETED
        if name in states:
            return states[name]
        for state in states.values():
            if state.category is category:
                return state
        raise CommandError(f"The workspace has no state {name} and none like it: make one first.")

    async def _pairs(
        self,
        model: type[Base],
        far: str,
        attribute: str,
        project: Project,
        tasks: dict[int, "ImportedTask"],
        issues: Sequence[ArchivedIssue],
        keys: dict[str, UUID],
    ) -> None:
        """Adds what is missing between tasks and users, or labels; what people added stays."""
        columns: Any = model
        there: dict[UUID, set[UUID]] = defaultdict(set)
        known = [one.key for one in tasks.values() if one.task is not None]
        for some in _chunks(known):
            found = await self.session.execute(
                select(columns.task_id, getattr(columns, far)).where(columns.task_id.in_(some))
            )
            for task_id, key in found:
                there[task_id].add(key)
        rows: list[Row] = []
        for issue in issues:
            task = tasks[issue.number]
            present = there[task.key]
            missing = {keys[name] for name in getattr(issue, attribute)} - present
            task.gather(far, present, present | missing)
            home = {"workspace_id": project.workspace_id, "task_id": task.key}
            rows += [{**home, far: key} for key in sorted(missing)]
        await self._insert(model, rows)

    async def _comments(
        self,
        project: Project,
        tasks: dict[int, UUID],
        issues: Sequence[ArchivedIssue],
        users: dict[str, UUID],
    ) -> None:
        """A comment has no number in an archive: it is known by task, author and time."""
        there: dict[tuple[Any, ...], list[Comment]] = defaultdict(list)
        for some in _chunks(list(tasks.values())):
            found = await self.session.scalars(
                select(Comment)
                .where(Comment.task_id.in_(some))
                .order_by(Comment.created_at, Comment.id)
            )
            for comment in found:
                there[comment.task_id, comment.author_id, comment.created_at].append(comment)
        rows: list[Row] = []
        changes: list[Row] = []
        edits: list[Row] = []
        for issue in issues:
            for archived in issue.comments:
                author = users[archived.author] if archived.author else None
                task = tasks[issue.number]
                same = there[task, author, archived.created_at]
                columns = comment_columns(archived)
                if not same:
                    where = {"workspace_id": project.workspace_id, "task_id": task}
                    rows.append({"id": uuid7(), "author_id": author, **where, **columns})
                    continue
                comment = same.pop(0)
                if comment.body != archived.body:
                    version = comment.version + 1
                    changes.append({"id": comment.id, **columns, "version": version})
                    fields = differences(comment, columns)
                    kind = ChangeKind.UPDATED
                    edits.append(change_entry(Comment, comment.id, kind, fields, project.id))
        await self._insert(Comment, rows)
        await self._update(Comment, changes)
        told = [creation_entry(Comment, row, project.id) for row in rows]
        await append_changes(self.session, project.workspace_id, told + edits)

    async def _insert(self, model: type[Base], rows: Sequence[Row]) -> None:
        for some in _chunks(rows):
            await self.session.execute(insert(table_of(model)), some)
            self.advance(len(some))
        if rows:
            self.result.added[model.__tablename__] += len(rows)

    async def _update(self, model: type[Base], rows: Sequence[Row]) -> None:
        if not rows:
            return
        table = table_of(model)
        names = [name for name in rows[0] if name != "id"]
        statement = (
            update(table)
            .where(table.c.id == bind("id_"))
            .values({name: bind(f"{name}_") for name in names})
        )
        parameters = [{f"{name}_": value for name, value in row.items()} for row in rows]
        connection = await self.session.connection()
        for some in _chunks(parameters):
            await connection.execute(statement, some)
            self.advance(len(some))
        self.result.changed[model.__tablename__] += len(rows)


def _chunks(rows: Sequence[Any]) -> Iterable[list[Any]]:
    for start in range(0, len(rows), CHUNK):
        yield list(rows[start : start + CHUNK])
