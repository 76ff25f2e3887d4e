"""Row locks, and the prepared queries that lock the rows that a viewer can see.

The queries are kept: to build one takes longer than to execute it. They depend on the viewer's
workspaces, and on nothing else of a request.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select

from graph.kit.loading.scope import visible
from models.base import Base
from models.database.list_parameters import is_any
from models.viewer import Viewer

#: Queries that are kept: for each of the latest viewers, those of some models.
KEPT = 1024


@dataclass(frozen=True)
class Lock:
    """A row lock of PostgreSQL. MariaDB has only two of them, SQLite has none."""

    read: bool = False
    key_share: bool = False

    def apply(self, rows: Select[Any], of: Any) -> Select[Any]:
        return rows.with_for_update(of=of, read=self.read, key_share=self.key_share)


#: FOR UPDATE: for a row that is to be deleted.
FOR_DELETION = Lock()
#: FOR NO KEY UPDATE: blocks other writers of the row, but not foreign keys to it.
FOR_UPDATE = Lock(key_share=True)
#: FOR KEY SHARE: keeps a row from being deleted while another row is made to refer to it.
FOR_REFERENCE = Lock(read=True, key_share=True)


@lru_cache(KEPT)
def visible_in_order(model: type[Base], viewer: Viewer, lock: Lock | None) -> Select[Any]:
    """Select the rows that a viewer can see in the order of their keys, locked."""
    rows = visible(model, viewer).order_by(model.id)  # type: ignore[attr-defined]
    return rows if lock is None else lock.apply(rows, model)


@lru_cache(KEPT)
def visible_by_key(model: type[Base], viewer: Viewer, kind: str, lock: Lock | None) -> Select[Any]:
    """Select those of `visible_in_order` that have one of the parameter `keys`."""
    key = model.id  # type: ignore[attr-defined]
    return visible_in_order(model, viewer, lock).where(is_any(key, "keys", kind))
