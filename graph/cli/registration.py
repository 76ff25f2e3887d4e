"""Reading documents from files, and registering them."""

from pathlib import Path

from graphql import GraphQLError
from sqlalchemy.ext.asyncio import AsyncSession

from graph.cli.console import CommandError, load_settings
from graph.operations import documents
from graph.operations.limits import Limits, check_size
from graph.operations.value_errors import RULES
from graph.schema import schema
from models import RegisteredDocument
from models.columns.digest import digest


def read_document(file: Path) -> str:
    """The text of a document.

    Raises a `CommandError` if it is not valid for the schema, or exceeds the limits of the
    settings.
    """
    try:
        # Line endings are kept: clients send the digest of the exact text.
        text = file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None
    limits = Limits.from_settings(load_settings())
    try:
        check_size(text, limits)
        _, errors, _ = documents.parse_and_validate(schema._schema, text, limits, RULES)
    except GraphQLError as error:
        errors = [error]
    if errors:
        line = errors[0].locations[0].line if errors[0].locations else 1
        raise CommandError(f"{file}:{line}: {errors[0].message} No document was registered.")
    return text


async def register(session: AsyncSession, text: str) -> str:
    """Register a document unless it is registered already; return its ID."""
    document_digest = digest(text)
    if await session.get(RegisteredDocument, document_digest) is None:
        session.add(RegisteredDocument(digest=document_digest, text=text))
    return document_digest.hex()
