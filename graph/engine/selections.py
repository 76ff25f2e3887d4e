"""The selections of an operation: fields by their keys in the answer, with fragments expanded."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    is_abstract_type,
    value_from_ast_untyped,
)

from graph.engine.places import NotPlannable

#: A function of the variables, and its value: a plan is valid while the value stays.
Dependency = tuple[Callable[[Mapping[str, Any]], Any], Any]


class Selections:
    """Expands fragments and evaluates `@skip` and `@include`, for given variables."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables
        #: What the selections depend on.
        self.dependencies: list[Dependency] = []

    def depend(self, function: Callable[[Mapping[str, Any]], Any]) -> Any:
        """Return the value of a function of the variables, which the plan then depends on."""
        value = function(self.variables)
        self.dependencies.append((function, value))
        return value

    def argument(self, node: FieldNode, name: str) -> Any:
        """Return the untyped value of an argument, which the plan then depends on."""
        for argument in node.arguments or ():
            if argument.name.value == name:
                return self.depend(partial(_untyped, argument.value))
        return None

    def fields(
        self, kind: GraphQLObjectType, selection_sets: Sequence[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        """Return the selected fields of objects of a type, by their keys in the answer."""
        found: dict[str, list[FieldNode]] = {}
        for selection_set in selection_sets:
            self._collect(kind, selection_set, found)
        return found

    def _collect(
        self,
        kind: GraphQLObjectType,
        selection_set: SelectionSetNode,
        found: dict[str, list[FieldNode]],
    ) -> None:
        for node in selection_set.selections:
            if not self._is_included(node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
                continue
            fragment: Any = node
            if isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                if fragment.directives or fragment.variable_definitions:
                    raise NotPlannable(f"fragment {node.name.value}: directives or variables")
            if self._applies(fragment.type_condition, kind):
                self._collect(kind, fragment.selection_set, found)

    def _applies(self, condition: Any, kind: GraphQLObjectType) -> bool:
        if condition is None:
            return True
        named: Any = self.schema.type_map[condition.name.value]
        return named is kind or (is_abstract_type(named) and self.schema.is_sub_type(named, kind))

    def _is_included(self, directives: Sequence[DirectiveNode]) -> bool:
        for directive in directives:
            name = directive.name.value
            if name not in ("skip", "include"):
                raise NotPlannable(f"directive @{name}")
            [argument] = directive.arguments or ()
            if isinstance(argument.value, VariableNode):
                value = self.depend(partial(_untyped, argument.value))
            else:
                value = value_from_ast_untyped(argument.value)
            if not isinstance(value, bool):
                raise NotPlannable(f"directive @{name}: not a boolean")
            if value is (name == "skip"):
                return False
        return True


def _untyped(node: ValueNode, variables: Mapping[str, Any]) -> Any:
    return value_from_ast_untyped(node, dict(variables))
