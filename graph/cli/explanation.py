"""Explaining the plan of a query in a file, without asking the database."""

from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLError, OperationType

from graph.cli.registration import read_document
from graph.engine.engine import Engine
from graph.engine.explain import Explainer, Explanation
from graph.operations.cost import CostRules
from graph.operations.documents import parse_and_validate
from graph.operations.limits import Limits
from graph.operations.prepared import PreparedDocument
from graph.operations.value_errors import RULES
from graph.schema import FIELD_COSTS, LIST_LENGTHS, schema
from graph.settings import Settings
from models.database import Database


class NotExplained(Exception):
    """The query cannot be explained. The message says why."""


def explain_file(
    file: Path, operation_name: str | None, variables: str, settings: Settings
) -> Explanation:
    """Explain a query. Raise `NotExplained` if the file, the name or the variables are invalid."""
    limits = Limits.from_settings(settings)
    graphql_schema = schema._schema
    try:
        text = read_document(file)
        parsed = parse_and_validate(graphql_schema, text, limits, RULES)
    except GraphQLError as error:
        raise NotExplained(error.message) from None
    if parsed.errors:
        raise NotExplained(parsed.errors[0].message)
    rules = CostRules(limits, graphql_schema, LIST_LENGTHS, FIELD_COSTS)
    operation = PreparedDocument(text, parsed.document, rules).find(operation_name)
    if operation is None:
        raise NotExplained(f"The document has no operation named {operation_name!r}.")
    if operation.type is not OperationType.QUERY:
        raise NotExplained("Only queries have plans of their own; of a mutation, its payload has.")
    engine = Engine(schema, Database(settings.database_url, settings.database_options))
    try:
        return Explainer(engine).explain(operation, _parsed(variables))
    except GraphQLError as error:
        raise NotExplained(error.message) from None


def _parsed(variables: str) -> dict[str, Any]:
    try:
        parsed = orjson.loads(variables)
    except orjson.JSONDecodeError as error:
        raise NotExplained(f"--variables is not valid JSON: {error}.") from None
    if not isinstance(parsed, dict):
        raise NotExplained("--variables must be a JSON object.")
    return parsed
