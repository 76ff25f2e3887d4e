"""Checks whether subscribers may still see what they have subscribed to."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextvars import Context
from dataclasses import replace
from typing import Any
from uuid import UUID

from graph.auth.credential_query import CredentialQuery
from graph.auth.identity import Identity, StoredCredential
from graph.auth.records import parse_roles
from graph.operations.fair_slots import FairSlots
from models.base import now
from models.database import Database

#: The most credentials of one statement.
MAX_CREDENTIALS = 2000
#: What takes a turn for a connection.
CALLER = "live access"

#: A credential: its model and its key.
CredentialKey = tuple[type[StoredCredential], UUID]


def credential_key(identity: Identity) -> CredentialKey | None:
    """Return the credential of an identity; None if it is anonymous."""
    record = identity.record
    return None if record is None else (record.model, record.credential_columns["id"])


class AccessCheck:
    """Reads the roles of subscribers again, with one statement for all that wait at that moment."""

    def __init__(self, database: Database, reads: FairSlots) -> None:
        self.database = database
        self._reads = reads
        self._queries: dict[Any, CredentialQuery] = {}
        #: What waits for the next statements, and what they will tell.
        self._waiting: dict[CredentialKey, None] = {}
        self._next: asyncio.Task[Mapping[CredentialKey, str]] | None = None
        self._running: asyncio.Task[Mapping[CredentialKey, str]] | None = None

    async def roles(self, identities: Iterable[Identity]) -> Mapping[CredentialKey, str]:
        """Return the current roles of those credentials that are valid, for `renewed`.

        The statements begin after the call: whatever was committed before the call counts.
        """
        keys = {credential_key(identity) for identity in identities} - {None}
        if not keys:
            return {}
        self._waiting.update((key, None) for key in keys if key is not None)
        if self._next is None:
            # In an empty context: it is not part of the operation that starts it.
            loop = asyncio.get_running_loop()
            self._next = loop.create_task(self._read_next(), context=Context())
            self._next.add_done_callback(_mark_retrieved)
        return await asyncio.shield(self._next)

    async def close(self) -> None:
        """Cancel the statements that run."""
        tasks = [task for task in (self._running, self._next) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read_next(self) -> Mapping[CredentialKey, str]:
        """Wait for the statements that run, and read the roles of all that wait by then."""
        if self._running is not None:
            await asyncio.wait([self._running])
        self._running, self._next = self._next, None
        waiting, self._waiting = self._waiting, {}
        by_model: dict[type[StoredCredential], list[UUID]] = defaultdict(list)
        for model, key in waiting:
            by_model[model].append(key)
        found: dict[CredentialKey, str] = {}
        for model, keys in by_model.items():
            for start in range(0, len(keys), MAX_CREDENTIALS):
                roles = await self._roles(model, keys[start : start + MAX_CREDENTIALS])
                found.update(((model, key), text) for key, text in roles.items())
        return found

    async def _roles(self, model: type[StoredCredential], keys: list[UUID]) -> dict[UUID, str]:
        query = self._queries.get(model)
        if query is None:
            query = self._queries[model] = CredentialQuery(self.database, model)
        async with self._reads.slot(CALLER):
            return await query.roles_by_id(keys)


def _mark_retrieved(task: "asyncio.Task[Any]") -> None:
    """Retrieve an error, so that asyncio does not report it when all callers were canceled."""
    if not task.cancelled():
        task.exception()


def renewed(identity: Identity, roles: Mapping[CredentialKey, str]) -> Identity | None:
    """Return an identity with its current roles; None if its credential is not valid any longer."""
    key = credential_key(identity)
    text = None if key is None else roles.get(key)
    # Several tokens of an issuer can stand for one external identity: each expires at its own time.
    if text is None or identity.has_expired(now()):
        return None
    current = parse_roles(text)
    if current == identity.viewer.roles:
        return identity
    return replace(identity, viewer=replace(identity.viewer, roles=current))
