"""From a valid document to places and steps.

The planner walks the operation once. For each field it creates the step that loads what the field
shows, and an expression that writes it: generated code is put together from these expressions once
the positions of columns are known.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    OperationDefinitionNode,
    SelectionSetNode,
    is_leaf_type,
)

from graph.engine.codecs import Codecs
from graph.engine.connections import ConnectionPlanner
from graph.engine.declarations import (
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
from graph.engine.expressions import Constants
from graph.engine.field_to_plan import FieldToPlan
from graph.engine.leaves import LeafPlanner
from graph.engine.objects import ObjectPlanner, joined, model_of
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
from graph.kit.node import decode_id, models_by_name, name_of, object_finder


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
        #: The place of known objects, if they are a list.
        self.given: Place | None = None
        self.steps: list[Step] = []
        self._can_count = True
        self.leaves = LeafPlanner(codecs, self.constants)
        self.objects = ObjectPlanner(self, self.leaves)
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
            Computed: self.objects.computed,
            Resolved: self.objects.resolved,
            GlobalId: self.leaves.global_id,
        }

    @property
    def can_count(self) -> bool:
        """Whether the objects of the answer's lists can be counted by its places alone."""
        return self._can_count and self.objects.can_count and not self.leaves.has_json

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

    def plan_objects(self, kind: Any, nodes: Sequence[FieldNode]) -> Place:
        """Plan what fields select of known objects, and return the place of the root.

        The root shows them as `nodes`.
        """
        root = self.place("", None, Shape.ROOT, None)
        self.given = given = self.place(
            "nodes", kind, Shape.MANY, root, model=model_of(kind), has_objects=True
        )
        self.select(given, [node.selection_set for node in nodes if node.selection_set])
        root.outputs.append(("nodes", lambda: f"P[{given.number}].get(0, E)"))
        # The answers to the objects are counted one by one.
        self._can_count = False
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
            return self.leaves.column(asked)
        return self.objects.attribute(asked)

    def _derived(self, asked: FieldToPlan, declared: Derived) -> Expression:
        place = asked.place
        near = [self.leaves.value(place, name) for name in declared.near]
        far = []
        for relation, names in declared.far:
            target, key = self._related(asked, relation, None)
            far.append((target, key, [self.leaves.far_value(target, name) for name in names]))
        constant = self.constants.add(declared.value)

        def write() -> str:
            values = ["X", *(one() for one in near)]
            for target, key, columns in far:
                there = f"S[{target.number}][{key()}]"
                values += [one(there) for one in columns]
            return f"{constant}({', '.join(values)})"

        return write

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
        key = self.leaves.key(place, column)
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
        type_cell = self.leaves.value(asked.place, declared.type_column)
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
        self._can_count = False
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
            value = str(asked.arguments.untyped(argument, variables))
            if object_finder(value) is not None:
                return object
            decoded = decode_id(value, argument)
            return decoded and decoded.model

        model = self.selections.depend(model_of)
        if model is object:
            raise NotPlannable(f"{asked.path}: the ID of an object that is no row")
        if model is None:
            return lambda: "None"
        target, source = self._by_argument(asked, model)
        asked.place.shown.append((target, lambda: f"R_(A[{source.number}])"))
        return lambda: f"P[{target.number}].get(R_(A[{source.number}]))"

    def _by_ids(self, asked: FieldToPlan, declared: ByIds) -> Expression:
        argument = declared.argument

        def models_of(variables: Mapping[str, Any]) -> Any:
            ids = asked.arguments.untyped(argument, variables)
            if any(object_finder(str(one)) is not None for one in ids):
                return frozenset({object})
            decoded = [decode_id(str(one), argument) for one in ids]
            return frozenset(one.model for one in decoded if one is not None)

        places, source = {}, None
        models = self.selections.depend(models_of)
        if object in models:
            raise NotPlannable(f"{asked.path}: the ID of an object that is no row")
        for model in sorted(models, key=name_of):
            target, source = self._by_argument(asked, model)
            target.has_many_keys = True
            places[model] = target.number
        if source is None:
            raise NotPlannable(f"{asked.path}: no ID of a type that exists")
        # All sources have the keys of all IDs, with their models.
        self._can_count = False
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
        keys = [self.leaves.key(place, name) for name in declared.parent]
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
        asked.place.shown.append((target, lambda: joined(keys)))
        return lambda: f"P[{target.number}].get({joined(keys)})"

    # Lists

    def _listing(self, asked: FieldToPlan, declared: Listing) -> Expression:
        place = asked.place
        model = declared.relation.property.mapper.class_
        key = self.leaves.key(place, "id")
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
