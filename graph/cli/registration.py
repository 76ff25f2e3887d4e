"""Reading documents from files, and registering them."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson
from graphql import GraphQLError
from sqlalchemy.ext.asyncio import AsyncSession

from graph.cli.console import CommandError, load_settings
from graph.operations.documents import parse_and_validate
from graph.operations.limits import Limits, check_size
from graph.operations.value_errors import RULES
from graph.schema import schema
from models import RegisteredDocument
from models.columns.digest import digest

#: How the names of files end that hold documents and manifests.
DOCUMENTS, MANIFEST = (".graphql", ".gql"), ".json"
APOLLO_FORMAT = "apollo-persisted-query-manifest"


def read_documents(paths: Iterable[Path]) -> dict[str, str]:
    """Return the documents in files, manifests and folders, by the names that errors show.

    Raises a `CommandError` if a document is not valid for the schema, or exceeds the limits of the
    settings.
    """
    limits = Limits.from_settings(load_settings())
    found: dict[str, str] = {}
    for file in files_in(paths):
        # Line endings are kept: clients send the digest of the exact text.
        text = read_text(file)
        documents = read_manifest(file, text) if file.suffix == MANIFEST else {str(file): text}
        for name, document in documents.items():
            check_document(name, document, limits)
        found |= documents
    return found


def read_document(file: Path) -> str:
    """Return the text of a valid document. Raises a `CommandError`, as `read_documents` does."""
    text = read_text(file)
    check_document(str(file), text, Limits.from_settings(load_settings()))
    return text


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files, and those in folders whose names end as those of documents or manifests."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        files = sorted(each for each in path.rglob("*") if each.suffix in (*DOCUMENTS, MANIFEST))
        if not files:
            raise CommandError(f"{path} has no files that end in .graphql, .gql or .json.")
        yield from files


def read_text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None


def read_manifest(file: Path, text: str) -> dict[str, str]:
    """Return the documents of a manifest.

    Apollo writes `{"format": "apollo-persisted-query-manifest", "operations": [{"id", "body"}]}`.
    Relay and GraphQL Code Generator write an object of texts by their hashes.
    """
    try:
        manifest = orjson.loads(text)
        if isinstance(manifest, dict) and manifest.get("format") == APOLLO_FORMAT:
            by_id = {one["id"]: one["body"] for one in manifest["operations"]}
        else:
            by_id = {**manifest}
        if not all(isinstance(value, str) for value in by_id.values()):
            raise TypeError("not texts")
    except (ValueError, TypeError, LookupError, AttributeError):
        raise CommandError(
            f"{file} is not a manifest that Apollo, Relay or GraphQL Code Generator writes."
        ) from None
    for document_id, document in by_id.items():
        if digest(document).hex() != str(document_id).removeprefix("sha256:"):
            raise CommandError(
                f"{file}: {document_id!r:.80} is not the SHA-256 of its document. Let the tool "
                'hash with SHA-256: Relay by "algorithm": "SHA256" in its persistConfig, GraphQL '
                'Code Generator by persistedDocuments: { hashAlgorithm: "sha256" }.'
            )
    return {f"{file}: {operation_name(document)}": document for document in by_id.values()}


def operation_name(document: str) -> str:
    """Return the first name in a document that has the form of an operation's."""
    match = re.search(r"\b(?:query|mutation|subscription)\s+(\w+)", document)
    return match[1] if match else digest(document).hex()


def check_document(name: str, text: str, limits: Limits) -> None:
    """Raise a `CommandError` if a document is invalid."""
    try:
        check_size(text, limits)
        errors = parse_and_validate(schema._schema, text, limits, RULES).errors
    except GraphQLError as error:
        errors = [error]
    if errors:
        line = errors[0].locations[0].line if errors[0].locations else 1
        raise CommandError(f"{name}:{line}: {errors[0].message} No document was registered.")


async def register(session: AsyncSession, text: str) -> str:
    """Register a document unless it is registered already; return its ID."""
    document_digest = digest(text)
    if await session.get(RegisteredDocument, document_digest) is None:
        session.add(RegisteredDocument(digest=document_digest, text=text))
    return document_digest.hex()
