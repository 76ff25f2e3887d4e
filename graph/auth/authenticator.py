"""Authentication of requests by token, session cookie, or OpenID Connect."""

from datetime import timedelta

from graph.auth.credential_lookup import CredentialLookup
from graph.auth.credential_query import CredentialQuery
from graph.auth.identity import ANONYMOUS_IDENTITY, INVALID_TOKEN, Identity
from graph.auth.last_used import LastUsedTracker
from graph.auth.oidc import CLOCK_SKEW, OpenIDIssuer, expiry_of, link_or_create_user
from graph.kit.errors import Unauthenticated
from graph.settings import Settings
from models import AccessToken, ExternalIdentity, Session
from models.base import now
from models.columns.digest import digest
from models.credential import SESSION_PREFIX, TOKEN_PREFIX
from models.database import Database


class Authenticator:
    def __init__(self, database: Database, settings: Settings, last_used: LastUsedTracker) -> None:
        self.database = database
        self.settings = settings
        self.issuer = OpenIDIssuer(settings) if settings.oidc_issuer else None
        self.last_used = last_used
        self._tokens = CredentialLookup(database, AccessToken)
        self._sessions = CredentialLookup(database, Session)
        self._external = CredentialQuery(database, ExternalIdentity)

    async def close(self) -> None:
        """Cancel the statements that run."""
        await self._tokens.close()
        await self._sessions.close()

    async def authenticate(self, authorization: str | None, session_cookie: str | None) -> Identity:
        """Identify the sender by bearer token, else by session cookie, else as anonymous.

        Raise `Unauthenticated` for an invalid token. An invalid cookie is ignored: it belongs to a
        browser whose session has ended.
        """
        if authorization is None:
            if not session_cookie:
                return ANONYMOUS_IDENTITY
            identity = await self.identify_by_secret(Session, session_cookie, by_cookie=True)
            return identity or ANONYMOUS_IDENTITY
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Authorization: send a token as `Authorization: Bearer tsk_…`.")
        identity = await self._identify_by_token(token)
        if identity is None:
            raise Unauthenticated(INVALID_TOKEN)
        return identity

    async def identify_by_secret(
        self, model: type[AccessToken] | type[Session], secret: str, *, by_cookie: bool = False
    ) -> Identity | None:
        """Return the identity of a token or a session; None if it is unknown or invalid."""
        key = digest(secret)
        lookup = self._tokens if model is AccessToken else self._sessions

        async def find() -> Identity | None:
            record = await lookup.find(key)
            if record is None:
                return None
            expires_at = record.credential_columns["expires_at"]
            return Identity(record.viewer(), record, expires_at, by_cookie=by_cookie, renew=find)

        identity = await find()
        if identity is not None and identity.record is not None:
            columns = identity.record.credential_columns
            self.last_used.record(model, columns["id"], columns["last_used_at"])
        return identity

    async def _identify_by_token(self, token: str) -> Identity | None:
        if token.startswith(TOKEN_PREFIX):
            return await self.identify_by_secret(AccessToken, token)
        if token.startswith(SESSION_PREFIX):
            return await self.identify_by_secret(Session, token)
        if self.issuer is not None:
            return await self._identify_by_issuer(self.issuer, token)
        return None

    async def _identify_by_issuer(self, issuer: OpenIDIssuer, token: str) -> Identity | None:
        claims = await issuer.verified_claims(token)
        expires_at, leeway = expiry_of(claims), timedelta(seconds=CLOCK_SKEW)

        async def find() -> Identity | None:
            record = await self._external.of_subject(claims["iss"], claims["sub"])
            if record is None:
                return None
            identity = Identity(record.viewer(), record, expires_at, leeway, renew=find)
            return None if identity.has_expired(now()) else identity

        identity = await find()
        if identity is None:
            creates = self.settings.oidc_create_users
            await link_or_create_user(self.database, claims, creates=creates)
            identity = await find()
        return identity
