"""The number of values in the arguments of fields. A long text counts as several."""

from collections.abc import Mapping
from typing import Any

from graphql import ListValueNode, ObjectValueNode, StringValueNode, ValueNode, VariableNode

#: Characters of a text that count as a value.
CHARACTERS_PER_VALUE = 1_000


def count_argument_values(argument: ValueNode, variable_sizes: Mapping[str, int]) -> int:
    """Count the values inside a list or an object, at all levels; 0 for a short scalar.

    A document may use a large variable many times: its values are not counted again.
    """
    count, stack = 0, [argument]
    while stack:
        node = stack.pop()
        if isinstance(node, VariableNode):
            count += variable_sizes.get(node.name.value, 0)
        elif isinstance(node, StringValueNode):
            count += len(node.value) // CHARACTERS_PER_VALUE
        elif isinstance(node, ListValueNode):
            count += len(node.values)
            stack.extend(node.values)
        elif isinstance(node, ObjectValueNode):
            count += len(node.fields)
            stack.extend(field.value for field in node.fields)
    return count


def count_values(value: Any) -> int:
    """Count the values inside a list or an object, as `count_argument_values` does."""
    count, stack = 0, [value]
    while stack:
        outer = stack.pop()
        inner = outer.values() if isinstance(outer, dict) else outer
        if isinstance(outer, str):
            count += len(outer) // CHARACTERS_PER_VALUE
        elif isinstance(outer, (dict, list)):
            count += len(inner)
            stack.extend(inner)
    return count
