"""Snippets: the part of a text around the first match of a search."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

import models
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.relations.batches import union_of
from graph.kit.relations.keys import column_in
from models.columns.types import long_text
from models.search.query import SearchQuery, first_match

#: The most characters of a snippet, and of them before the first match.
LENGTH, BEFORE = 160, 50
#: Characters that are read around the first match. A match that the end of this excerpt cuts off
#: starts after the end of the snippet.
EXCERPT_BEFORE, EXCERPT = 100, 1000


@dataclass(frozen=True)
class Excerpt:
    """A part of a text. `start` is its place in the text, `match` the first match's place in it."""

    text: str
    start: int = 0
    match: int = 0
    has_more: bool = False


@dataclass(frozen=True)
class SnippetBatch:
    """The snippets of hits. A batch key is a task, and a comment on it or None for the task."""

    query: SearchQuery
    waits_for_others: bool = False

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[tuple[UUID, UUID | None]]
    ) -> list[str]:
        comments = [comment for _, comment in keys if comment is not None]
        tasks = [task for task, comment in keys if comment is None]
        branches = [
            self._excerpts(scope, model, ids, title)
            for model, ids, title in (
                (models.Task, tasks, models.Task.title),
                (models.Comment, comments, literal(None, long_text())),
            )
            if ids
        ]
        snippets = {
            key: make_snippet(self.query, excerpt_at(text, position), Excerpt(title or ""))
            for key, position, text, title in await session.execute(union_of(branches))
        }
        return [snippets.get(comment or task, "") for task, comment in keys]

    def _excerpts(
        self, scope: ReadScope, model: Any, ids: Sequence[UUID], title: Any
    ) -> Select[Any]:
        """Select the IDs of rows, the place of their first match, and the text around it.

        The database cuts the texts, which can be long.
        """
        position = first_match(model.body, self.query, scope.database.kind)
        matches = visible(model, scope.viewer, model.id, position.label("position"))
        # With LIMIT, no database merges the subquery and computes the position more than once.
        found = matches.where(column_in(model.id, ids, scope.database)).limit(len(ids)).subquery()
        start = case(
            (found.c.position > EXCERPT_BEFORE, found.c.position - EXCERPT_BEFORE), else_=1
        )
        text = func.substr(model.body, start, EXCERPT + 1)
        # scope: `found` is restricted already.
        rows = select(model.id, found.c.position, text, title)
        return rows.join(found, found.c.id == model.id)


def excerpt_at(text: str, position: int) -> Excerpt:
    """Return an excerpt that the database has cut; `position` counts from 1."""
    start = max(0, position - EXCERPT_BEFORE - 1)
    return Excerpt(text[:EXCERPT], start, position - 1 - start, len(text) > EXCERPT)


def make_snippet(query: SearchQuery, *excerpts: Excerpt) -> str:
    """Return the text around the first match, as escaped HTML with each match in `<mark>`.

    Whole matches in any of the excerpts come before parts of words. Databases split texts into
    words by rules of their own, so that a hit may have only the latter.
    """
    for pattern in (query.pattern, query.loose_pattern):
        compiled = re.compile(pattern)
        for excerpt in excerpts:
            first = compiled.search(excerpt.text, excerpt.match)
            if first is not None:
                return _marked(excerpt, first.start(), compiled)
    return html.escape(excerpts[-1].text[:LENGTH])


def _marked(excerpt: Excerpt, match: int, pattern: re.Pattern[str]) -> str:
    text = excerpt.text
    start = max(0, match - BEFORE)
    if start or excerpt.start:
        # Begin with a whole word, unless the word before the match is too long.
        space = text.find(" ", start, match)
        start = space + 1 if space >= 0 else start
    end = min(len(text), start + LENGTH)
    pieces = ["…"] if start or excerpt.start else []
    done = start
    for found in pattern.finditer(text, match):
        if found.start() >= end:
            break
        marked = text[found.start() : min(found.end(), end)]
        pieces += [html.escape(text[done : found.start()]), f"<mark>{html.escape(marked)}</mark>"]
        done = min(found.end(), end)
    pieces.append(html.escape(text[done:end]))
    if end < len(text) or excerpt.has_more:
        pieces.append("…")
    return "".join(pieces)
