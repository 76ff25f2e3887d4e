"""Full-text search."""

import hashlib
import math
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import (
    ColumnElement,
    Double,
    Integer,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import Select, Subquery

import models
from graph.context import Info
from graph.engine.declarations import ByKey
from graph.kit.context import KitInfo
from graph.kit.declare import resolver_field
from graph.kit.errors import BadUserInput
from graph.kit.loading.kept_selects import KeptSelects
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.paging.keyset import decode_cursor, encode_cursor
from graph.kit.paging.page_arguments import DEFAULT_SIZE, MAX_SIZE, PageRows, parse_page_size
from graph.kit.relations.batches import RowBatch, union_of
from graph.kit.relations.connection import ConnectionSource, EmptyConnection
from graph.kit.relations.parameters import parameter
from graph.rules.task_key import TaskByKeyBatch, parse_task_key
from graph.rules.text_search import LATE_QUERIES, LateQuery, parse_query
from graph.types import Comment, Task
from graph.views.snippet import SnippetBatch
from models.columns.types import uuid_type
from models.database.list_parameters import padded_length
from models.search.query import MAX_RANKED, SearchQuery, matching_rows

#: The score of a task found by its key: above all others.
KEY_SCORE = 1_000_000.0


SELECTS = KeptSelects()


@dataclass(frozen=True)
class SearchHit:
    """A task or a comment that matches a query."""

    task_id: UUID
    comment_id: UUID | None
    score: float
    query: SearchQuery

    @property
    def id(self) -> UUID:
        return self.comment_id or self.task_id


@dataclass(frozen=True)
class SearchBatch:
    """The hits in a workspace. A batch key is a workspace and a task to leave out."""

    query: SearchQuery
    waits_for_others: bool = False

    def in_workspace(
        self, scope: ReadScope, workspace: Any, without: Any, most: int | None
    ) -> Subquery:
        """Select the hits of a workspace with their scores, at most `most` of each kind.

        `most` is part of the SQL, so it should have few different values.
        """
        kind = scope.database.kind
        task, comment = models.Task, models.Comment
        in_use = and_(task.deleted_at.is_(None), task.workspace_id == workspace)
        rows = visible(task, scope.viewer, task.id).where(in_use)
        if without is not None:
            rows = rows.where(task.id != without)
        tasks, score = matching_rows(rows, "tasks", self.query, kind)
        tasks = tasks.with_only_columns(
            task.id.label("task_id"),
            literal(None, uuid_type()).label("comment_id"),
            task.id.label("hit_id"),
            score.label("score"),
        )
        rows = visible(comment, scope.viewer, comment.id).where(comment.workspace_id == workspace)
        comments, score = matching_rows(rows, "comments", self.query, kind)
        comments = comments.join(task, task.id == comment.task_id).where(in_use)
        comments = comments.with_only_columns(
            task.id,
            comment.id.label("comment_id"),
            comment.id.label("hit_id"),
            score.label("score"),
        )
        if most is not None:
            # Not a parameter: PostgreSQL would assume that a tenth of the rows is wanted, and read
            # the whole table instead of the index.
            constant: Any = literal_column(str(most), Integer())
            tasks, comments = tasks.limit(constant), comments.limit(constant)
        parts = [part.subquery() for part in (tasks, comments)]
        # scope: both parts are restricted already.
        return union_all(*(select(*part.c) for part in parts)).subquery("hits")


@dataclass(frozen=True)
class SearchPageBatch(SearchBatch):
    """The best hits after a cursor of score and id."""

    size: int = DEFAULT_SIZE
    cursor: tuple[float, UUID] | None = None

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[tuple[UUID, UUID | None]]
    ) -> list[list[SearchHit]]:
        statement, values = self._kept_statement(scope, keys)
        by_place: list[list[SearchHit]] = [[] for _ in keys]
        for place, task_id, comment_id, score in await session.execute(statement, values):
            by_place[place].append(SearchHit(task_id, comment_id, float(score), self.query))
        return by_place

    def _kept_statement(
        self, scope: ReadScope, keys: Sequence[tuple[UUID, UUID | None]]
    ) -> tuple[Select[Any], dict[str, Any]]:
        """Return the statement and its values. Building it takes longer than running it."""
        values: dict[str, Any] = {}
        for place, (workspace, without) in enumerate(keys):
            values |= {f"workspace_{place}": workspace, f"without_{place}": without}
        if self.cursor is not None:
            values["score"], values["hit"] = self.cursor
        late, query = self, None
        if scope.database.kind in LATE_QUERIES:
            values["query"] = LATE_QUERIES[scope.database.kind](self.query)
            late = replace(self, query=LateQuery(()))
        else:
            query = self.query
        withouts = tuple(without is not None for _, without in keys)
        shape = (withouts, self.cursor is None, self.size, query)
        statement, of_viewer = SELECTS.find(
            scope, shape, lambda late_scope: late._statement(late_scope, withouts)
        )
        return statement, of_viewer | values

    def _statement(self, scope: ReadScope, withouts: Sequence[bool]) -> Select[Any]:
        """Select the hits of each key, whose values are parameters."""
        branches = []
        for place, has_without in enumerate(withouts):
            workspace = parameter(f"workspace_{place}", uuid_type())
            without = parameter(f"without_{place}", uuid_type()) if has_without else None
            found = self.in_workspace(scope, workspace, without, MAX_RANKED)
            # scope: `found` is restricted already.
            page = select(literal(place).label("place"), *found.c).where(self._after(found))
            page = page.order_by(found.c.score.desc(), found.c.hit_id.desc()).limit(self.size + 1)
            best = page.subquery()
            branches.append(select(*best.c))  # scope: as above.
        pages = union_of(branches).subquery()
        # scope: as above.
        ordered = select(pages.c.place, pages.c.task_id, pages.c.comment_id, pages.c.score)
        return ordered.order_by(pages.c.place, pages.c.score.desc(), pages.c.hit_id.desc())

    def _after(self, found: Subquery) -> ColumnElement[bool]:
        if self.cursor is None:
            return true()
        score, hit = parameter("score", Double()), parameter("hit", uuid_type())
        return or_(found.c.score < score, and_(found.c.score == score, found.c.hit_id < hit))


