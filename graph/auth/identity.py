"""The identity of a request's sender."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from graph.kit.errors import Unauthenticated
from models import ANONYMOUS, AccessToken, ExternalIdentity, Session, User, Viewer

INVALID_TOKEN = "This token is unknown, expired or revoked. Create another one."

#: A row that identifies a user.
StoredCredential: TypeAlias = AccessToken | Session | ExternalIdentity


@dataclass(frozen=True)
class Identity:
    """A viewer, and the rows that were read to identify them."""

    viewer: Viewer = ANONYMOUS
    user: User | None = None
    credential: StoredCredential | None = None
    #: When the credential expires; None if it never does. Of an issuer's token, its `exp`.
    expires_at: datetime | None = None
    #: How much longer it is accepted, because the issuer's clock may differ from ours.
    leeway: timedelta = timedelta()
    #: Whether the credential is a cookie, which browsers also send for pages of other sites.
    by_cookie: bool = False
    #: Reads the identity again; returns None if the credential is no longer valid.
    renew: Callable[[], Awaitable["Identity | None"]] | None = None

    def has_expired(self, at: datetime) -> bool:
        return self.expires_at is not None and at >= self.expires_at + self.leeway

    @property
    def latest_token_expiry(self) -> datetime | None:
        """When a token that the caller creates must expire at the latest; None if it need not.

        A credential cannot create a token that outlives it. Sessions are the exception: a person
        began them with a password or with a link from the operator, and tokens are what they
        leave to their programs. A new password revokes these tokens.
        """
        return None if isinstance(self.credential, Session) else self.expires_at

    async def refreshed(self) -> "Identity":
        """Return the current identity; raise `Unauthenticated` if it is no longer valid."""
        identity = self if self.renew is None else await self.renew()
        if identity is None:
            raise Unauthenticated(INVALID_TOKEN)
        return identity


ANONYMOUS_IDENTITY = Identity()
