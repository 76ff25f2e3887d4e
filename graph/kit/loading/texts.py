"""Long texts: an operation reads those that it selects, and no more than a limit of bytes.

A title is short, but a body may have a hundred thousand characters. Rows are therefore loaded
without their long texts, unless the operation selects these somewhere.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import InstrumentedAttribute, defer
from sqlalchemy.orm.interfaces import ORMOption
from sqlalchemy.orm.util import AliasedClass
from strawberry.utils.str_converters import to_camel_case

from graph.kit.errors import ReadLimitExceeded
from models.base import Base, long_texts

#: A field of the schema: the names of its type and its own.
Field = tuple[str, str]
#: The most rows with long texts of one statement. Their bytes are counted between statements.
MAX_ROWS = 1_000


class LongTexts:
    """The long texts that one operation may read.

    `selected` are the fields that the operation selects; None stands for all fields.
    """

    def __init__(self, selected: set[Field] | None = None, max_bytes: float = math.inf) -> None:
        self.selected = selected
        self.max_bytes = max_bytes
        self.bytes_read = 0

    def are_read(self, model: type[Base]) -> bool:
        """Whether rows of a model are loaded with any long text."""
        return len(self.unread(model)) < len(long_texts(model))

    def options(self, row: type[Base] | AliasedClass[Any]) -> list[ORMOption]:
        """The options of a select of rows: those that leave out the texts not selected."""
        model = inspect(row).mapper.class_
        return [defer(getattr(row, name), raiseload=True) for name in self.unread(model)]

    def columns(self, model: type[Base]) -> list[InstrumentedAttribute[Any]]:
        """The columns of a model for a subquery, without the texts that are not selected."""
        unread = self.unread(model)
        names = (one.key for one in inspect(model).column_attrs)
        return [getattr(model, name) for name in names if name not in unread]

    def count(self, rows: Iterable[Any]) -> None:
        """Count the bytes of loaded rows of one model.

        Raises `ReadLimitExceeded` if they are too many.
        """
        names: list[str] | None = None
        for row in rows:
            if names is None:
                model: type[Base] = type(row)
                unread = self.unread(model)
                names = [name for name in long_texts(model) if name not in unread]
            if not names:
                break
            self.bytes_read += sum(_size(getattr(row, name)) for name in names)
        self.check()

    def count_values(self, values: Iterable[Any]) -> None:
        """Count the bytes of texts, as `count` does those of rows."""
        self.bytes_read += sum(map(_size, values))
        self.check()

    def check(self) -> None:
        """Raise `ReadLimitExceeded` if too many bytes have been read."""
        if self.bytes_read > self.max_bytes:
            raise ReadLimitExceeded(
                f"The operation reads more than {self.max_bytes:,} bytes of long texts. Select "
                "fewer of them, or smaller pages.",
                limit=self.max_bytes,
                value=self.bytes_read,
            )

    def unread(self, model: type[Base]) -> tuple[str, ...]:
        """The long texts of a model that are not read."""
        if self.selected is None:
            return ()
        names = long_texts(model)
        return tuple(name for name in names if self.selected.isdisjoint(_fields(model, name)))


def _size(value: Any) -> int:
    """The bytes of a text, or of all texts in a JSON value."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode(errors="replace"))
    inner = value.values() if isinstance(value, dict) else value
    return sum(map(_size, inner)) if isinstance(value, dict | list) else 0


#: The further fields that read long texts, by model and name of the text.
_READERS: defaultdict[tuple[type[Base], str], set[Field]] = defaultdict(set)


def register_reader(model: type[Base], name: str, field: str) -> None:
    """Note that another field of the model's type reads a long text. Called at import time."""
    _READERS[model, name].add((model.__name__, field))


@cache
def _fields(model: type[Base], name: str) -> frozenset[Field]:
    """The fields that read a long text of a model."""
    return frozenset({(model.__name__, to_camel_case(name)), *_READERS[model, name]})
