"""Documents that are ready to be executed, and a cache of them.

Everything that is computed once for an operation is kept with its document, and is evicted with it.
"""

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLNamedType,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    get_named_type,
    visit,
)

from graph.kit.lru_cache import LRUCache
from graph.operations.cost import (
    DRY_RUN_ARGUMENT,
    INTROSPECTION_FIELDS,
    CostRules,
    argument_value,
    expand_fields,
    field_definition,
    variable_values,
)
from graph.operations.limits import fragments_by_name
from graph.operations.pricing import OperationPricing

#: Documents cached by each server, and their characters in total. A prepared document takes a few
#: hundred bytes for each character of its text.
CACHED_DOCUMENTS, CACHED_CHARACTERS = 1000, 300_000
#: With this argument, the field reports the operation's cost and nothing else is executed.
RATE_LIMIT_FIELD = "rateLimit"


NO_DEPRECATIONS: Mapping[str, str] = MappingProxyType({})


class PreparedOperation:
    """An operation of a document, and what does not depend on its variables."""

    def __init__(self, document: "PreparedDocument", operation: OperationDefinitionNode) -> None:
        self.document = document
        self.operation = operation
        self.name = operation.name.value if operation.name else None
        self.type: OperationType = operation.operation
        #: What planned execution keeps of this operation. Nothing else reads or sets it.
        self.plans: Any = None

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        return self.document.fragments

    @cached_property
    def pricing(self) -> OperationPricing:
        return OperationPricing(self.document.rules, self.operation, self.fragments)

    @cached_property
    def root_fields(self) -> list[FieldNode]:
        """The fields at the root, including those of fragments."""
        schema, root_type = self.document.rules.schema, self._root_type
        if root_type is None:
            return []
        selection_set = self.operation.selection_set
        fields = expand_fields(schema, self.fragments, root_type, selection_set)
        return [node for _, node in fields]

    @cached_property
    def root_selection(self) -> tuple[GraphQLNamedType, list[FieldNode]]:
        """The type of the only field at the root, and its nodes: those of a subscription."""
        assert self._root_type is not None
        definition = field_definition(self._root_type, self.root_fields[0].name.value)
        assert definition is not None
        return get_named_type(definition.type), self.root_fields

    @cached_property
    def event_variables(self) -> frozenset[str]:
        """The variables that the events of a subscription depend on.

        Those of the arguments of its only field at the root decide which events there are.
        """
        names = VariableNames()
        selections = (node.selection_set for node in self.root_fields)
        for node in (*selections, *self.fragments.values()):
            if node is not None:
                visit(node, names)
        return frozenset(names.found)

    @property
    def _root_type(self) -> GraphQLObjectType | None:
        return self.document.rules.schema.get_root_type(self.type)

    @cached_property
    def introspection_keys(self) -> frozenset[str]:
        """The keys in the response of the fields that query the schema."""
        return frozenset(
            (node.alias or node.name).value
            for node in self.root_fields
            if node.name.value in INTROSPECTION_FIELDS
        )

    @cached_property
    def is_introspection(self) -> bool:
        """Whether nothing but the schema is queried."""
        return {node.name.value for node in self.root_fields} <= INTROSPECTION_FIELDS.keys()

    @cached_property
    def _rate_limit_fields(self) -> list[FieldNode]:
        return [node for node in self.root_fields if node.name.value == RATE_LIMIT_FIELD]

    def dry_run_fields(self, variables: dict[str, Any] | None) -> list[FieldNode]:
        """Return the `rateLimit` fields if one of them has `dryRun: true`; else none."""
        if not self._rate_limit_fields:
            return []
        values = variable_values(self.operation, variables)
        is_dry_run = any(
            argument_value(node, DRY_RUN_ARGUMENT, values) is True
            for node in self._rate_limit_fields
        )
        return self._rate_limit_fields if is_dry_run else []


class VariableNames(Visitor):
    """Collects the names of variables."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.found.add(node.name.value)


class PreparedDocument:
    """A parsed document with its operations."""

    def __init__(
        self,
        text: str,
        ast: DocumentNode,
        rules: CostRules,
        deprecations: Mapping[str, str] = NO_DEPRECATIONS,
    ) -> None:
        self.text = text
        #: The deprecated parts of the schema that it uses, as its responses list them.
        self.deprecations = [
            {"coordinate": coordinate, "reason": reason}
            for coordinate, reason in deprecations.items()
        ]
        self.ast = ast
        self.rules = rules
        self.fragments = fragments_by_name(ast)
        #: The operations in their order.
        self.operations = [
            PreparedOperation(self, definition)
            for definition in ast.definitions
            if isinstance(definition, OperationDefinitionNode)
        ]

    def find(self, name: str | None) -> PreparedOperation | None:
        """Return the operation of this name, or without a name the first one."""
        for operation in self.operations:
            if name is None or operation.name == name:
                return operation
        return None


class DocumentCache(LRUCache[str, PreparedDocument]):
    """The valid documents of a server, by their texts."""

    def __init__(self) -> None:
        super().__init__(CACHED_DOCUMENTS, CACHED_CHARACTERS, lambda document: len(document.text))
