"""Random writes by many concurrent clients, and checks of the result."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from graph.kit.node import models_by_name
from models import Change, Task, Workspace
from models.database import Database
from models.log.logged import Logged
from tests.support.log_replay import replay, stored
from tests.support.office import Office

#: Error codes that concurrent writes may cause.
COLLISIONS = {"CONFLICT", "INVALID", "NOT_FOUND", "UNIQUE"}


@dataclass
class Acknowledged:
    """A write that the server confirmed; `subject` is the ID of its task, if it is known."""

    mutation: str
    sequence: int
    subject: str


@dataclass
class StressTest:
    """Clients that write to an office, the tasks that they write to, and the results."""

    office: Office
    tasks: list[str] = field(default_factory=list)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    async def client(self, seed: int, rounds: int) -> None:
        """Run one client: a sequence of random mutations."""
        draw = random.Random(seed)
        for _ in range(rounds):
            work: Callable[[random.Random], Awaitable[None]] = draw.choices(
                [
                    self.create,
                    self.update,
                    self.move,
                    self.batch,
                    self.revert,
                    self.change_lifecycle,
                    self.link,
                ],
                [6, 6, 3, 2, 2, 2, 2],
            )[0]
            await work(draw)

    async def run(self, clients: int, rounds: int) -> None:
        """Run clients concurrently."""
        await asyncio.gather(*(self.client(seed, rounds) for seed in range(clients)))

    async def write(self, mutation: str, subject: str, selection: str, **arguments: Any) -> Any:
        """Run a mutation, which may only fail because of a collision, and record the result."""
        selection = f"errors {{ code }} sequence {selection}"
        payload = await self.office.write(mutation, selection, **arguments)
        codes = {error["code"] for error in payload["errors"]}
        assert codes <= COLLISIONS, payload
        self.refused.update(codes)
        if payload["sequence"] is not None:
            self.acknowledged.append(Acknowledged(mutation, payload["sequence"], subject))
        return payload

    def random_task(self, draw: random.Random) -> str:
        return draw.choice(self.tasks)

    async def create(self, draw: random.Random) -> None:
        key = f"task_{draw.getrandbits(128):032x}"
        values = {
            "id": key,
            "projectId": self.office.gid("project"),
            "title": f"made {draw.random()}",
            "labelIds": [self.office.gid("bug")] if draw.random() < 0.5 else [],
            "parentId": self.random_task(draw) if draw.random() < 0.2 else None,
        }
        payload = await self.write("taskCreate", key, "task { id }", input=values)
        if payload["task"]:
            self.tasks.append(key)

    async def update(self, draw: random.Random) -> None:
        key = self.random_task(draw)
        values: dict[str, Any] = {"id": key}
        values |= draw.choice(
            [
                {"title": f"changed {draw.random()}"},
                {"priority": draw.choice(["LOW", "HIGH", None]), "estimate": draw.randrange(9)},
                {"stateId": self.office.gid(draw.choice(["todo", "doing", "finished"]))},
                {"addedLabelIds": [self.office.gid("docs")]},
                {"removedLabelIds": [self.office.gid("docs")]},
                {"assigneeIds": [self.office.gid(draw.choice(["guest", "member"]))]},
                {"parentId": self.random_task(draw)},
                {"expectedVersion": draw.randint(1, 3), "body": "seen"},
            ]
        )
        await self.write("taskUpdate", key, "task { id }", input=values)

    async def move(self, draw: random.Random) -> None:
        key = self.random_task(draw)
        side = draw.choice(["afterId", "beforeId"])
        values = {"id": key, side: self.random_task(draw)}
        if draw.random() < 0.3:
            values = {"id": key, "stateId": self.office.gid("doing")}
        # A move can also change the ranks of other tasks.
        await self.write("taskMove", "", "task { id }", input=values)

    async def batch(self, draw: random.Random) -> None:
        keys = draw.sample(self.tasks, 4)
        rows = [{"id": key, "title": f"batch {draw.random()}", "milestoneId": None} for key in keys]
        policy = draw.choice(["REJECT_EVERYTHING", "REJECT_FAILED_ROWS"])
        values = {"rows": rows, "errorPolicy": policy}
        await self.write("taskBatchUpdate", "", "count", input=values)

    async def revert(self, draw: random.Random) -> None:
        if self.acknowledged:
            sequence = draw.choice(self.acknowledged[-50:]).sequence
            where = {"workspace": "office", "sequence": sequence}
            await self.write("changeRevert", "", "subject { id }", **where)

    async def change_lifecycle(self, draw: random.Random) -> None:
        key = self.random_task(draw)
        mutation = draw.choice(["taskDelete", "taskRestore", "taskArchive", "taskUnarchive"])
        await self.write(mutation, key, "task { id }", id=key)

    async def link(self, draw: random.Random) -> None:
        task, other = draw.sample(self.tasks, 2)
        kind = draw.choice(["BLOCKS", "RELATES_TO", "DUPLICATED_BY"])
        mutation = draw.choice(["taskLinkCreate", "taskLinkCreate", "taskLinkDelete"])
        values = {"taskId": task, "kind": kind, "otherId": other}
        await self.write(mutation, "", "link { kind }", input=values)

    async def check(self, database: Database) -> None:
        """Assert that the database, the log and the confirmed writes agree."""
        office = self.office
        async with database.reads() as session:
            in_project = select(Task.number).where(Task.project_id == office.project.id)
            numbers = sorted(await session.scalars(in_project))
            rows = await session.scalars(
                select(Change)
                .where(Change.workspace_id == office.workspace.id)
                .order_by(Change.sequence)
            )
            changes = list(rows)
            sequence = await session.scalar(
                select(Workspace.sequence).where(Workspace.id == office.workspace.id)
            )
            versions: Counter[Any] = Counter()
            for model in models_by_name().values():
                if issubclass(model, Logged) and hasattr(model, "version"):
                    columns: Any = model
                    home = getattr(columns, "workspace_id", columns.id)
                    of_office = select(columns.id, columns.version).where(
                        home == office.workspace.id
                    )
                    for key, version in await session.execute(of_office):
                        versions[key] = version
        assert numbers == list(range(1, len(numbers) + 1))
        assert [change.sequence for change in changes] == list(range(1, len(changes) + 1))
        assert sequence == len(changes)
        change_counts = Counter(change.subject_id for change in changes)
        assert versions == {key: change_counts[key] for key in versions}
        for write in self.acknowledged:
            change = changes[write.sequence - 1]
            assert write.subject in ("", f"task_{change.subject_id.hex}"), write
        assert await replay(office) == await stored(database, office)
