"""What a document may ask for, judged before anything of it runs.

    size, tokens    the text
    fields, depth   what it says once its fragments are written out, whatever their number
    aliases, directives, roots
                    how often it says it

What an operation may cost is judged in `pricing`, with its variables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from graph.settings import Settings

CODE = "LIMIT_EXCEEDED"


@dataclass(frozen=True)
class Limits:
    """The most that a document may be, have and cost."""

    size: int
    tokens: int
    fields: int
    depth: int
    aliases: int
    directives: int
    roots: int
    cost: int
    node_ids: int
    batch_rows: int
    argument_values: int
    answer_size: int
    introspection: bool

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(
            size=settings.max_document_size,
            tokens=settings.max_tokens,
            fields=settings.max_fields,
            depth=settings.max_depth,
            aliases=settings.max_aliases,
            directives=settings.max_directives,
            roots=settings.max_root_fields,
            cost=settings.max_cost,
            node_ids=settings.max_node_ids,
            batch_rows=settings.max_batch_size,
            argument_values=settings.max_argument_values,
            answer_size=settings.max_answer_size,
            introspection=settings.introspection,
        )


class LimitExceeded(GraphQLError):
    """A document asks for more than it may; the message says how much, and what to do."""

    def __init__(self, message: str, path: list[str | int] | None = None) -> None:
        super().__init__(message, path=path, extensions={"code": CODE})


def check_size(text: str, limits: Limits) -> None:
    """Refuses a text that is too long to be read."""
    size = len(text.encode(errors="replace"))
    if size > limits.size:
        raise LimitExceeded(
            f"The document has {size:,} bytes, and may have {limits.size:,}: "
            "send it in parts, and values as variables."
        )


@dataclass
class DocumentSize:
    """What a document says once its fragments are written out, as far as it was looked through."""

    limits: Limits
    fragments: Mapping[str, FragmentDefinitionNode]
    fields: int = 0
    aliases: int = 0
    directives: int = 0

    @classmethod
    def check(cls, document: DocumentNode, limits: Limits) -> None:
        """Refuses a document that says too much."""
        fragments = fragments_of(document)
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                measure = cls(limits, fragments)
                roots = measure._of(definition.selection_set, 1, ())
                if roots > limits.roots:
                    raise LimitExceeded(
                        f"The operation has {roots} fields at its root, and may have "
                        f"{limits.roots}: send it in parts."
                    )

    def _of(self, selection: SelectionSetNode, depth: int, within: tuple[str, ...]) -> int:
        """Counts what a selection says; how many fields it has itself."""
        if depth > self.limits.depth:
            raise LimitExceeded(
                f"The operation is nested deeper than {self.limits.depth} fields: "
                "ask for what is deeper by its id."
            )
        own = 0
        for node in selection.selections:
            self._add_directives(len(node.directives or ()))
            if isinstance(node, FieldNode):
                own += 1
                self._count(node)
                if node.selection_set is not None:
                    self._of(node.selection_set, depth + 1, within)
                continue
            inner = self._inner(node, within)
            if inner is not None:
                own += self._of(inner[0], depth, inner[1])
        return own

    def _inner(
        self, node: Any, within: tuple[str, ...]
    ) -> tuple[SelectionSetNode, tuple[str, ...]] | None:
        if isinstance(node, InlineFragmentNode):
            return node.selection_set, within
        fragment = self.fragments.get(node.name.value)
        # What is not there, or leads back to itself, validation will tell.
        if fragment is None or node.name.value in within:
            return None
        # A fragment costs the look at it, whether it has fields or more fragments.
        self._add_field()
        return fragment.selection_set, (*within, node.name.value)

    def _count(self, node: FieldNode) -> None:
        self._add_field()
        if node.alias is not None:
            self.aliases += 1
            if self.aliases > self.limits.aliases:
                raise LimitExceeded(
                    f"The operation has more than {self.limits.aliases} aliases: "
                    "ask for many objects with nodes(ids: …), and change many with a batch."
                )

    def _add_directives(self, count: int) -> None:
        self.directives += count
        if self.directives > self.limits.directives:
            raise LimitExceeded(
                f"The operation has more than {self.limits.directives} directives: "
                "put them on fragments rather than on fields."
            )

    def _add_field(self) -> None:
        self.fields += 1
        if self.fields > self.limits.fields:
            raise LimitExceeded(
                f"The operation has more than {self.limits.fields:,} fields, its fragments written "
                "out: ask for fewer."
            )


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments of a document by name."""
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
