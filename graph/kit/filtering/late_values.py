"""Values that are bound when a statement is executed.

A condition holds its values. For a statement that is compiled once and executed often, they are
replaced by late values: equal conditions with other values then have equal templates.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, any_, bindparam

from models.database import Database
from models.database.list_parameters import padded


@dataclass(frozen=True)
class LateValue:
    """The value of a parameter. Of a list, `length` is the number of its values, padded."""

    name: str
    length: int = 0

    def parameter(self, type_: Any) -> Any:
        return bindparam(self.name, None, type_=type_)

    def contains(self, column: Any, database: Database) -> ColumnElement[bool]:
        """Return the condition that a column has one of the values of the list."""
        if database.has_arrays:
            array: Any = bindparam(self.name, None, type_=ARRAY(column.type))
            condition: ColumnElement[bool] = column == any_(array)
        else:
            names = [f"{self.name}_{place}" for place in range(self.length)]
            condition = column.in_([bindparam(name, None, type_=column.type) for name in names])
        return condition


@dataclass
class LateValues:
    """Collects the values of conditions, and names their parameters."""

    database: Database
    prefix: str
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any) -> LateValue:
        late = LateValue(f"{self.prefix}_{len(self.values)}")
        self.values[late.name] = value
        return late

    def add_list(self, values: tuple[Any, ...]) -> LateValue:
        name = f"{self.prefix}_{len(self.values)}"
        if self.database.has_arrays:
            self.values[name] = list(values)
            return LateValue(name)
        full = padded(values)
        self.values |= {f"{name}_{place}": value for place, value in enumerate(full)}
        return LateValue(name, len(full))
