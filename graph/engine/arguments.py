"""The arguments of fields: parsed for each request, and whether they vary with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
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
