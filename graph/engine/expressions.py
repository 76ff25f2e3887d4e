"""What generated code refers to: constants, and small functions."""

from collections.abc import Callable, Sequence
from functools import cache
from inspect import isfunction
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import InstrumentedAttribute

from graph.engine.codecs import NotShown
from models.base import column_of


class Constants:
    """Values that generated code refers to by name."""

    def __init__(self) -> None:
        self.by_name: dict[str, Any] = {}
        self._names: dict[int, str] = {}

    def add(self, value: Any) -> str:
        """Return the name of a constant. The value is kept, so that its identity stays its own."""
        name = self._names.get(id(value))
        if name is None:
            name = self._names[id(value)] = f"K{len(self.by_name)}"
            self.by_name[name] = value
        return name


def not_null(value: Any) -> Any:
    """Return a value that must not be null; the reference executor reports one that is."""
    if value is None:
        raise NotShown(value)
    return value


@cache
def are_hashable(model: Any, columns: Sequence[str]) -> bool:
    """Whether the raw values of columns can be keys. Some drivers return JSON as dictionaries."""
    return not any(isinstance(column_of(getattr(model, name)).type, JSON) for name in columns)


@cache
def view_of(model: Any, columns: Sequence[str]) -> Callable[..., Any]:
    """Return a function that makes objects with some columns of a model from their values.

    They also have the model's methods and constants. Reading another column fails.
    """

    def inherited(row: Any, name: str) -> Any:
        found = getattr(model, name)
        if isinstance(found, InstrumentedAttribute):
            raise AttributeError(f"{model.__name__}.{name} is not among the declared columns")
        return found.__get__(row) if isfunction(found) else found

    name = f"{getattr(model, '__name__', 'Root')}View"
    view = type(name, (), {"__slots__": tuple(columns), "__getattr__": inherited})

    def make(*values: Any) -> Any:
        made = view()
        for name, value in zip(columns, values, strict=True):
            setattr(made, name, value)
        return made

    return make
