"""Limits on the size and shape of documents, checked between parsing and validation.

    size, tokens                  of the document's text
    fields, depth                 of each operation, with its fragments expanded
    aliases, directives, roots    of each operation, with its fragments expanded

Limits that depend on the values of variables are checked in `cost`.
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

LIMIT_EXCEEDED = "LIMIT_EXCEEDED"


@dataclass(frozen=True)
class Limits:
    """The limits of a single operation, as set by the server's settings."""

    #: Bytes of the document's text.
    size: int
    tokens: int
    fields: int
    depth: int
    aliases: int
    directives: int
    #: Fields at the root of an operation.
    roots: int
    cost: int
    #: IDs in one `ids` argument.
    node_ids: int
    #: Rows in the input of one batch mutation.
    batch_rows: int
    #: Values in the arguments of all fields, as often as they are read.
    argument_values: int
    #: Bytes of the response.
    answer_size: int
    #: Whether clients may query the schema.
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
    """An operation exceeds a limit. The message names the limit and suggests what to change.

    So do its extensions, for programs: `limit` and `value`, which is as far as it was counted, and
    others.
    """

    def __init__(
        self,
        message: str,
        limit: int | None = None,
        value: int | None = None,
        *,
        path: list[str | int] | None = None,
        **extensions: Any,
    ) -> None:
        found = {"code": LIMIT_EXCEEDED, "limit": limit, "value": value, **extensions}
        given = {name: each for name, each in found.items() if each is not None}
        super().__init__(message, path=path, extensions=given)


def document_size(text: str) -> int:
    """Return the size of a document in bytes."""
    return len(text.encode(errors="replace"))


def check_size(text: str, limits: Limits) -> None:
    """Raise `LimitExceeded` if the text is too long to be parsed."""
    size = document_size(text)
    if size > limits.size:
        raise LimitExceeded(
            f"The document has {size:,} bytes; the limit is {limits.size:,}. "
            "Split it, and send values as variables.",
            limits.size,
            size,
        )


def check_shape(document: DocumentNode, limits: Limits) -> None:
    """Raise `LimitExceeded` if an operation is too large with its fragments expanded.

    The document need not be valid. Counting stops at the first limit that is exceeded, so that a
    short document of fragments that double one another takes no longer than any other.
    """
    fragments = fragments_by_name(document)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            roots = _OperationCounter(limits, fragments).add(definition.selection_set, 1, ())
            if roots > limits.roots:
                raise LimitExceeded(
                    f"The operation has {roots} fields at its root; the limit is {limits.roots}. "
                    "Split it into several operations.",
                    limits.roots,
                    roots,
                )


def fragments_by_name(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }


@dataclass
class _OperationCounter:
    limits: Limits
    fragments: Mapping[str, FragmentDefinitionNode]
    fields: int = 0
    aliases: int = 0
    directives: int = 0

    def add(self, selection_set: SelectionSetNode, depth: int, spreads: tuple[str, ...]) -> int:
        """Count a selection set and everything below it.

        `spreads` are the fragments that it is part of. Return its number of fields at its top
        level.
        """
        if depth > self.limits.depth:
            raise LimitExceeded(
                f"The operation is nested more than {self.limits.depth} fields deep. "
                "Query the deeper objects by their IDs.",
                self.limits.depth,
                depth,
            )
        top_level = 0
        for node in selection_set.selections:
            self._add_directives(len(node.directives or ()))
            if isinstance(node, FieldNode):
                top_level += 1
                self._add_field()
                if node.alias is not None:
                    self._add_alias()
                if node.selection_set is not None:
                    self.add(node.selection_set, depth + 1, spreads)
                continue
            fragment = self._fragment(node, spreads)
            if fragment is not None:
                top_level += self.add(fragment[0], depth, fragment[1])
        return top_level

    def _fragment(
        self, node: Any, spreads: tuple[str, ...]
    ) -> tuple[SelectionSetNode, tuple[str, ...]] | None:
        if isinstance(node, InlineFragmentNode):
            return node.selection_set, spreads
        fragment = self.fragments.get(node.name.value)
        # Validation reports unknown fragments and cycles.
        if fragment is None or node.name.value in spreads:
            return None
        # Each spread counts as a field, so that fragments without fields are limited too.
        self._add_field()
        return fragment.selection_set, (*spreads, node.name.value)

    def _add_field(self) -> None:
        self.fields += 1
        if self.fields > self.limits.fields:
            raise LimitExceeded(
                f"The operation has more than {self.limits.fields:,} fields with its fragments "
                "expanded. Select fewer.",
                self.limits.fields,
                self.fields,
            )

    def _add_alias(self) -> None:
        self.aliases += 1
        if self.aliases > self.limits.aliases:
            raise LimitExceeded(
                f"The operation has more than {self.limits.aliases} aliases. "
                "Fetch many objects with nodes(ids: …), and change many with a batch mutation.",
                self.limits.aliases,
                self.aliases,
            )

    def _add_directives(self, count: int) -> None:
        self.directives += count
        if self.directives > self.limits.directives:
            raise LimitExceeded(
                f"The operation has more than {self.limits.directives} directives. "
                "Put them on fragments instead of fields.",
                self.limits.directives,
                self.directives,
            )
