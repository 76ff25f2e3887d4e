"""Documents that clients send by hash instead of by text.

extensions.persistedQuery   an automatic persisted query of Apollo: the client sends the hash
                            alone, and the text too if the server does not know the hash
documentId                  the hash of a document registered with `taskloom documents add`
"""

import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from graph.kit.errors import ApiError
from graph.kit.lru_cache import LRUCache
from graph.operations.limits import document_size
from models import RegisteredDocument
from models.columns.digest import digest
from models.database import Database

#: Texts cached per process and kind, and their characters in total.
CACHED_TEXTS, CACHED_CHARACTERS = 1000, 1_000_000
HASH = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


class DocumentNotFound(ApiError):
    """The hash is unknown: the client must send the text too."""

    code = "PERSISTED_QUERY_NOT_FOUND"


class DocumentRefused(ApiError):
    """The hash is malformed or wrong, or the server does not accept the document."""

    code = "PERSISTED_QUERY_REFUSED"


class DocumentStore:
    """Finds the texts of documents; with `registered_only`, only those of registered ones."""

    def __init__(self, database: Database, *, max_size: int, registered_only: bool) -> None:
        self.database = database
        self.max_size = max_size
        self.registered_only = registered_only
        #: Texts that clients have sent together with their hashes.
        self._persisted: LRUCache[bytes, str] = LRUCache(CACHED_TEXTS, CACHED_CHARACTERS, len)
        self._registered: LRUCache[bytes, str] = LRUCache(CACHED_TEXTS, CACHED_CHARACTERS, len)

    async def text(
        self,
        query: str | None,
        document_id: str | None,
        persisted_query: Any,
        *,
        sends_anything: bool,
    ) -> str | None:
        """Return the text to execute; None if the request has neither a text nor a hash.

        `sends_anything` exempts the caller from `registered_only`. Raise `DocumentNotFound` or
        `DocumentRefused`.
        """
        if query is not None and document_size(query) > self.max_size:
            # It is neither hashed nor cached: `check_size` refuses to run it.
            return query
        sent_digest = _parse_digest(document_id, persisted_query)
        if query is not None and sent_digest is not None and digest(query) != sent_digest:
            raise DocumentRefused("The hash is not the SHA-256 of the `query` sent with it.")
        if self.registered_only and not sends_anything:
            return await self._require_registered(query, sent_digest)
        if sent_digest is None:
            return query
        if query is None:
            text = self._persisted.get(sent_digest) or await self._find_registered(sent_digest)
            if text is None:
                # Apollo's clients look for this message.
                raise DocumentNotFound("PersistedQueryNotFound")
            return text
        self._persisted.put(sent_digest, query)
        return query

    async def _require_registered(self, query: str | None, sent_digest: bytes | None) -> str | None:
        if query is None and sent_digest is None:
            return None
        text = await self._find_registered(sent_digest or digest(query or ""))
        if text is None:
            raise DocumentRefused(
                "This server runs only registered documents. Register this one with "
                "`taskloom documents add`, or use a token that may send any document."
            )
        return text

    async def _find_registered(self, text_digest: bytes) -> str | None:
        cached = self._registered.get(text_digest)
        if cached is not None:
            return cached
        # scope: registered documents belong to no workspace and contain no data.
        query = select(RegisteredDocument.text).where(RegisteredDocument.digest == text_digest)

        async def read(session: AsyncSession) -> str | None:
            text: str | None = await session.scalar(query)
            return text

        text = await self.database.read(read)
        if text is not None:
            self._registered.put(text_digest, text)
        return text


def _parse_digest(document_id: str | None, persisted_query: Any) -> bytes | None:
    text_hash = document_id
    if persisted_query is not None:
        if not isinstance(persisted_query, dict) or persisted_query.get("version") != 1:
            raise DocumentRefused("extensions.persistedQuery: only version 1 is supported.")
        text_hash = persisted_query.get("sha256Hash")
    elif document_id is None:
        return None
    match = HASH.fullmatch(text_hash) if isinstance(text_hash, str) else None
    if match is None:
        raise DocumentRefused(
            "A document's hash must be its SHA-256 in 64 lowercase hexadecimal digits."
        )
    return bytes.fromhex(match[1])
