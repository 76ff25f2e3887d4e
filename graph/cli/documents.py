"""Registering documents."""

from pathlib import Path

from graphql import GraphQLError, specified_rules
from sqlalchemy.ext.asyncio import AsyncSession

from graph.cli.console import CommandError, settings
from graph.operations.documents import parse_and_validate
from graph.operations.limits import Limits
from graph.schema import schema
from models import RegisteredDocument
from models.columns.digest import digest


def read_document(file: Path) -> str:
    """The text of a document that the schema understands, within the limits of the settings."""
    try:
        # As it is, to the last letter: clients send its digest.
        text = file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None
    try:
        limits = Limits.from_settings(settings())
        _, faults, _ = parse_and_validate(schema._schema, text, limits, specified_rules)
    except GraphQLError as error:
        faults = [error]
    if faults:
        line = faults[0].locations[0].line if faults[0].locations else 1
        raise CommandError(f"{file}:{line}: {faults[0].message} Nothing was registered.")
    return text


async def register(session: AsyncSession, text: str) -> str:
    """Registers a document, if it is not; its id."""
    name = digest(text)
    if await session.get(RegisteredDocument, name) is None:
        session.add(RegisteredDocument(digest=name, text=text))
    return name.hex()
