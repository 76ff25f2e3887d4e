"""The identity of a request's sender."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from graph.auth.records import CredentialRecord, StoredCredential
from graph.kit.errors import Unauthenticated
from models import ANONYMOUS, AccessToken, Session, User, Viewer

__all__ = ["ANONYMOUS_IDENTITY", "INVALID_TOKEN", "Identity", "StoredCredential"]

INVALID_TOKEN = "This token is unknown, expired or revoked. Create another one."


@dataclass(slots=True)
class Identity:
    """A viewer, and what was read to identify them. It does not change."""

    viewer: Viewer = field(default=ANONYMOUS)
    #: The columns of the credential and its user; None for anonymous senders.
    record: CredentialRecord | None = None
    #: When the credential expires; None if it never does. Of an issuer's token, its `exp`.
    expires_at: datetime | None = None
    #: How much longer it is accepted, because the issuer's clock may differ from ours.
    leeway: timedelta = timedelta()
    #: Whether the credential is a cookie, which browsers also send for pages of other sites.
    by_cookie: bool = False
    #: Reads the identity again; returns None if the credential is no longer valid.
    renew: Callable[[], Awaitable["Identity | None"]] | None = None

    @property
    def user(self) -> User | None:
        """The user as a loaded row, which is built when it is first needed."""
        return None if self.record is None else self.record.user

    @property
    def credential(self) -> StoredCredential | None:
        """The credential as a loaded row, which is built when it is first needed."""
        return None if self.record is None else self.record.credential

    @property
    def sends_anything(self) -> bool:
        """Whether the sender may run unregistered documents where only registered ones run."""
        record = self.record
        return (
            record is not None
            and record.model is AccessToken
            and record.credential_columns["sends_anything"] is True
        )

    def has_expired(self, at: datetime) -> bool:
        return self.expires_at is not None and at >= self.expires_at + self.leeway

    @property
    def latest_token_expiry(self) -> datetime | None:
        """When a token that the caller creates must expire at the latest; None if it need not.

        A credential cannot create a token that outlives it. Sessions are the exception: a person
        began them with a password or with a link from the operator, and tokens are what they
        leave to their programs. A new password revokes these tokens.
        """
        is_session = self.record is not None and self.record.model is Session
        return None if is_session else self.expires_at

    async def refreshed(self) -> "Identity":
        """Return the current identity; raise `Unauthenticated` if it is no longer valid."""
        identity = self if self.renew is None else await self.renew()
        if identity is None:
            raise Unauthenticated(INVALID_TOKEN)
        return identity


ANONYMOUS_IDENTITY = Identity()
