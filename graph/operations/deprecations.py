"""The deprecated parts of the schema that a document uses."""

from typing import Any

from graphql import (
    ArgumentNode,
    EnumValueNode,
    FieldNode,
    ObjectFieldNode,
    ValidationRule,
    get_named_type,
)

#: The most that are listed of one document.
MAX_DEPRECATIONS = 20


def deprecation_rule(found: dict[str, str]) -> type[ValidationRule]:
    """Return a rule that refuses nothing, but notes the reasons of deprecations.

    They are noted by their coordinates, such as `TaskGroup.node` or `Query.node(id:)`.
    """

    class NoteDeprecations(ValidationRule):
        #: The coordinate of the field whose arguments are visited.
        _field = ""

        def enter_field(self, node: FieldNode, *_: Any) -> None:
            self._field = f"{self.context.get_parent_type()}.{node.name.value}"
            self._note(self._field, self.context.get_field_def())

        def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
            directive = self.context.get_directive()
            owner = self._field if directive is None else f"@{directive.name}"
            self._note(f"{owner}({node.name.value}:)", self.context.get_argument())

        def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
            kind: Any = get_named_type(self.context.get_parent_input_type())
            name = node.name.value
            self._note(f"{kind}.{name}", getattr(kind, "fields", {}).get(name))

        def enter_enum_value(self, node: EnumValueNode, *_: Any) -> None:
            kind = get_named_type(self.context.get_input_type())
            self._note(f"{kind}.{node.value}", self.context.get_enum_value())

        def _note(self, coordinate: str, part: Any) -> None:
            reason = getattr(part, "deprecation_reason", None)
            if reason is not None and len(found) < MAX_DEPRECATIONS:
                found[coordinate] = reason

    return NoteDeprecations
