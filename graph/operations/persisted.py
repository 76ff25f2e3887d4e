"""Documents that clients send by their hash, and the only ones that run where that is wished.

extensions.persistedQuery   Apollo's automatic persisted queries: a client sends the hash
                            alone, and the text only when it is asked for it
documentId                  the hash of a document that was registered
"""

import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from graph.kit.errors import ApiError
from graph.operations.lru_cache import LRUCache
from models import RegisteredDocument
from models.columns.digest import digest
from models.database import Database

#: How many texts a process keeps, and how many letters they may have in all.
COUNT, TOTAL = 1000, 1_000_000
HASH = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


class DocumentNotFound(ApiError):
    """No document is known by this hash: send its text too."""

    code = "PERSISTED_QUERY_NOT_FOUND"


class DocumentRefused(ApiError):
    """The document may not be sent, or not in this way."""

    code = "PERSISTED_QUERY_REFUSED"


class DocumentStore:
    """The documents of a server."""

    def __init__(self, database: Database, *, registered_only: bool) -> None:
        self.database = database
        self.registered_only = registered_only
        #: Texts that clients have sent with their hashes, and registered ones.
        self._sent: LRUCache[bytes, str] = LRUCache(COUNT, TOTAL, len)
        self._registered: LRUCache[bytes, str] = LRUCache(COUNT, TOTAL, len)

    async def text(
        self, query: str | None, document_id: str | None, persisted: Any, *, sends_anything: bool
    ) -> str | None:
        """The text that a request means; an `ApiError` where it is not known, or may not run."""
        named = _given_digest(document_id, persisted)
        if query is not None and named is not None and digest(query) != named:
            raise DocumentRefused("The hash is not that of the `query` sent with it (SHA-256).")
        if self.registered_only and not sends_anything:
            return await self._only_registered(query, named)
        if named is None:
            return query
        if query is None:
            known = self._sent.get(named) or await self._registered_text(named)
            if known is None:
                # Apollo's clients know this message.
                raise DocumentNotFound("PersistedQueryNotFound")
            return known
        self._sent.put(named, query)
        return query

    async def _only_registered(self, query: str | None, named: bytes | None) -> str | None:
        if query is None and named is None:
            return None
        known = await self._registered_text(named or digest(query or ""))
        if known is None:
            raise DocumentRefused(
                "Only registered documents run on this server: register this one with "
                "`taskloom documents add`, or use a token that may send any."
            )
        return known

    async def _registered_text(self, named: bytes) -> str | None:
        known = self._registered.get(named)
        if known is not None:
            return known
        # scope: a document is not of a workspace, and says nothing about one.
        one = select(RegisteredDocument.text).where(RegisteredDocument.digest == named)

        async def read(session: AsyncSession) -> str | None:
            text: str | None = await session.scalar(one)
            return text

        known = await self.database.read(read)
        if known is not None:
            self._registered.put(named, known)
        return known


def _given_digest(document_id: str | None, persisted: Any) -> bytes | None:
    given = document_id
    if persisted is not None:
        if not isinstance(persisted, dict) or persisted.get("version") != 1:
            raise DocumentRefused("extensions.persistedQuery: only version 1 is known.")
        given = persisted.get("sha256Hash")
    elif given is None:
        return None
    match = HASH.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        raise DocumentRefused("A document's hash is its SHA-256 in 64 small hexadecimal digits.")
    return bytes.fromhex(match[1])
