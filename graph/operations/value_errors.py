"""Errors of invalid values, in the document and in variables: which value it is, and its code."""

from collections.abc import Iterable
from typing import Any

from graphql import (
    SKIP,
    ArgumentNode,
    ASTValidationRule,
    GraphQLError,
    GraphQLInputType,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    specified_rules,
)
from graphql.pyutils import print_path_list
from graphql.utilities import validate_input_literal

from graph.kit.errors import BadUserInput


class ValuesOfCorrectType(ValuesOfCorrectTypeRule):
    """graphql-core's rule, which also says where a value is that a scalar of ours has refused."""

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        self._owner = f"Argument '{node.name.value}'"

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        self._owner = f"The default of variable '${node.variable.name.value}'"

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> Any:
        def report(error: GraphQLError, path: list[str | int]) -> None:
            if error.nodes is None:
                place = print_path_list(path)
                message = f"{self._owner} has invalid value{place}: {error.message}"
                error = GraphQLError(message, node, extensions=error.extensions)
            self.report_error(error)

        if input_type:
            hides = self.context.hide_suggestions
            validate_input_literal(node, input_type, report, hide_suggestions=hides)
        return SKIP


#: The rules that documents must follow.
RULES: tuple[type[ASTValidationRule], ...] = tuple(
    ValuesOfCorrectType if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules
)


def mark_invalid_variables(errors: Iterable[GraphQLError]) -> None:
    """Give errors of the variables of a valid operation their code."""
    for error in errors:
        nodes = error.nodes or ()
        is_of_variables = all(isinstance(node, VariableDefinitionNode) for node in nodes)
        if error.path is None and nodes and is_of_variables:
            error.extensions = {**(error.extensions or {}), "code": BadUserInput.code}
