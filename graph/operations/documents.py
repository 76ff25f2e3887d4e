"""Parsing and validation of documents."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    SelectionSetNode,
    validate,
)
from graphql.language.parser import Parser
from graphql.validation.validate import ValidationAbortedError

from graph.operations.deprecations import deprecation_rule
from graph.operations.limits import LimitExceeded, Limits, check_shape

#: Validation stops after so many errors.
MAX_VALIDATION_ERRORS = 5


class ParsedDocument(NamedTuple):
    document: DocumentNode
    #: The errors of validation.
    errors: list[GraphQLError]
    #: The reasons of the deprecations that it uses, by their coordinates.
    deprecations: dict[str, str]
    #: The seconds of CPU time that all this took.
    seconds: float


def parse_and_validate(
    schema: GraphQLSchema,
    text: str,
    limits: Limits,
    rules: Sequence[type[ASTValidationRule]],
    *,
    suggests: bool = True,
) -> ParsedDocument:
    """Parse and validate a document.

    Raise a `GraphQLSyntaxError` if the text cannot be parsed, and `LimitExceeded`. `suggests` lets
    errors of misspelled names suggest names of the schema.
    """
    started = time.thread_time()
    parser = Parser(text, max_tokens=limits.tokens)
    try:
        document = parser.parse_document()
    except RecursionError:
        raise LimitExceeded("The document is nested too deeply. Select less at once.") from None
    except GraphQLSyntaxError:
        if parser.token_count > limits.tokens:
            raise LimitExceeded(
                f"The document has more than {limits.tokens:,} tokens. Split it.",
                limits.tokens,
                parser.token_count,
            ) from None
        raise
    # Before validation, because its duration grows with the size of the expanded fragments.
    check_shape(document, limits)
    deprecations: dict[str, str] = {}
    found = validate(
        schema,
        document,
        [*rules, deprecation_rule(deprecations)],
        max_errors=MAX_VALIDATION_ERRORS,
        hide_suggestions=not suggests,
    )
    errors = [error for error in found if type(error) is not ValidationAbortedError]
    if found and not errors:
        # graphql-core compares each two fields of the same name, and gives up after too many.
        raise LimitExceeded(
            "The document repeats the same fields too often to be validated. Select each once."
        )
    return ParsedDocument(document, errors, deprecations, time.thread_time() - started)


def keep_root_fields(
    document: DocumentNode, operation: OperationDefinitionNode, fields: Sequence[FieldNode]
) -> DocumentNode:
    """Copy a document, with only these fields at the root of the operation."""
    pruned = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=operation.variable_definitions,
        directives=operation.directives,
        selection_set=SelectionSetNode(selections=tuple(fields)),
    )
    others = (definition for definition in document.definitions if definition is not operation)
    return DocumentNode(definitions=(pruned, *others))
