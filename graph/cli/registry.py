"""Registering documents."""

from pathlib import Path

from graphql import GraphQLError, parse, validate
from sqlalchemy.ext.asyncio import AsyncSession

from graph.cli.console import CommandError
from graph.schema import schema
from models import RegisteredDocument
from models.document import digest_of


def read_document(file: Path) -> str:
    """The text of a document that the schema understands."""
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None
    try:
        faults = validate(schema._schema, parse(text))
    except GraphQLError as error:
        faults = [error]
    if faults:
        line = faults[0].locations[0].line if faults[0].locations else 1
        raise CommandError(f"{file}:{line}: {faults[0].message} Nothing was registered.")
    return text


async def register(session: AsyncSession, text: str) -> str:
    """Registers a document, if it is not; its id."""
    digest = digest_of(text)
    if await session.get(RegisteredDocument, digest) is None:
        session.add(RegisteredDocument(digest=digest, text=text))
    return digest.hex()
