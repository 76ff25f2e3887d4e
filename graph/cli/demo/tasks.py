"""The tasks of a demo workspace, with their assignments, labels, links and comments."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from fractional_indexing import generate_key_between

from graph.cli.demo.projects import Milestones, project_index
from graph.cli.demo.random_data import RandomData
from graph.cli.demo.writer import TASK_HISTORY, DemoWriter, Row
from models import (
    DEFAULT_STATES,
    Assignment,
    Base,
    Comment,
    Labeling,
    Priority,
    Reaction,
    StateCategory,
    Task,
    TaskLink,
    TaskLinkKind,
)
from models.log.entries import collect, creation_entry
from models.log.recorder import append_changes

#: Tasks written at a time, which bounds the memory for any number of tasks.
BATCH_SIZE = 500
#: The number of latest tasks from which a new task picks its parent and its link.
RECENT_TASKS = 200
MAX_COMMENTS = 40
#: The models whose rows are logged as fields of their task.
COLLECTED_MODELS = {"assignee_ids": Assignment, "label_ids": Labeling, "links": TaskLink}

CATEGORIES = {name: category for name, category, _ in DEFAULT_STATES}

Batch = dict[type[Base], list[Row]]


@dataclass
class DemoTasks:
    """Creates the tasks in the order of their creation, and writes them in batches."""

    writer: DemoWriter
    count: int
    users: Sequence[UUID]
    states: Mapping[str, UUID]
    labels: Sequence[UUID]
    projects: Sequence[Row]
    milestones: Milestones
    #: Called with the number of tasks that were written.
    advance: Callable[[int], None]
    #: The rank of the latest task.
    rank: str | None = None

    def __post_init__(self) -> None:
        self.random = self.writer.random
        # Separate, so that the other values stay the same.
        self.reaction_random = RandomData(f"reactions {self.writer.slug}")
        self.now = self.writer.now

    async def run(self) -> None:
        numbers = [0] * len(self.projects)
        recent: deque[Row] = deque(maxlen=RECENT_TASKS)
        batch: Batch = {}
        for index in range(self.count):
            place = project_index(index, len(self.projects))
            numbers[place] += 1
            task = self._task(self.projects[place], numbers[place], self._created_at(index))
            self._choose_milestone(task)
            self._choose_parent(task, recent)
            batch.setdefault(Task, []).append(task)
            # A link connects tasks of one batch: both are logged together with it.
            linkable = batch[Task][-RECENT_TASKS:-1]
            for model, row in self._dependents(task, linkable):
                batch.setdefault(model, []).append(row)
            recent.append(task)
            if len(batch[Task]) == BATCH_SIZE:
                await self._write(batch)
                batch = {}
        await self._write(batch)

    async def _write(self, batch: Batch) -> None:
        tasks, comments = batch.get(Task, []), batch.get(Comment, [])
        for model in (Task, *COLLECTED_MODELS.values(), Comment, Reaction):
            await self.writer.insert(model, batch.get(model, []))
        parts = {name: batch.get(model, []) for name, model in COLLECTED_MODELS.items()}
        collected = collect(Task, parts, "task_id")
        projects = {task["id"]: task["project_id"] for task in tasks}
        changes = [
            creation_entry(Task, task, task["project_id"], collected.get(task["id"]))
            for task in tasks
        ]
        changes += [
            creation_entry(Comment, comment, projects[comment["task_id"]]) for comment in comments
        ]
        tasks_of = {comment["id"]: comment["task_id"] for comment in comments}
        changes += [
            creation_entry(Reaction, reaction, projects[tasks_of[reaction["comment_id"]]])
            for reaction in batch.get(Reaction, [])
        ]
        await append_changes(self.writer.session, self.writer.workspace_id, changes)
        self.advance(len(tasks))

    def _created_at(self, index: int) -> datetime:
        """When a task was created: the rate grows with the team, mostly in working hours."""
        fraction = math.sqrt((index + 1) / self.count)
        moment = self.now - TASK_HISTORY * (1 - fraction)
        minute = self.random.triangular(8 * 60, 19 * 60, 11 * 60)
        moment = datetime.combine(moment.date(), time(), UTC) + timedelta(minutes=minute)
        if moment.weekday() > 4 and self.random.random() < 0.8:
            moment -= timedelta(days=2)
        return min(moment, self.now)

    def _task(self, project: Row, number: int, created_at: datetime) -> Row:
        random = self.random
        age = (self.now - created_at) / timedelta(days=1)
        state = self._state(age)
        category = CATEGORIES[state]
        is_started = category in (StateCategory.STARTED, StateCategory.COMPLETED)
        started = min(created_at + random.delay(5), self.now) if is_started else None
        closed = None
        if category.is_closed:
            closed = min((started or created_at) + random.delay(9), self.now)
        due = created_at + random.delay(30) if random.random() < 0.3 else None
        archived = closed and closed + timedelta(days=90)
        deleted = created_at + timedelta(days=1) if age > 2 and random.random() < 0.01 else None
        self.rank = generate_key_between(self.rank, None)
        return self.writer.row(
            created_at,
            project_id=project["id"],
            number=number,
            title=random.title(),
            body=random.body(),
            priority=random.choices([None, *Priority], [35, 5, 15, 30, 15])[0],
            estimate=random.choice([None, None, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0]),
            due_on=due.date() if due else None,
            rank=self.rank,
            started_at=started,
            closed_at=closed,
            archived_at=archived if archived and archived < self.now else None,
            deleted_at=deleted,
            state_id=self.states[state],
            creator_id=random.choice(self.users),
            milestone_id=None,
            parent_id=None,
            updated_at=max(
                moment for moment in (created_at, started, closed, deleted) if moment is not None
            ),
        )

    def _state(self, age_in_days: float) -> str:
        """The name of a state; most old tasks are done."""
        if self.random.random() < 1 - math.exp(-age_in_days / 25):
            return self.random.choices(["Done", "Canceled", "Backlog"], [84, 8, 8])[0]
        names = ["Triage", "Backlog", "Todo", "In Progress", "In Review", "Done"]
        weights = [20 if age_in_days < 7 else 2, 25, 25, 15, 10, 5]
        return self.random.choices(names, weights)[0]

    def _choose_milestone(self, task: Row) -> None:
        """Plan six of ten tasks for their project's newest milestone at the time."""
        milestones = [
            milestone_id
            for milestone_id, created_at in self.milestones[task["project_id"]]
            if created_at <= task["created_at"]
        ]
        if milestones and self.random.random() < 0.6:
            task["milestone_id"] = milestones[-1]

    def _choose_parent(self, task: Row, recent: Sequence[Row]) -> None:
        """Make some tasks subtasks of a recent task, one level deep."""
        candidates = [other for other in recent if other["project_id"] == task["project_id"]]
        if candidates and self.random.random() < 0.12:
            parent = self.random.choice(candidates)
            if parent["parent_id"] is None:
                task["parent_id"] = parent["id"]

    def _dependents(self, task: Row, linkable: Sequence[Row]) -> Iterator[tuple[type[Base], Row]]:
        """The rows that belong to a task, and both rows of a link to one of `linkable`."""
        random, created_at = self.random, task["created_at"]
        in_workspace = {"workspace_id": self.writer.workspace_id, "created_at": created_at}
        of_task = in_workspace | {"task_id": task["id"]}
        # The guest, who is last, is never assigned.
        members = self.users[:-1]
        for user_id in random.sample(members, random.choices([0, 1, 2, 3], [20, 62, 14, 4])[0]):
            yield Assignment, of_task | {"user_id": user_id}
        for label_id in random.sample(
            self.labels, random.choices([0, 1, 2, 3], [30, 40, 22, 8])[0]
        ):
            yield Labeling, of_task | {"label_id": label_id}
        if linkable and random.random() < 0.08:
            other_id = random.choice(linkable)["id"]
            kind = random.choice([TaskLinkKind.BLOCKED_BY, *TaskLinkKind])
            for near_id, far_id, near_kind in (
                (task["id"], other_id, kind),
                (other_id, task["id"], kind.inverse),
            ):
                link = {"id": random.key(created_at), "task_id": near_id}
                yield TaskLink, in_workspace | link | {"kind": near_kind, "other_id": far_id}
        for comment in self._comments(task):
            yield Comment, comment
            for reaction in self._reactions(comment):
                yield Reaction, reaction

    def _comments(self, task: Row) -> Iterator[Row]:
        random, at = self.random, task["created_at"]
        for _ in range(min(MAX_COMMENTS, int(random.expovariate(0.42)))):
            at = min(at + random.delay(2), self.now)
            edited_at = at + timedelta(minutes=7) if random.random() < 0.08 else None
            yield self.writer.row(
                at,
                task_id=task["id"],
                body=random.comment(),
                edited_at=edited_at,
                author_id=random.choice(self.users),
            )

    def _reactions(self, comment: Row) -> Iterator[Row]:
        random, at = self.reaction_random, comment["created_at"]
        for user_id in random.sample(self.users, random.choices([0, 1, 2, 3], [75, 15, 7, 3])[0]):
            yield {
                "id": random.key(at),
                "workspace_id": self.writer.workspace_id,
                "comment_id": comment["id"],
                "user_id": user_id,
                "emoji": random.emoji(),
                "created_at": min(at + random.delay(0.2), self.now),
            }
