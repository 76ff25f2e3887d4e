"""What varies between two runs of a statement, as named parameters.

A statement is compiled once for all viewers of a shape, all keys, page sizes, cursors and values of
filters. Nothing of a request is part of its text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Integer, any_, bindparam, cast, false
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.sql.expression import FromClause

from graph.kit.paging.keyset import Order
from graph.kit.paging.page_arguments import PageArguments
from graph.kit.relations.keys import unnested
from models.base import column_of
from models.columns.types import uuid_type
from models.database import Database
from models.database.list_parameters import padded, padded_length
from models.viewer import MANY_WORKSPACES, Scope, Viewer

#: What the names of parameters begin with whose values are raw keys: no processor applies to them.
KEY_PREFIX = "key"


def parameter(name: str, type_: Any) -> Any:
    # With a value, because a parameter without one is required when a statement is compiled.
    return bindparam(name, None, type_=type_)


@dataclass(frozen=True)
class ListParameter:
    """A list of values: an array, or elsewhere a padded number of parameters."""

    name: str
    length: int

    @classmethod
    def for_values(cls, name: str, count: int, database: Database) -> "ListParameter":
        return cls(name, min(count, 2) if database.has_arrays else padded_length(count))

    def match(self, column: Any, database: Database) -> ColumnElement[bool]:
        """Return the condition that a column has one of the values."""
        if self.length == 1:
            condition: ColumnElement[bool] = column == parameter(self.name, column.type)
        elif database.has_arrays:
            values: Any = self.array(column)
            condition = column == any_(values)
        else:
            names = [f"{self.name}_{place}" for place in range(self.length)]
            condition = column.in_([parameter(name, column.type) for name in names])
        return condition

    def array(self, column: Any) -> Any:
        return self.array_of(column.type)

    def array_of(self, type_: Any) -> Any:
        """Return the values as an array, for databases that have arrays."""
        if self.length == 1:
            return cast(array([parameter(self.name, type_)]), ARRAY(type_))
        return parameter(self.name, ARRAY(type_))

    def values(self, values: Sequence[Any], database: Database) -> Mapping[str, Any]:
        """Return the values by the names of their parameters."""
        if self.length == 1:
            return {self.name: values[0]}
        if database.has_arrays:
            return {self.name: list(values)}
        return {f"{self.name}_{place}": one for place, one in enumerate(padded(values))}


@dataclass(frozen=True)
class KeyParameter:
    """Keys that are bound late; see `Keys`."""

    parameter: ListParameter
    database: Database

    @property
    def is_single(self) -> bool:
        return self.parameter.length == 1

    def match(self, column: Any) -> ColumnElement[bool]:
        return self.parameter.match(column, self.database)

    def table(self, column: ColumnElement[Any]) -> FromClause:
        return unnested(self.parameter.array(column), column)


@dataclass(frozen=True)
class ViewerShape:
    """What about a viewer makes their statements different ones."""

    is_signed_in: bool
    #: The number of workspaces: 0, 1, or as `ListParameter.length`; -1 for many.
    workspaces: int
    administered: int
    scope: Scope
    is_limited: bool

    @classmethod
    def of(cls, viewer: Viewer, database: Database) -> "ViewerShape":
        count = len(viewer.roles)
        return cls(
            viewer.user_id is not None,
            -1 if count > MANY_WORKSPACES else _length(count, database),
            _length(len(viewer.administered), database),
            viewer.scope,
            viewer.only_workspace_id is not None,
        )


def _length(count: int, database: Database) -> int:
    return ListParameter.for_values("", count, database).length if count else 0


class LateViewer(Viewer):
    """A viewer whose keys are parameters, for the conditions of what they may see."""

    shape: ViewerShape
    database: Database

    @classmethod
    def of(cls, shape: ViewerShape, database: Database) -> "LateViewer":
        made = cls(
            user_id=parameter("viewer_id", uuid_type()) if shape.is_signed_in else None,
            scope=shape.scope,
            only_workspace_id=parameter("viewer_only", uuid_type()) if shape.is_limited else None,
        )
        object.__setattr__(made, "shape", shape)
        object.__setattr__(made, "database", database)
        return made

    def can_reach(self, workspace_id: Any) -> ColumnElement[bool]:
        length = self.shape.workspaces
        if length < 0:
            return self.has_membership(workspace_id)
        if length == 0:
            return false()
        return ListParameter("viewer_workspaces", length).match(workspace_id, self.database)

    @property
    def administered(self) -> frozenset[UUID]:
        """Not known; whether there are any is."""
        return frozenset({UUID(int=0)}) if self.shape.administered else frozenset()

    def administers(self, workspace_id: Any) -> ColumnElement[bool]:
        length = self.shape.administered
        if length == 0:
            return false()
        return ListParameter("viewer_administered", length).match(workspace_id, self.database)


def viewer_values(viewer: Viewer, shape: ViewerShape, database: Database) -> dict[str, Any]:
    """Return the values of a `LateViewer`'s parameters."""
    values: dict[str, Any] = {"viewer_id": viewer.user_id, "viewer_only": viewer.only_workspace_id}
    if shape.workspaces > 0:
        reached = ListParameter("viewer_workspaces", shape.workspaces)
        values.update(reached.values(list(viewer.roles), database))
    if shape.administered > 0:
        administered = ListParameter("viewer_administered", shape.administered)
        values.update(administered.values(sorted(viewer.administered), database))
    return values


@dataclass(frozen=True)
class LatePage(PageArguments):
    """A page whose size and cursor are bound late."""

    prefix: str = ""

    @property
    def limit(self) -> Any:
        return parameter(f"{self.prefix}_limit", Integer())

    @classmethod
    def of(cls, page: PageArguments, order: Order, prefix: str) -> "LatePage":
        cursor = None
        if page.cursor is not None:
            cursor = tuple(
                None
                if value is None
                else parameter(f"{prefix}_after_{place}", _type_of(order, term.name))
                for place, (value, term) in enumerate(zip(page.cursor, order.terms, strict=True))
            )
        return cls(page.size, page.backward, cursor, prefix)


def page_size(prefix: str) -> Any:
    """Return the parameter with the size of a page, without the row beyond it."""
    return parameter(f"{prefix}_size", Integer())


def page_values(page: PageArguments, prefix: str) -> dict[str, Any]:
    """Return the values of a `LatePage`'s parameters."""
    values = {f"{prefix}_limit": page.limit, f"{prefix}_size": page.size}
    for place, value in enumerate(page.cursor or ()):
        if value is not None:
            values[f"{prefix}_after_{place}"] = value
    return values


def _type_of(order: Order, name: str) -> Any:
    return column_of(getattr(order.model, name)).type
