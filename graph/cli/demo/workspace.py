"""Demo data of our own making: over every concept, spread as in life, the same each time."""

import math
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from fractional_indexing import generate_key_between
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from graph.cli.demo import phrases
from graph.cli.demo.random_data import RandomData
from models import (
    DEFAULT_STATES,
    Assignment,
    Attendance,
    AttendanceResponse,
    Base,
    Comment,
    Event,
    Label,
    Labeling,
    Membership,
    Milestone,
    Priority,
    Project,
    Role,
    State,
    StateCategory,
    Task,
    TaskLink,
    TaskLinkKind,
    User,
    Workspace,
)
from models.base import table_of
from models.log.entries import collect, creation_entry
from models.log.logged import Logged
from models.log.recorder import append_changes

Row = dict[str, Any]

#: Tasks written at a time: what bounds the memory, however many there are.
CHUNK = 500
#: How far back the tasks go.
SPAN = timedelta(days=540)
#: The latest tasks, which new ones are part of, link to, or block.
NEIGHBORS = 200
#: The rows that fields of a task are made of.
COLLECTED_MODELS = {"assignee_ids": Assignment, "label_ids": Labeling, "links": TaskLink}


class DemoWorkspace:
    """One workspace of demo data, in the caller's transaction."""

    def __init__(
        self,
        session: AsyncSession,
        slug: str,
        tasks: int,
        today: date,
        advance: Callable[[int], None],
    ) -> None:
        self.session = session
        self.slug = slug
        self.count = tasks
        self.advance = advance
        self.random = RandomData(f"taskloom {slug}")
        self.now = datetime.combine(today, time(9), UTC)
        self.workspace_id = self.random.key(self.now - SPAN - timedelta(days=30))
        self.rank: str | None = None

    async def run(self, owner: User) -> None:
        """Writes everything; `owner` owns the workspace."""
        start = self.now - SPAN - timedelta(days=30)
        name = self.slug.replace("-", " ").title()
        await self._insert(
            Workspace,
            [
                {
                    "id": self.workspace_id,
                    "slug": self.slug,
                    "name": name,
                    "created_at": start,
                    "updated_at": start,
                }
            ],
        )
        users = await self._people(owner, start)
        states = await self._states(start)
        labels = await self._labels(start)
        projects = await self._projects(users, start)
        milestones = await self._milestones(projects, start)
        await self._tasks(users, states, labels, projects, milestones)
        await self._events(users, projects)

    async def _people(self, owner: User, start: datetime) -> list[UUID]:
        count = min(len(phrases.PEOPLE), 8 + int(math.log2(self.count + 1)))
        rows: list[Row] = []
        for name in phrases.PEOPLE[:count]:
            handle = f"{name.split()[0].lower()}.{self.slug}"
            made = start + timedelta(days=self.random.randrange(60))
            rows.append(
                {
                    "id": self.random.key(made),
                    "handle": handle,
                    "name": name,
                    "email": f"{handle}@example.com",
                    **_times(made),
                }
            )
        await self._insert(User, rows)
        roles = [Role.ADMIN, *[Role.MEMBER] * (len(rows) - 2), Role.GUEST]
        members: list[Row] = [self._member(owner.id, Role.OWNER, start)]
        members += [
            self._member(row["id"], role, row["created_at"])
            for row, role in zip(rows, roles, strict=True)
        ]
        await self._insert(Membership, members)
        # The guest, last, reads and comments only.
        return [owner.id, *(row["id"] for row in rows)]

    def _member(self, user_id: UUID, role: Role, at: datetime) -> Row:
        return {
            "id": self.random.key(at),
            "workspace_id": self.workspace_id,
            "user_id": user_id,
            "role": role,
            "joined_at": at,
        }

    async def _states(self, start: datetime) -> dict[str, UUID]:
        rows = [
            self._row(start, name=name, category=category, color=color, position=position)
            for position, (name, category, color) in enumerate(DEFAULT_STATES)
        ]
        await self._insert(State, rows)
        return {row["name"]: row["id"] for row in rows}

    async def _labels(self, start: datetime) -> list[UUID]:
        rows = [
            self._row(start, name=name, color=color, description=description)
            for name, color, description in phrases.LABELS
        ]
        await self._insert(Label, rows)
        return [row["id"] for row in rows]

    async def _projects(self, users: Sequence[UUID], start: datetime) -> list[Row]:
        count = min(len(phrases.PROJECTS), 3 + int(math.log10(self.count + 1)))
        rows = []
        for place, (key, name, description) in enumerate(phrases.PROJECTS[:count]):
            made = start + timedelta(days=place * 9)
            archived = self.now - timedelta(days=40) if place == count - 1 else None
            lead = users[1 + place % (len(users) - 2)]
            rows.append(
                self._row(
                    made,
                    key=key,
                    name=name,
                    description=description,
                    lead_id=lead,
                    archived_at=archived,
                    last_number=0,
                )
            )
        # The numbers are known before the tasks are: each task draws its project by itself.
        numbers = Counter(self._project_of(index, count) for index in range(self.count))
        for place, row in enumerate(rows):
            row["last_number"] = numbers[place]
        await self._insert(Project, rows)
        return rows

    def _project_of(self, index: int, projects: int) -> int:
        """The project of the task with an index: the first projects have the most."""
        # A multiplicative hash scatters the indexes over 0 to 1.
        part = ((index * 2654435761) % 2**32) / 2**32
        return int(projects * part**1.6)

    async def _milestones(
        self, projects: Sequence[Row], start: datetime
    ) -> dict[UUID, list[tuple[UUID, datetime]]]:
        rows = []
        for project in projects:
            for place in range(6):
                made = project["created_at"] + timedelta(days=place * 90)
                due = made + timedelta(days=100)
                rows.append(
                    self._row(
                        made,
                        project_id=project["id"],
                        title=f"{project['key'].title()} {place // 4 + 1}.{place % 4}",
                        description=self.random.choice(phrases.GOALS),
                        due_on=due.date(),
                        closed_at=due if due < self.now else None,
                    )
                )
        await self._insert(Milestone, rows)
        by_project: dict[UUID, list[tuple[UUID, datetime]]] = {}
        for row in rows:
            by_project.setdefault(row["project_id"], []).append((row["id"], row["created_at"]))
        return by_project

    async def _tasks(
        self,
        users: Sequence[UUID],
        states: dict[str, UUID],
        labels: Sequence[UUID],
        projects: Sequence[Row],
        milestones: dict[UUID, list[tuple[UUID, datetime]]],
    ) -> None:
        numbers = [0] * len(projects)
        recent: deque[Row] = deque(maxlen=NEIGHBORS)
        batch: dict[type[Base], list[Row]] = {}
        for index in range(self.count):
            place = self._project_of(index, len(projects))
            numbers[place] += 1
            made = self._moment_of(index)
            task = self._task(projects[place], numbers[place], made, users, states)
            open_at = [key for key, begun in milestones[task["project_id"]] if begun <= made]
            if open_at and self.random.random() < 0.6:
                task["milestone_id"] = open_at[-1]
            same = [other for other in recent if other["project_id"] == task["project_id"]]
            if same and self.random.random() < 0.12:
                parent = self.random.choice(same)
                if parent["parent_id"] is None:
                    task["parent_id"] = parent["id"]
            batch.setdefault(Task, []).append(task)
            # Links are between tasks that are written, and told, together.
            for model, row in self._around(task, users, labels, batch[Task][-NEIGHBORS:-1]):
                batch.setdefault(model, []).append(row)
            recent.append(task)
            if len(batch[Task]) == CHUNK:
                await self._write(batch)
        await self._write(batch)

    async def _write(self, batch: dict[type[Base], list[Row]]) -> None:
        tasks = batch.get(Task, [])
        for model in (Task, *COLLECTED_MODELS.values(), Comment):
            await self._insert(model, batch.get(model, []), told=False)
        parts = {name: batch.get(model, []) for name, model in COLLECTED_MODELS.items()}
        collected = collect(Task, parts, "task_id")
        projects = {row["id"]: row["project_id"] for row in tasks}
        changes = [
            creation_entry(Task, row, row["project_id"], collected.get(row["id"])) for row in tasks
        ]
        changes += [
            creation_entry(Comment, row, projects[row["task_id"]]) for row in batch.get(Comment, [])
        ]
        await append_changes(self.session, self.workspace_id, changes)
        batch.clear()
        self.advance(len(tasks))

    def _moment_of(self, index: int) -> datetime:
        """When a task was made: more and more of them as the team grows, in working hours."""
        part = math.sqrt((index + 1) / self.count)
        moment = self.now - SPAN * (1 - part)
        minute = self.random.triangular(8 * 60, 19 * 60, 11 * 60)
        moment = datetime.combine(moment.date(), time(), UTC) + timedelta(minutes=minute)
        if moment.weekday() > 4 and self.random.random() < 0.8:
            moment -= timedelta(days=2)
        return min(moment, self.now)

    def _task(
        self,
        project: Row,
        number: int,
        made: datetime,
        users: Sequence[UUID],
        states: dict[str, UUID],
    ) -> Row:
        draw = self.random
        age = (self.now - made) / timedelta(days=1)
        state = self._state(age)
        category = next(category for name, category, _ in DEFAULT_STATES if name == state)
        begun = category in (StateCategory.STARTED, StateCategory.COMPLETED)
        started = min(made + self.random.delay(5), self.now) if begun else None
        closed = (
            min((started or made) + self.random.delay(9), self.now) if category.is_closed else None
        )
        due = made + self.random.delay(30) if draw.random() < 0.3 else None
        archived = closed and closed + timedelta(days=90)
        deleted = made + timedelta(days=1) if age > 2 and draw.random() < 0.01 else None
        self.rank = generate_key_between(self.rank, None)
        changed = max(moment for moment in (made, started, closed, deleted) if moment is not None)
        title = self.random.title()
        return self._row(
            made,
            project_id=project["id"],
            number=number,
            title=title,
            body=self.random.body(),
            priority=draw.choices([None, *Priority], [35, 5, 15, 30, 15])[0],
            estimate=draw.choice([None, None, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0]),
            due_on=due.date() if due else None,
            rank=self.rank,
            started_at=started,
            closed_at=closed,
            archived_at=archived if archived and archived < self.now else None,
            deleted_at=deleted,
            state_id=states[state],
            creator_id=draw.choice(users),
            milestone_id=None,
            parent_id=None,
            updated_at=changed,
        )

    def _state(self, age: float) -> str:
        """A state for a task of an age in days: most old ones are done."""
        if self.random.random() < 1 - math.exp(-age / 25):
            return self.random.choices(["Done", "Canceled", "Backlog"], [84, 8, 8])[0]
        names = ["Triage", "Backlog", "Todo", "In Progress", "In Review", "Done"]
        return self.random.choices(names, [20 if age < 7 else 2, 25, 25, 15, 10, 5])[0]

    def _around(
        self, task: Row, users: Sequence[UUID], labels: Sequence[UUID], recent: Sequence[Row]
    ) -> Iterator[tuple[type[Base], Row]]:
        """The rows that hang on a task."""
        draw, made = self.random, task["created_at"]
        in_workspace = {"workspace_id": self.workspace_id}
        here = in_workspace | {"task_id": task["id"]}
        # The members, but not the guest.
        for user in draw.sample(users[:-1], draw.choices([0, 1, 2, 3], [20, 62, 14, 4])[0]):
            yield Assignment, here | {"user_id": user, "created_at": made}
        for label in draw.sample(labels, draw.choices([0, 1, 2, 3], [30, 40, 22, 8])[0]):
            yield Labeling, here | {"label_id": label, "created_at": made}
        if recent and draw.random() < 0.08:
            other = draw.choice(recent)["id"]
            kind = draw.choice([TaskLinkKind.BLOCKED_BY, *TaskLinkKind])
            for near, far, seen in ((task["id"], other, kind), (other, task["id"], kind.inverse)):
                yield (
                    TaskLink,
                    in_workspace
                    | {
                        "id": self.random.key(made),
                        "task_id": near,
                        "kind": seen,
                        "other_id": far,
                        "created_at": made,
                    },
                )
        at = made
        for _ in range(min(40, int(draw.expovariate(0.42)))):
            at = min(at + self.random.delay(2), self.now)
            edited = at + timedelta(minutes=7) if draw.random() < 0.08 else None
            yield (
                Comment,
                self._row(
                    at,
                    task_id=task["id"],
                    body=self.random.remark(),
                    edited_at=edited,
                    author_id=draw.choice(users),
                ),
            )

    async def _events(self, users: Sequence[UUID], projects: Sequence[Row]) -> None:
        """A stand-up each working day, and a review for each project every other week."""
        draw = self.random
        events: list[Row] = []
        first = self.now - timedelta(days=60)
        for day in range(90):
            at = first + timedelta(days=day)
            if at.weekday() < 5:
                events.append(self._event(at.replace(hour=9, minute=30), 15, "Stand-up", None))
            if at.weekday() == 3 and day % 14 < 7:
                for place, project in enumerate(projects):
                    starts = at.replace(hour=13) + timedelta(minutes=30 * place)
                    events.append(self._event(starts, 30, f"{project['name']} review", project))
        for event in events:
            event["organizer_id"] = draw.choice(users[:3])
        await self._insert(Event, events)
        attendances = []
        for event in events:
            past = event["ends_at"] < self.now
            for user in draw.sample(users, draw.randint(3, min(9, len(users)))):
                weights = [5, 75, 8, 12] if past else [40, 45, 10, 5]
                response = draw.choices(list(AttendanceResponse), weights)[0]
                attendances.append(
                    self._row(
                        event["created_at"], event_id=event["id"], user_id=user, response=response
                    )
                )
        await self._insert(Attendance, attendances)

    def _event(self, starts: datetime, minutes: int, title: str, project: Row | None) -> Row:
        return self._row(
            starts - timedelta(days=14),
            title=title,
            description=self.random.choice(phrases.GOALS) if project else "",
            location=self.random.choice(phrases.PLACES),
            starts_at=starts,
            ends_at=starts + timedelta(minutes=minutes),
            project_id=project["id"] if project else None,
        )

    def _row(self, made: datetime, **columns: Any) -> Row:
        own = {"id": self.random.key(made), "workspace_id": self.workspace_id, "version": 1}
        return own | _times(made) | columns

    async def _insert(self, model: type[Base], rows: Sequence[Row], *, told: bool = True) -> None:
        for start in range(0, len(rows), 2000):
            await self.session.execute(insert(table_of(model)), list(rows[start : start + 2000]))
        if told and issubclass(model, Logged):
            changes = [creation_entry(model, row, row.get("project_id")) for row in rows]
            await append_changes(self.session, self.workspace_id, changes)


def _times(made: datetime) -> Row:
    return {"created_at": made, "updated_at": made}
