"""Full-text queries in arguments, and the condition that a task matches one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, not_, select, union_all

import models
from graph.kit.errors import BadUserInput
from graph.kit.filtering.comparators import validated_text
from graph.kit.filtering.conditions import Always, Condition
from graph.kit.filtering.late_values import LateValues
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.relations.parameters import parameter
from models.search.query import SearchError, SearchQuery, matching_rows

#: The longest query, in characters.
MAX_LENGTH = 500
#: The text of a query by the kind of database, if that is a single value.
LATE_QUERIES: Mapping[str, Callable[[SearchQuery], str]] = {
    "postgresql": SearchQuery.to_tsquery,
    "sqlite": SearchQuery.to_fts5,
}


@dataclass(frozen=True)
class LateQuery(SearchQuery):
    """A query whose text is a parameter."""

    name: str = "query"

    def to_tsquery(self) -> Any:
        return parameter(self.name, String())

    to_fts5 = to_tsquery


def parse_query(text: str, argument: str) -> SearchQuery | None:
    """Return the query of an argument; None if it has no words. Raise `BadUserInput`."""
    if len(text) > MAX_LENGTH:
        raise BadUserInput(f"{argument}: at most {MAX_LENGTH} characters, not {len(text)}.")
    try:
        return SearchQuery.parse(validated_text(text))
    except (SearchError, BadUserInput) as error:
        raise BadUserInput(f"{argument}: {error}") from None


@dataclass(frozen=True)
class TaskMatches(Condition):
    """A task's title or body matches a query, or one of its comments does."""

    query: SearchQuery

    @classmethod
    def parse(cls, text: str, argument: str) -> Condition:
        query = parse_query(text, argument)
        return Always(False) if query is None else cls(query)

    def render(self, row: Any, scope: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        kind = scope.database.kind
        task, comment = models.Task, models.Comment
        tasks = visible(task, scope.viewer, task.id).correlate(None)
        comments = visible(comment, scope.viewer, comment.task_id).correlate(None)
        found = union_all(
            matching_rows(tasks, "tasks", self.query, kind)[0],
            matching_rows(comments, "comments", self.query, kind)[0],
        ).subquery()
        # As a derived table: MariaDB would search again for each task.
        matches = select(found.c[0])  # scope: both parts are restricted already.
        inside: ColumnElement[bool] = row.id.in_(matches)
        return not_(inside) if negated else inside

    def template(self, late: LateValues) -> Condition:
        to_text = LATE_QUERIES.get(late.database.kind)
        if to_text is None:
            return self
        return TaskMatches(LateQuery((), late.add(to_text(self.query)).name))

    @property
    def is_selective(self) -> bool:
        return True
