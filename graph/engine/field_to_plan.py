"""One field of the document at one place: what the planner knows about it."""

from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    SelectionSetNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from strawberry.types.field import StrawberryField

from graph.engine.arguments import FieldArguments
from graph.engine.declarations import PLAN
from graph.engine.places import NotPlannable, Place

#: The extension of a GraphQL field or type that holds Strawberry's definition.
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
