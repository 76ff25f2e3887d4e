"""Expressions of values: columns, attributes, global IDs and keys."""

from collections.abc import Callable
from typing import Any

from graph.engine.codecs import Codecs
from graph.engine.codecs import shown as shown_value
from graph.engine.declarations import GlobalId
from graph.engine.expressions import Constants, not_null
from graph.engine.field_to_plan import FieldToPlan
from graph.engine.places import Expression, NotPlannable, Place
from graph.kit.node import prefix_of
from models.base import column_of


class LeafPlanner:
    """Plans the values of one operation."""

    def __init__(self, codecs: Codecs, constants: Constants) -> None:
        self.codecs = codecs
        self.constants = constants
        #: Whether a value may hold objects of its own, which count as objects of the answer.
        self.has_json = False

    def column(self, asked: FieldToPlan) -> Expression:
        place, name = asked.place, asked.field.python_name
        if place.has_objects:
            return self.shown(asked, place.cell(name))
        attribute = getattr(place.model, name, None)
        if attribute is None or not hasattr(attribute, "property"):
            raise NotPlannable(f"{asked.path}: no column")
        column, cell = column_of(attribute), place.cell(name)
        try:
            output = self.codecs.output(column.type, asked.kind)
        except LookupError as error:
            raise NotPlannable(f"{asked.path}: {error}") from None
        expression = cell
        if output is not None:
            constant = self.constants.add(output)
            expression = lambda: f"{constant}({cell()})"  # noqa: E731
        return self.required(asked, expression) if column.nullable else expression

    def required(self, asked: FieldToPlan, expression: Expression) -> Expression:
        """Let the reference executor report a null where there must be none."""
        if not asked.is_required:
            return expression
        constant = self.constants.add(not_null)
        return lambda: f"{constant}({expression()})"

    def shown(self, asked: FieldToPlan, expression: Expression) -> Expression:
        """Show a Python value, or a list of them, as graphql-core does."""
        leaf = asked.kind
        if leaf.name == "JSON":
            self.has_json = True

        def show(value: Any) -> Any:
            return shown_value(leaf, value)

        def show_list(values: Any) -> Any:
            return None if values is None else [shown_value(leaf, value) for value in values]

        constant = self.constants.add(show_list if asked.is_list else show)
        return self.required(asked, lambda: f"{constant}({expression()})")

    def global_id(self, asked: FieldToPlan, declared: GlobalId) -> Expression:
        place = asked.place
        if place.model is None:
            raise NotPlannable(f"{asked.path}: the model is not known")
        prefix = f"{prefix_of(place.model)}_"
        cell = place.cell("id")
        digits = "hex" if place.has_objects or self.codecs.kind == "postgresql" else "hex()"
        return lambda: f"'{prefix}' + {cell()}.{digits}"

    def value(self, place: Place, column: str) -> Expression:
        """Return the expression of a column's value as the ORM would load it."""
        cell = place.cell(column)
        if place.has_objects:
            return cell
        reader = self.codecs.reader(column_of(getattr(place.model, column)).type)
        if reader is None:
            return cell
        constant = self.constants.add(reader)
        return lambda: f"{constant}({cell()})"

    def key(self, place: Place, column: str) -> Expression:
        """Return the expression of a raw key."""
        cell = place.cell(column)
        if not place.has_objects or self.codecs.kind == "postgresql":
            return cell
        constant = self.constants.add(self.codecs.raw_key)
        return lambda: f"{constant}({cell()})"

    def far_value(self, target: Place, name: str) -> Callable[[str], str]:
        assert target.step is not None
        step = target.step
        step.need(name)
        reader = self.codecs.reader(column_of(getattr(target.model, name)).type)
        constant = None if reader is None else self.constants.add(reader)

        def write(row: str) -> str:
            cell = f"{row}[{target.step_position(name)}]"
            return cell if constant is None else f"{constant}({cell})"

        return write
