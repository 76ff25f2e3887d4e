"""From a valid document to places and steps.

The planner walks the operation once. For each field it creates the step that loads what the field
shows, and an expression that writes it: generated code is put together from these expressions once
the positions of columns are known.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from strawberry.types.field import StrawberryField

from graph.engine.arguments import FieldArguments
from graph.engine.codecs import Codecs, shown
from graph.engine.connections import ConnectionPlanner
from graph.engine.declarations import (
    PLAN,
    ById,
    ByIds,
    ByKey,
    ByTypeAndKey,
    Computed,
    Derived,
    GlobalId,
    Listing,
    Lookup,
    Resolved,
    ToMany,
    ToOne,
    ViewerRow,
)
from graph.engine.expressions import Constants, not_null, view_of
from graph.engine.places import (
    Expression,
    NotPlannable,
    Place,
    Shape,
    Source,
    Step,
    StepKind,
)
from graph.engine.selections import Selections
from graph.kit.node import decode_id, models_by_name, name_of, prefix_of
from graph.kit.paging.page_arguments import DEFAULT_SIZE, MAX_SIZE
from graph.kit.relations.batches import MANY_ROWS
from models.base import column_of

DEFINITION = "strawberry-definition"


class FieldToPlan:
    """One field of the document, at one place."""

    def __init__(
        self, place: Place, key: str, definition: GraphQLField, nodes: list[FieldNode], schema: Any
    ) -> None:
        self.place = place
        self.key = key
        self.definition = definition
        self.nodes = nodes
        own = definition.extensions.get(DEFINITION)
        self.path = f"{place.path}.{key}" if place.path else key
        if own is None or own.extensions or own.permission_classes:
            raise NotPlannable(f"{self.path}: not a field of Strawberry's, or with extensions")
        self.field: StrawberryField = own
        self.declared = own.metadata.get(PLAN)
        self.arguments = FieldArguments(schema, definition, own, nodes[0])
        self.kind: Any = get_named_type(definition.type)
        self.is_required = is_non_null_type(definition.type)
        kind: Any = definition.type
        self.is_list = is_list_type(kind.of_type if self.is_required else kind)

    @property
    def selection_sets(self) -> list[SelectionSetNode]:
        return [node.selection_set for node in self.nodes if node.selection_set is not None]


class Planner:
    """Plans one operation."""

    def __init__(self, schema: Any, codecs: Codecs, selections: Selections, coerced: Any) -> None:
        self.schema = schema
        self.codecs = codecs
        self.selections = selections
        #: The variables, coerced: a plan is made for given ones, and depends on few of them.
        self.coerced = coerced
        self.constants = Constants()
        self.places: list[Place] = []
        self.steps: list[Step] = []
        #: Whether the objects of the answer's lists can be counted by its places alone.
        self.can_count = True
        self.connections = ConnectionPlanner(self)
        self._planners: Mapping[Any, Callable[[FieldToPlan, Any], Expression]] = {
            ToOne: self._to_one,
            Derived: self._derived,
            ToMany: self.connections.plan,
            Listing: self._listing,
            Lookup: self._lookup,
            ViewerRow: self._viewer,
            ById: self._by_id,
            ByIds: self._by_ids,
            ByKey: self._by_key,
            ByTypeAndKey: self._by_type_and_key,
            Computed: self._computed,
            Resolved: self._resolved,
            GlobalId: self._global_id,
        }

    def estimate_texts(self) -> None:
        """Estimate the rows of the steps that read long texts. Page sizes decide about them."""
        for step in self.steps:
            if step.long_texts:
                [source] = step.sources
                parents = 1 if source.place is None else self._rows_of(source.place)
                step.rows_with_texts = parents * self._rows_for_key(step)

    def _rows_of(self, place: Place) -> int:
        """Return the most rows that a place is expected to have."""
        if place.shape is Shape.ROOT or place.parent is None:
            return 1
        rows = self._rows_of(place.parent)
        if place.shape is Shape.ONE:
            return rows * (MAX_SIZE if place.has_many_keys else 1)
        return rows * (MANY_ROWS if place.step is None else self._rows_for_key(place.step))

    def _rows_for_key(self, step: Step) -> int:
        if step.kind is StepKind.LIST:
            return MANY_ROWS
        if step.kind is not StepKind.PAGE:
            return 1
        assert step.arguments is not None
        for name in ("first", "last"):
            size = self.selections.argument(step.arguments.node, name)
            if isinstance(size, int | float):
                return max(1, min(int(size), MAX_SIZE))
        return DEFAULT_SIZE

    def plan(self, operation: OperationDefinitionNode) -> Place:
        """Plan the operation, and return the place of its root."""
        if operation.directives:
            raise NotPlannable("directives of the operation")
        kind = self.schema._schema.get_root_type(operation.operation)
        root = self.place("", kind, Shape.ROOT, None)
        self.select(root, [operation.selection_set])
        return root

    def plan_object(self, kind: Any, nodes: Sequence[FieldNode]) -> Place:
        """Plan what fields select of an object that is known, and return its place."""
        root = self.place("", kind, Shape.ROOT, None, has_objects=True)
        self.select(root, [node.selection_set for node in nodes if node.selection_set])
        return root

    # Places and steps

    def place(
        self, path: str, kind: Any, shape: Shape, parent: Place | None, **attributes: Any
    ) -> Place:
        place = Place(len(self.places), path, kind, shape, parent=parent, **attributes)
        self.places.append(place)
        if parent is not None:
            parent.has_children = True
        return place

    def step(self, kind: StepKind, model: Any, source: Source, **attributes: Any) -> Step:
        step = Step(len(self.steps), kind, model, [source], **attributes)
        self.steps.append(step)
        source.number = step.number
        for target in source.targets:
            target.step = step
        return step

    def select(self, place: Place, selection_sets: Sequence[SelectionSetNode]) -> None:
        """Plan the fields of the objects of a place."""
        kind: GraphQLObjectType = place.kind
        for key, nodes in self.selections.fields(kind, selection_sets).items():
            place.outputs.append((key, self._output(place, key, nodes)))

    def _output(self, place: Place, key: str, nodes: list[FieldNode]) -> Expression:
        name = nodes[0].name.value
        if name == "__typename":
            return lambda: repr(place.kind.name)
        definition = place.kind.fields.get(name)
        if definition is None:
            raise NotPlannable(f"{place.kind.name}.{name}: introspection")
        asked = FieldToPlan(place, key, definition, nodes, self.schema)
        if asked.declared is not None:
            return self._planners[type(asked.declared)](asked, asked.declared)
        if asked.field.base_resolver is not None:
            raise NotPlannable(f"{place.kind.name}.{name}: a resolver without a declaration")
        if is_leaf_type(asked.kind):
            return self._leaf(asked)
        return self._attribute(asked)

    # Leaves

    def _leaf(self, asked: FieldToPlan) -> Expression:
        place, name = asked.place, asked.field.python_name
        if place.has_objects:
            return self._shown(asked, place.cell(name))
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
        return self._required(asked, expression) if column.nullable else expression

    def _required(self, asked: FieldToPlan, expression: Expression) -> Expression:
        """Let the reference executor report a null where there must be none."""
        if not asked.is_required:
            return expression
        constant = self.constants.add(not_null)
        return lambda: f"{constant}({expression()})"

    def _shown(self, asked: FieldToPlan, expression: Expression) -> Expression:
        """Show a Python value, or a list of them, as graphql-core does."""
        leaf = asked.kind
        if leaf.name == "JSON":
            self.can_count = False

        def show(value: Any) -> Any:
            return shown(leaf, value)

        def show_list(values: Any) -> Any:
            return None if values is None else [shown(leaf, value) for value in values]

        constant = self.constants.add(show_list if asked.is_list else show)
        return self._required(asked, lambda: f"{constant}({expression()})")

    def _global_id(self, asked: FieldToPlan, declared: GlobalId) -> Expression:
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

    def _derived(self, asked: FieldToPlan, declared: Derived) -> Expression:
        place = asked.place
        target, key = self._related(asked, declared.relation, None)
        near = [self.value(place, name) for name in declared.near]
        far = [self._far(target, name) for name in declared.far]
        constant = self.constants.add(declared.value)

        def write() -> str:
            there = f"S[{target.number}][{key()}]"
            values = [*(one() for one in near), *(one(there) for one in far)]
            return f"{constant}({', '.join(values)})"

        return write

    def _far(self, target: Place, name: str) -> Callable[[str], str]:
        assert target.step is not None
        step = target.step
        step.need(name)
        reader = self.codecs.reader(column_of(getattr(target.model, name)).type)
        constant = None if reader is None else self.constants.add(reader)

        def write(row: str) -> str:
            cell = f"{row}[{target.step_position(name)}]"
            return cell if constant is None else f"{constant}({cell})"

        return write

    def _computed(self, asked: FieldToPlan, declared: Computed) -> Expression:
        if not is_leaf_type(asked.kind):
            return self._calls(asked, declared.columns, _computation(declared.value))
        place = asked.place
        if place.has_objects:
            row: Expression = lambda: "r"  # noqa: E731
        else:
            view = self.constants.add(view_of(place.model, declared.columns))
            values = [self.value(place, name) for name in declared.columns]
            row = lambda: f"{view}({', '.join(one() for one in values)})"  # noqa: E731
        constant = self.constants.add(declared.value)
        return self._shown(asked, lambda: f"{constant}({row()}, X)")

    # Rows by key

    def _related(self, asked: FieldToPlan, relation: Any, kind: Any) -> tuple[Place, Expression]:
        """Plan the rows of a to-one relationship; return their place and the key's expression."""
        relationship = relation.property
        [(local, _)] = relationship.local_remote_pairs
        name = relationship.parent.get_property_by_column(local).key
        return self._rows(asked, relationship.mapper.class_, name, kind)

    def _rows(
        self, asked: FieldToPlan, model: Any, column: str, kind: Any, **source: Any
    ) -> tuple[Place, Expression]:
        place = asked.place
        key = self.key(place, column)
        target = self.place(asked.path, kind, Shape.ONE, place, model=model)
        origin = Source(place, (column,), [target], **source)
        self.step(StepKind.ROWS, model, origin, merge_key=(StepKind.ROWS, model)).need("id")
        return target, key

    def _shown_row(self, asked: FieldToPlan, target: Place, key: Expression) -> Expression:
        if target.kind is not None:
            self.select(target, asked.selection_sets)
            asked.place.shown.append((target, key))
        if asked.is_required:
            return lambda: f"P[{target.number}][{key()}]"
        return lambda: f"P[{target.number}].get({key()})"

    def _to_one(self, asked: FieldToPlan, declared: ToOne) -> Expression:
        return self._shown_row(asked, *self._related(asked, declared.relation, asked.kind))

    def _by_key(self, asked: FieldToPlan, declared: ByKey) -> Expression:
        found = self._rows(asked, declared.model, declared.column, asked.kind)
        return self._shown_row(asked, *found)

    def _by_type_and_key(self, asked: FieldToPlan, declared: ByTypeAndKey) -> Expression:
        type_cell = self.value(asked.place, declared.type_column)
        targets = {}
        for name, model in self.models_of(asked.kind).items():
            target, key = self._rows(
                asked,
                model,
                declared.key_column,
                self.schema._schema.type_map[name],
                type_column=declared.type_column,
                type_name=name,
            )
            self.select(target, asked.selection_sets)
            targets[name] = target.number
        self.can_count = False
        constant = self.constants.add(targets)
        return lambda: f"P[{constant}[{type_cell()}]].get({key()})"

    def models_of(self, kind: Any) -> dict[str, Any]:
        """Return the models of an interface's types by their names."""
        models = models_by_name()
        possible = self.schema._schema.get_possible_types(kind)
        return {one.name: models[one.name] for one in possible if one.name in models}

    def _by_id(self, asked: FieldToPlan, declared: ById) -> Expression:
        argument = declared.argument

        def model_of(variables: Mapping[str, Any]) -> Any:
            decoded = decode_id(str(asked.arguments.untyped(argument, variables)), argument)
            return decoded and decoded.model

        model = self.selections.depend(model_of)
        if model is None:
            return lambda: "None"
        target, source = self._by_argument(asked, model)
        asked.place.shown.append((target, lambda: f"R_(A[{source.number}])"))
        return lambda: f"P[{target.number}].get(R_(A[{source.number}]))"

    def _by_ids(self, asked: FieldToPlan, declared: ByIds) -> Expression:
        argument = declared.argument

        def models_of(variables: Mapping[str, Any]) -> Any:
            ids = asked.arguments.untyped(argument, variables)
            decoded = [decode_id(str(one), argument) for one in ids]
            return frozenset(one.model for one in decoded if one is not None)

        places, source = {}, None
        for model in sorted(self.selections.depend(models_of), key=name_of):
            target, source = self._by_argument(asked, model)
            target.has_many_keys = True
            places[model] = target.number
        if source is None:
            raise NotPlannable(f"{asked.path}: no ID of a type that exists")
        # All sources have the keys of all IDs, with their models.
        self.can_count = False
        number, constant = source.number, self.constants.add(places)
        key = f"P[{constant}[k.model]].get(R_(k.key))"
        return lambda: f"[None if k is None else {key} for k in A[{number}]]"

    def _by_argument(self, asked: FieldToPlan, model: Any) -> tuple[Place, Source]:
        """Plan the row of a model whose ID is an argument."""
        kind = self.schema._schema.type_map[name_of(model)]
        target = self.place(asked.path, kind, Shape.ONE, asked.place, model=model)
        source = Source(None, (), [target], asked.arguments, asked.declared)
        self.step(StepKind.ROWS, model, source, merge_key=(StepKind.ROWS, model)).need("id")
        self.select(target, asked.selection_sets)
        return target, source

    def _viewer(self, asked: FieldToPlan, declared: ViewerRow) -> Expression:
        target = self.place(asked.path, asked.kind, Shape.ONE, asked.place, model=declared.model)
        self.step(StepKind.VIEWER, declared.model, Source(asked.place, (), [target])).need("id")
        self.select(target, asked.selection_sets)
        asked.place.shown.append((target, lambda: "0"))
        return lambda: f"P[{target.number}].get(0)"

    def _lookup(self, asked: FieldToPlan, declared: Lookup) -> Expression:
        place, batch = asked.place, declared.batch
        keys = [self.key(place, name) for name in declared.parent]
        target = self.place(asked.path, asked.kind, Shape.ONE, place, model=batch.model)
        source = Source(place, declared.parent, [target], asked.arguments)
        self.step(
            StepKind.LOOKUP,
            batch.model,
            source,
            declared=declared,
            key_width=len(batch.key_columns()),
            merge_key=(StepKind.LOOKUP, batch, declared.parent),
        )
        self.select(target, asked.selection_sets)
        asked.place.shown.append((target, lambda: self.joined(keys)))
        return lambda: f"P[{target.number}].get({self.joined(keys)})"

    @staticmethod
    def joined(keys: Sequence[Expression]) -> str:
        """Return the expression of a key of several columns: 0, a value or a tuple."""
        if len(keys) < 2:
            return keys[0]() if keys else "0"
        return f"({', '.join(key() for key in keys)})"

    # Lists

    def _listing(self, asked: FieldToPlan, declared: Listing) -> Expression:
        place = asked.place
        model = declared.relation.property.mapper.class_
        key = self.key(place, "id")
        target = self.place(asked.path, asked.kind, Shape.MANY, place, model=model)
        self.step(
            StepKind.LIST,
            model,
            Source(place, ("id",), [target]),
            declared=declared,
            arguments=asked.arguments,
            key_width=1,
            merge_key=(StepKind.LIST, declared, asked.arguments.text),
        )
        self.select(target, asked.selection_sets)
        place.shown.append((target, key))
        return lambda: f"P[{target.number}].get({key()}, E)"

    # Python objects

    def _resolved(self, asked: FieldToPlan, declared: Resolved) -> Expression:
        resolver = asked.field.base_resolver
        if resolver is None:
            raise NotPlannable(f"{asked.path}: no resolver")
        return self._calls(asked, declared.columns, _resolution(resolver))

    def _calls(
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
            key = lambda: self.joined(cells)  # noqa: E731
        if is_leaf_type(asked.kind):
            target = self.place(asked.path, None, Shape.ONE, place, has_objects=True)
            expression = self._shown(asked, lambda: f"S[{target.number}][{key()}]")
        else:
            target, expression = self._objects(asked, key)
        self.step(
            StepKind.CALLS,
            place.model,
            Source(place, columns, [target]),
            resolver=resolver,
            arguments=asked.arguments,
            is_list=asked.is_list and not is_leaf_type(asked.kind),
        )
        return expression

    def _attribute(self, asked: FieldToPlan) -> Expression:
        """Plan an attribute of Python objects that holds an object or a list of them."""
        if not asked.place.has_objects:
            raise NotPlannable(f"{asked.path}: neither a column nor declared")
        target, expression = self._objects(asked, lambda: "id(r)")
        self.step(
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
        model = _model_of(asked.kind)
        target = self.place(
            asked.path, asked.kind, shape, asked.place, model=model, has_objects=True
        )
        if is_abstract_type(asked.kind):
            if shape is Shape.MANY:
                raise NotPlannable(f"{asked.path}: a list of objects of several types")
            for name, of_type in self.models_of(asked.kind).items():
                kind = self.schema._schema.type_map[name]
                one = self.place(
                    asked.path, kind, shape, asked.place, model=of_type, has_objects=True
                )
                target.by_model[of_type] = one
                self.select(one, asked.selection_sets)
            self.can_count = False
        else:
            self.select(target, asked.selection_sets)
        number = target.number
        asked.place.shown.append((target, key))
        if shape is Shape.MANY:
            return target, lambda: f"P[{number}].get({key()}, E)"
        if asked.is_required:
            return target, lambda: f"P[{number}][{key()}]"
        return target, lambda: f"P[{number}].get({key()})"


def _model_of(kind: Any) -> Any:
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
