"""Selects that are built once, for batches whose SQL takes longer to build than to run."""

from collections.abc import Callable, Hashable
from typing import Any

from sqlalchemy.sql.expression import Select

from graph.kit.loading.loaders import ReadScope
from graph.kit.lru_cache import LRUCache
from graph.kit.relations.parameters import LateViewer, ViewerShape, viewer_values


class KeptSelects:
    """The selects of one kind of batch, by what makes them different ones."""

    def __init__(self, count: int = 200) -> None:
        self._selects: LRUCache[Hashable, Select[Any]] = LRUCache(count)

    def find(
        self, scope: ReadScope, shape: Hashable, build: Callable[[ReadScope], Select[Any]]
    ) -> tuple[Select[Any], dict[str, Any]]:
        """Return the select of a shape, and the values of the viewer's parameters.

        `build` gets a scope whose viewer's keys are parameters. Everything else that varies must be
        a parameter too, or part of the shape.
        """
        database = scope.database
        viewer = ViewerShape.of(scope.viewer, database)
        key = (database.kind, viewer, shape)
        select = self._selects.get(key)
        if select is None:
            late = ReadScope(database, LateViewer.of(viewer, database), scope.texts)
            select = build(late)
            self._selects.put(key, select)
        return select, viewer_values(scope.viewer, viewer, database)
