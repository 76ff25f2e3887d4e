"""The identity of a request's sender."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from graph.kit.errors import Unauthenticated
from models import ANONYMOUS, AccessToken, ExternalIdentity, Session, User, Viewer, Workspace

INVALID_TOKEN = "This token is unknown, expired or revoked. Create another one."

#: A row that identifies a user.
StoredCredential: TypeAlias = AccessToken | Session | ExternalIdentity


@dataclass(frozen=True)
class Identity:
    """A viewer, and the rows that were read to identify them."""

    viewer: Viewer = ANONYMOUS
    user: User | None = None
    workspaces: Sequence[Workspace] = field(default_factory=tuple)
    credential: StoredCredential | None = None
    #: Whether the credential is a cookie, which browsers also send for pages of other sites.
    by_cookie: bool = False
    #: Reads the identity again; returns None if the credential is no longer valid.
    renew: Callable[[], Awaitable["Identity | None"]] | None = None

    async def refreshed(self) -> "Identity":
        """Return the current identity; raise `Unauthenticated` if it is no longer valid."""
        identity = self if self.renew is None else await self.renew()
        if identity is None:
            raise Unauthenticated(INVALID_TOKEN)
        return identity


ANONYMOUS_IDENTITY = Identity()
