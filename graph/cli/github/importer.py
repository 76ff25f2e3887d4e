"""Imports a GitHub archive into a project. Importing again adds and updates, without duplicates."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from fractional_indexing import generate_n_keys_between
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from graph.cli.console import CommandError
from graph.cli.github.archive import (
    Archive,
    ArchivedIssue,
    reject_duplicates,
    unused_key,
)
from graph.cli.github.rows import ImportedTask, Row, comment_columns, field_changes, task_columns
from graph.cli.github.users import users_by_login
from graph.cli.github.writer import ImportSummary, ImportWriter, batches
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
    Workspace,
)
from models.base import now
from models.log.entries import change_entry, creation_entry
from models.log.recorder import append_changes
from models.workspace import new_workspace

#: The color of a label that the repository no longer has.
DELETED_LABEL_COLOR = "#ededed"


class GitHubImport:
    """The import of one archive, in the caller's transaction.

    `advance` is called with the number of rows of each batch that is written.
    """

    def __init__(
        self, session: AsyncSession, archive: Archive, advance: Callable[[int], None]
    ) -> None:
        self.session = session
        self.archive = archive
        self.now = now()
        self.writer = ImportWriter(session, advance)
        self.summary = self.writer.summary

    async def run(
        self,
        slug: str,
        key: str | None,
        *,
        with_pulls: bool,
        mapped_users: Mapping[str, str] = MappingProxyType({}),
    ) -> ImportSummary:
        """Import the archive into the workspace with the slug. A missing workspace is created.

        `mapped_users` has the handles of users by the GitHub logins that they stand for.
        Without a `key`, a new project gets one derived from the repository's name. Raises a
        `CommandError` if the key contradicts an earlier import or is used by another project.
        """
        issues = [*self.archive.issues, *(self.archive.pulls if with_pulls else ())]
        reject_duplicates(issues)
        workspace = await self._workspace(slug)
        project = await self._project(workspace, key)
        self.summary.project = project.key
        users = await self._users(workspace, issues, mapped_users)
        labels = await self._labels(workspace, issues)
        states = await self._states(workspace)
        # Flushed before the tasks, so that the log has the project first.
        project.last_number = max([project.last_number, *(issue.number for issue in issues)])
        await self.session.flush()
        tasks = await self._tasks(project, issues, users, states)
        await self._add_references(
            Assignment, "user_id", "assignees", project, tasks, issues, users
        )
        await self._add_references(Labeling, "label_id", "labels", project, tasks, issues, labels)
        await self.writer.update(Task, [row for task in tasks.values() if (row := task.update())])
        entries = [task.log_entry(project) for task in tasks.values() if task.fields]
        await append_changes(self.session, workspace.id, entries)
        task_ids = {number: task.key for number, task in tasks.items()}
        await self._comments(project, task_ids, issues, users)
        return self.summary

    async def _workspace(self, slug: str) -> Workspace:
        # The lock makes other writers of the workspace wait until the import is committed.
        query = select(Workspace).where(Workspace.slug == slug).with_for_update()
        workspace = await self.session.scalar(query)
        if workspace is None:
            workspace, states = new_workspace(slug, slug.replace("-", " ").title())
            self.session.add_all([workspace, *states])
            await self.session.flush()
        return workspace

    async def _project(self, workspace: Workspace, key: str | None) -> Project:
        """The project of an earlier import of the repository, or else a new project."""
        projects = select(Project).where(Project.workspace_id == workspace.id)
        project = await self.session.scalar(projects.where(Project.source_url == self.archive.url))
        if project is not None:
            if key is not None and key != project.key:
                raise CommandError(
                    f"{self.archive.repo} was already imported into the project {project.key}. "
                    f"Omit --project, or use --project {project.key}."
                )
            return project
        keys = set(await self.session.scalars(projects.with_only_columns(Project.key)))
        if key is not None and key in keys:
            raise CommandError(
                f"The workspace {workspace.slug} already has a project {key}. Choose another key."
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
        self.summary.added["projects"] += 1
        return project

    async def _users(
        self,
        workspace: Workspace,
        issues: Sequence[ArchivedIssue],
        mapped: Mapping[str, str],
    ) -> dict[str, UUID]:
        """User IDs by login. Missing users are created, and missing guests join the workspace."""
        mentioned = {issue.author for issue in issues}
        for issue in issues:
            mentioned.update(issue.assignees)
            mentioned.update(comment.author for comment in issue.comments)
        logins = sorted(login for login in mentioned if login is not None)
        users = await users_by_login(self.session, self.writer, logins, mapped)
        members = set(
            await self.session.scalars(
                select(Membership.user_id).where(Membership.workspace_id == workspace.id)
            )
        )
        # Logins that differ in case only, or that are mapped, can have the same user.
        joining = [user_id for user_id in dict.fromkeys(users.values()) if user_id not in members]
        rows: list[Row] = [
            {
                "id": uuid7(),
                "workspace_id": workspace.id,
                "user_id": user_id,
                "role": Role.GUEST,
                "joined_at": self.now,
            }
            for user_id in joining
        ]
        await self.writer.insert(Membership, rows)
        await append_changes(
            self.session, workspace.id, [creation_entry(Membership, row) for row in rows]
        )
        return users

    async def _labels(
        self, workspace: Workspace, issues: Sequence[ArchivedIssue]
    ) -> dict[str, UUID]:
        """Label IDs by name. Missing labels are added, and the others updated."""
        found = await self.session.scalars(select(Label).where(Label.workspace_id == workspace.id))
        labels = {label.name: label for label in found}
        for archived in self.archive.labels:
            color, label = f"#{archived.color.lower()}", labels.get(archived.name)
            if label is None:
                label = labels[archived.name] = Label(
                    id=uuid7(), workspace_id=workspace.id, name=archived.name
                )
                self.session.add(label)
                self.summary.added["labels"] += 1
            elif (label.color, label.description) != (color, archived.description):
                self.summary.changed["labels"] += 1
            label.color, label.description = color, archived.description
        # An issue can have a label that was deleted from the repository.
        for name in sorted({name for issue in issues for name in issue.labels} - set(labels)):
            labels[name] = Label(
                id=uuid7(), workspace_id=workspace.id, name=name, color=DELETED_LABEL_COLOR
            )
            self.session.add(labels[name])
            self.summary.added["labels"] += 1
        await self.session.flush()
        return {name: label.id for name, label in labels.items()}

    async def _states(self, workspace: Workspace) -> dict[str, State]:
        """The workspace's states by name, in the order of the board."""
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
    ) -> dict[int, ImportedTask]:
        """Tasks by number. New tasks are inserted; changes of existing ones are only recorded."""
        existing: dict[int, Task] = {}
        for batch in batches([issue.number for issue in issues]):
            found = await self.session.scalars(
                select(Task).where(Task.project_id == project.id, Task.number.in_(batch))
            )
            existing.update({task.number: task for task in found})
        by_id = {state.id: state for state in states.values()}
        new = [issue for issue in issues if issue.number not in existing]
        last_rank = await self.session.scalar(
            select(func.max(Task.rank)).where(Task.workspace_id == project.workspace_id)
        )
        ranks = generate_n_keys_between(last_rank, None, len(new))
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
            for issue, rank in zip(sorted(new, key=lambda issue: issue.number), ranks, strict=True)
        ]
        await self.writer.insert(Task, rows)
        tasks = {row["number"]: ImportedTask.new(row) for row in rows}
        for issue in issues:
            task = existing.get(issue.number)
            if task is not None:
                columns = task_columns(issue, users)
                columns["state_id"] = self._state(issue, states, by_id[task.state_id]).id
                tasks[issue.number] = ImportedTask.changed(task, columns)
        return tasks

    def _state(
        self, issue: ArchivedIssue, states: dict[str, State], current: State | None
    ) -> State:
        """The state of an issue's task: the current one, if it is open or closed as the issue is.

        Raises a `CommandError` if the workspace has no suitable state.
        """
        if current is not None and current.category.is_closed == (issue.closed is not None):
            return current
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
        raise CommandError(
            f"The workspace has no state {name}, and none of the category {category.name}. "
            "Add one first."
        )

    async def _add_references(
        self,
        model: type[Base],
        column: str,
        attribute: str,
        project: Project,
        tasks: dict[int, ImportedTask],
        issues: Sequence[ArchivedIssue],
        ids: dict[str, UUID],
    ) -> None:
        """Add the missing assignees or labels of all tasks; none that users added is removed.

        `model` has the column `column`, which refers to one of `ids`. The issue's `attribute`
        has their names.
        """
        columns: Any = model
        existing: dict[UUID, set[UUID]] = defaultdict(set)
        for batch in batches([task.key for task in tasks.values() if task.existing is not None]):
            found = await self.session.execute(
                select(columns.task_id, getattr(columns, column)).where(columns.task_id.in_(batch))
            )
            for task_id, referenced_id in found:
                existing[task_id].add(referenced_id)
        rows: list[Row] = []
        for issue in issues:
            task = tasks[issue.number]
            before = existing[task.key]
            missing = {ids[name] for name in getattr(issue, attribute)} - before
            task.collect(column, before, before | missing)
            common = {"workspace_id": project.workspace_id, "task_id": task.key}
            rows += [{**common, column: referenced_id} for referenced_id in sorted(missing)]
        await self.writer.insert(model, rows)

    async def _comments(
        self,
        project: Project,
        tasks: dict[int, UUID],
        issues: Sequence[ArchivedIssue],
        users: dict[str, UUID],
    ) -> None:
        """Add and update the comments.

        A comment has no number in an archive: task, author and creation time identify it, and
        the order among comments of the same second.
        """
        existing: dict[tuple[Any, ...], list[Comment]] = defaultdict(list)
        for batch in batches(list(tasks.values())):
            found = await self.session.scalars(
                select(Comment)
                .where(Comment.task_id.in_(batch))
                .order_by(Comment.created_at, Comment.id)
            )
            for comment in found:
                existing[comment.task_id, comment.author_id, comment.created_at].append(comment)
        added: list[Row] = []
        changed: list[Row] = []
        updates: list[Row] = []
        for issue in issues:
            task_id = tasks[issue.number]
            for archived in issue.comments:
                author_id = users[archived.author] if archived.author else None
                matches = existing[task_id, author_id, archived.created_at]
                columns = comment_columns(archived)
                if not matches:
                    common = {"workspace_id": project.workspace_id, "task_id": task_id}
                    added.append({"id": uuid7(), "author_id": author_id, **common, **columns})
                    continue
                comment = matches.pop(0)
                if comment.body != archived.body:
                    version = comment.version + 1
                    changed.append({"id": comment.id, **columns, "version": version})
                    fields = field_changes(comment, columns)
                    kind = ChangeKind.UPDATED
                    updates.append(change_entry(Comment, comment.id, kind, fields, project.id))
        await self.writer.insert(Comment, added)
        await self.writer.update(Comment, changed)
        creations = [creation_entry(Comment, row, project.id) for row in added]
        await append_changes(self.session, project.workspace_id, creations + updates)