@dataclass(frozen=True)
class SearchCountBatch(SearchBatch):
    """The number of hits, of each kind counted to at least one past a limit."""

    limit: int | None = None

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[tuple[UUID, UUID | None]]
    ) -> list[int]:
        branches = []
        for place, (workspace, without) in enumerate(keys):
            most = None if self.limit is None else padded_length(self.limit + 1)
            found = self.in_workspace(scope, workspace, without, most)
            # scope: `found` is restricted already.
            counted = select(literal(place).label("place"), func.count().label("count"))
            branches.append(counted.select_from(found))
        counts = union_of(branches)
        by_place = {row[0]: row[1] for row in await session.execute(counts)}
        return [by_place[place] for place in range(len(keys))]


@dataclass(frozen=True)
class SearchConnection(ConnectionSource):
    """A page of hits. A task found by its key comes first."""

    workspace: UUID
    size: int
    query: SearchQuery
    digest: str
    keyed: UUID | None
    after: tuple[float, UUID] | None

    async def rows(self, info: KitInfo) -> PageRows:
        batch = SearchPageBatch(self.query, False, self.size, self.after)
        found = await info.context.load(batch, (self.workspace, self.keyed))
        if self.keyed is not None and self.after is None:
            found = [SearchHit(self.keyed, None, KEY_SCORE, self.query), *found]
        more = len(found) > self.size
        return PageRows(found[: self.size], more, self.after is not None)

    def cursor(self, row: SearchHit) -> str:
        return encode_cursor(self.digest, [row.score, row.id])

    async def count(self, info: KitInfo, limit: int | None = None) -> int:
        batch = SearchCountBatch(self.query, limit=limit)
        found = await info.context.load(batch, (self.workspace, self.keyed))
        return found + (self.keyed is not None)


async def task_of(root: SearchHit, info: Info) -> models.Task | None:
    """The task that matches, or the task of the comment."""
    return await info.context.load(RowBatch(models.Task), root.task_id)


async def comment_of(root: SearchHit, info: Info) -> models.Comment | None:
    """The comment that matches; null if the task itself does."""
    if root.comment_id is None:
        return None
    return await info.context.load(RowBatch(models.Comment), root.comment_id)


def snippet_of(root: SearchHit, info: Info) -> Awaitable[str]:
    """The text around the first match, as escaped HTML with each match in `<mark>`.

    It has at most 160 characters. A task that was found by its key shows its title.
    """
    return info.context.load(SnippetBatch(root.query), (root.task_id, root.comment_id))


@strawberry.type(description="A search hit: a task, or a comment on a task.")
class SearchResult:
    task: Task = resolver_field(task_of, plan=ByKey(models.Task, "task_id"))
    comment: Comment | None = resolver_field(comment_of, plan=ByKey(models.Comment, "comment_id"))
    snippet: str = resolver_field(snippet_of)
    score: float = strawberry.field(
        description="The relevance. Scores are comparable within one search."
    )


async def search(
    root: models.Workspace,
    info: Info,
    query: Annotated[
        str,
        strawberry.argument(
            description='Words, "phrases", -exclusions and prefix*. All words that are not '
            "excluded must match. A task's key finds that task first. A text without words finds "
            "nothing."
        ),
    ],
    first: Annotated[
        int | None, strawberry.argument(description=f"The number of hits: at most {MAX_SIZE}.")
    ] = DEFAULT_SIZE,
    after: Annotated[
        str | None, strawberry.argument(description="Return the hits after this cursor.")
    ] = None,
) -> ConnectionSource:
    """Full-text search over titles, bodies and comments, the best matches first."""
    parsed = parse_query(query, "query")
    size = parse_page_size("first", first)
    if parsed is None:
        return EmptyConnection()
    digest = hashlib.sha256(f"search:{parsed}".encode()).hexdigest()[:8]
    cursor = None if after is None else parse_cursor(after, digest)
    key = parse_task_key(query.strip())
    keyed = None if key is None else await info.context.load(TaskByKeyBatch(), (root.id, *key))
    first_id = None if keyed is None or keyed.deleted_at is not None else keyed.id
    return SearchConnection(root.id, size, parsed, digest, first_id, cursor)


def parse_cursor(cursor: str, digest: str) -> tuple[float, UUID]:
    """Return the score and the id of a search cursor. Raises `BadUserInput`."""
    score, hit = decode_cursor(cursor, digest, 2, "after")
    try:
        if not isinstance(score, int | float) or not math.isfinite(score):
            raise TypeError(score)
        return float(score), UUID(hex=hit)
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise BadUserInput("after: invalid cursor. Use a cursor that the API returned.") from None
