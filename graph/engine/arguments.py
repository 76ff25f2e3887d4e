"""The arguments of fields: parsed for each request, and whether they vary with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_argument_values,
    print_ast,
    value_from_ast_untyped,
)
from strawberry.schema import Schema
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

Variables = Mapping[str, Any]


@dataclass(eq=False)
class FieldArguments:
    """The arguments of one field of the document."""

    schema: Any
    definition: GraphQLField
    field: StrawberryField
    node: FieldNode

    def values(self, variables: Any) -> dict[str, Any]:
        """Return the arguments as the resolver takes them; `variables` are coerced.

        Raises the error of an invalid argument.
        """
        if not self.definition.args:
            return {}
        given = get_argument_values(self.definition, self.node, variables)
        schema: Schema = self.schema
        return convert_arguments(
            given,
            self.field.arguments,
            scalar_registry=schema.schema_converter.scalar_registry,
            config=schema.config,
        )

    def untyped(self, name: str, variables: Variables) -> Any:
        """Return the value of an argument as it was given, without coercing it."""
        for argument in self.node.arguments or ():
            if argument.name.value == name:
                return value_from_ast_untyped(argument.value, dict(variables))
        return None

    @property
    def text(self) -> str:
        """The arguments as text: equal texts have equal values."""
        return ", ".join(print_ast(argument) for argument in self.node.arguments or ())

    @property
    def has_variables(self) -> bool:
        return any(has_variable(argument.value) for argument in self.node.arguments or ())


def has_variable(node: ValueNode) -> bool:
    """Whether a value contains a variable."""
    if isinstance(node, VariableNode):
        return True
    if isinstance(node, ListValueNode):
        return any(map(has_variable, node.values))
    if isinstance(node, ObjectValueNode):
        return any(has_variable(inner.value) for inner in node.fields)
    return False


def variable_names(node: Any) -> set[str]:
    """Return the names of the variables in a value."""
    if isinstance(node, VariableNode):
        return {node.name.value}
    inner = getattr(node, "values", None) or [
        one.value for one in getattr(node, "fields", None) or ()
    ]
    return set().union(*map(variable_names, inner))
