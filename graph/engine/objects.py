"""Planning of fields whose values are Python objects: results of resolvers, and attributes."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graphql import is_abstract_type, is_leaf_type

from graph.engine.declarations import Computed, Resolved
from graph.engine.expressions import are_hashable, view_of
from graph.engine.field_to_plan import DEFINITION, FieldToPlan
from graph.engine.leaves import LeafPlanner
from graph.engine.places import Expression, NotPlannable, Place, Shape, Source, StepKind
from graph.kit.node import models_by_name, objects_by_name

if TYPE_CHECKING:
    from graph.engine.planner import Planner


class ObjectPlanner:
    """Plans the Python objects of one operation."""

    def __init__(self, planner: "Planner", leaves: LeafPlanner) -> None:
        self.planner = planner
        self.leaves = leaves
        #: See `Planner.can_count`.
        self.can_count = True

    def computed(self, asked: FieldToPlan, declared: Computed) -> Expression:
        if not is_leaf_type(asked.kind):
            return self.calls(asked, declared.columns, _computation(declared.value))
        place = asked.place
        if place.has_objects:
            row: Expression = lambda: "r"  # noqa: E731
        else:
            view = self.leaves.constants.add(view_of(place.model, declared.columns))
            values = [self.leaves.value(place, name) for name in declared.columns]
            row = lambda: f"{view}({', '.join(one() for one in values)})"  # noqa: E731
        constant = self.leaves.constants.add(declared.value)
        return self.leaves.shown(asked, lambda: f"{constant}({row()}, X)")

    def resolved(self, asked: FieldToPlan, declared: Resolved) -> Expression:
        resolver = asked.field.base_resolver
        if resolver is None:
            raise NotPlannable(f"{asked.path}: no resolver")
        return self.calls(asked, declared.columns, _resolution(resolver))

    def calls(
        self, asked: FieldToPlan, columns: tuple[str, ...], resolver: Callable[..., Any]
    ) -> Expression:
        """Plan the calls of a resolver for all parents."""
        place = asked.place
        if place.has_objects:
            key: Expression = lambda: "id(r)"  # noqa: E731
        else:
            cells = [place.cell(name) for name in columns]
            if not cells and place.shape is not Shape.ROOT:
                raise NotPlannable(f"{asked.path}: the columns of the resolver are not declared")
            key = lambda: joined(cells)  # noqa: E731
            if not are_hashable(place.model, columns):
                key = lambda: "id(r)"  # noqa: E731
        if is_leaf_type(asked.kind):
            target = self.planner.place(asked.path, None, Shape.ONE, place, has_objects=True)
            expression = self.leaves.shown(asked, lambda: f"S[{target.number}][{key()}]")
        else:
            target, expression = self._objects(asked, key)
        self.planner.step(
            StepKind.CALLS,
            place.model,
            Source(place, columns, [target]),
            resolver=resolver,
            arguments=asked.arguments,
            is_list=asked.is_list and not is_leaf_type(asked.kind),
        )
        return expression

    def attribute(self, asked: FieldToPlan) -> Expression:
        """Plan an attribute of Python objects that holds an object or a list of them."""
        if not asked.place.has_objects:
            raise NotPlannable(f"{asked.path}: neither a column nor declared")
        target, expression = self._objects(asked, lambda: "id(r)")
        self.planner.step(
            StepKind.ATTRIBUTE,
            None,
            Source(asked.place, (), [target]),
            attribute=asked.field.python_name,
            is_list=asked.is_list,
        )
        return expression

    def _objects(self, asked: FieldToPlan, key: Expression) -> tuple[Place, Expression]:
        """Plan a place of Python objects; return it, and the expression that shows them."""
        shape = Shape.MANY if asked.is_list else Shape.ONE
        if shape is Shape.MANY:
            # An object may be in several lists, such as a task in the groups of its assignees.
            self.can_count = False
        model = model_of(asked.kind)
        target = self.planner.place(
            asked.path, asked.kind, shape, asked.place, model=model, has_objects=True
        )
        if is_abstract_type(asked.kind):
            if shape is Shape.MANY:
                raise NotPlannable(f"{asked.path}: a list of objects of several types")
            for name, of_type in self._classes_of(asked.kind).items():
                kind = self.planner.schema._schema.type_map[name]
                one = self.planner.place(
                    asked.path, kind, shape, asked.place, model=of_type, has_objects=True
                )
                target.by_model[of_type] = one
                self.planner.select(one, asked.selection_sets)
            self.can_count = False
        else:
            self.planner.select(target, asked.selection_sets)
        number = target.number
        asked.place.shown.append((target, key))
        if shape is Shape.MANY:
            return target, lambda: f"P[{number}].get({key()}, E)"
        if asked.is_required:
            return target, lambda: f"P[{number}][{key()}]"
        return target, lambda: f"P[{number}].get({key()})"

    def _classes_of(self, kind: Any) -> dict[str, Any]:
        """Return the classes of an interface's or a union's values, by the names of their types."""
        classes = {**models_by_name(), **objects_by_name()}
        return {
            one.name: classes[one.name]
            for one in self.planner.schema._schema.get_possible_types(kind)
        }


def joined(keys: Sequence[Expression]) -> str:
    """Return the expression of a key of several columns: 0, a value or a tuple."""
    if len(keys) < 2:
        return keys[0]() if keys else "0"
    return f"({', '.join(key() for key in keys)})"


def model_of(kind: Any) -> Any:
    """Return the model whose rows are objects of a type, if any."""
    definition = (kind.extensions or {}).get(DEFINITION)
    return getattr(getattr(definition, "origin", None), "model", None)


def _computation(value: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def call(root: Any, info: Any, arguments: Mapping[str, Any]) -> Any:
        return value(root, info.context)

    return call


def _resolution(resolver: Any) -> Callable[..., Any]:
    """Return a function that calls a resolver with the parameters that it has."""
    function = resolver.wrapped_func
    names = set(inspect.signature(function).parameters)

    def call(root: Any, info: Any, arguments: Mapping[str, Any]) -> Any:
        common = {"root": root, "info": info, "self": root}
        return function(**{name: common[name] for name in common if name in names}, **arguments)

    return call
