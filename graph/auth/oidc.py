"""OpenID Connect: verification of an issuer's tokens, and the users that they identify.

The operator trusts the configured issuer to identify users. No claim of a token is used before its
signature, algorithm, issuer, audience and times have been verified.
"""

import asyncio
import json
import logging
import re
import time
import unicodedata
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPException
from typing import Any

import jwt
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from graph.kit.errors import Unauthenticated, Unavailable
from graph.settings import Settings
from models import ExternalIdentity, User
from models.base import column_of
from models.columns.rules import LAST_MOMENT, rule_violation
from models.database import Database
from models.user import HANDLE

#: Seconds until the issuer's keys are fetched again, and at least between two attempts because of
#: tokens with an unknown key or because the last attempt failed.
KEYS_LIFETIME, MIN_FETCH_INTERVAL = 3600, 30
#: Seconds to wait for the issuer, and bytes to read of a response.
FETCH_TIMEOUT, MAX_RESPONSE_BYTES = 10, 1_000_000
#: Seconds by which the issuer's clock may differ from ours.
CLOCK_SKEW = 30
#: Characters.
MAX_EMAIL, MAX_SUBJECT, MAX_NAME, MAX_PICTURE_URL = 254, 255, 200, 500
#: The claims that a new user's handle is derived from: the first that is present.
HANDLE_CLAIMS = ("preferred_username", "nickname", "email")
#: Characters of a handle, without the number that may be appended to make it unique.
MAX_HANDLE_STEM = 56

INVALID_TOKEN = "This OpenID Connect token is invalid: {}. Sign in at the issuer again."

logger = logging.getLogger("taskloom.oidc")


class OpenIDIssuer:
    """Verifies tokens with the issuer's keys, which are fetched and cached."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._keys: dict[str | None, jwt.PyJWK] = {}
        #: When the keys were last fetched, and when this was last attempted.
        self._fetched_at = self._attempted_at = -float("inf")
        self._fetch_task: asyncio.Task[None] | None = None

    async def verified_claims(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a valid token, with `exp` as an integer.

        Raise `Unauthenticated` if the token is invalid, and `Unavailable` if the issuer's keys
        cannot be fetched.
        """
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise Unauthenticated(INVALID_TOKEN.format("it cannot be decoded")) from None
        if header.get("alg") not in self.settings.oidc_algorithms:
            raise Unauthenticated(INVALID_TOKEN.format("its algorithm is not accepted"))
        key = await self._key(header.get("kid"))
        if key is None:
            raise Unauthenticated(INVALID_TOKEN.format("its key is not one of the issuer's"))
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=self.settings.oidc_algorithms,
                audience=self.settings.oidc_audience,
                issuer=self.settings.oidc_issuer,
                leeway=CLOCK_SKEW,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
            expires_at = int(claims["exp"])
        except (jwt.InvalidTokenError, OverflowError, TypeError, ValueError) as error:
            reason = str(error)
            raise Unauthenticated(INVALID_TOKEN.format(reason[:1].lower() + reason[1:])) from None
        if string_claim(claims, "sub", MAX_SUBJECT) is None:
            reason = f"its subject must be 1 to {MAX_SUBJECT} printable characters"
            raise Unauthenticated(INVALID_TOKEN.format(reason))
        return claims | {"exp": expires_at}

    async def _key(self, key_id: str | None) -> jwt.PyJWK | None:
        """Return a key of the issuer, or None if the issuer does not publish it.

        Only tokens with an unknown key wait for a fetch; old keys are used until a fetch succeeds.
        """
        at = time.monotonic()
        may_fetch = at - self._attempted_at > MIN_FETCH_INTERVAL or self._fetch_task is not None
        if key_id not in self._keys and may_fetch:
            await asyncio.shield(self._refresh_keys())
        elif at - self._fetched_at > KEYS_LIFETIME and may_fetch:
            self._refresh_keys()
        if not self._keys:
            raise Unavailable("The OpenID Connect issuer does not answer. Try again later.")
        return self._keys.get(key_id)

    def _refresh_keys(self) -> "asyncio.Task[None]":
        """Begin to fetch the keys, unless a fetch is under way, and return its task."""
        if self._fetch_task is None:
            self._attempted_at = time.monotonic()
            self._fetch_task = asyncio.create_task(self._fetch_keys())
        return self._fetch_task

    async def _fetch_keys(self) -> None:
        try:
            async with asyncio.timeout(FETCH_TIMEOUT):
                self._keys = await asyncio.to_thread(self._fetch)
            self._fetched_at = self._attempted_at
        except (OSError, ValueError, HTTPException, jwt.PyJWTError):
            logger.warning("the OpenID Connect issuer's keys cannot be fetched", exc_info=True)
        finally:
            self._fetch_task = None

    def _fetch(self) -> dict[str | None, jwt.PyJWK]:
        url = self.settings.oidc_jwks_url
        if url is None:
            issuer = (self.settings.oidc_issuer or "").rstrip("/")
            url = _fetch_json(f"{issuer}/.well-known/openid-configuration").get("jwks_uri")
        if not isinstance(url, str):
            raise ValueError("the issuer's discovery document has no jwks_uri")
        keys = jwt.PyJWKSet.from_dict(_fetch_json(url)).keys
        signing = [key for key in keys if key.public_key_use in (None, "sig")]
        by_id: dict[str | None, jwt.PyJWK] = {key.key_id: key for key in signing}
        # If there is only one key, a token without a `kid` uses it.
        return by_id | ({None: signing[0]} if len(signing) == 1 else {})


def expiry_of(claims: Mapping[str, Any]) -> datetime:
    """When a verified token expires. Times that no database can store count as the last one."""
    return datetime.fromtimestamp(min(claims["exp"], LAST_MOMENT.timestamp()), UTC)


def _fetch_json(url: str) -> dict[str, Any]:
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"not an HTTP URL: {url}")
    with urllib.request.urlopen(url, timeout=FETCH_TIMEOUT) as response:
        content = json.loads(response.read(MAX_RESPONSE_BYTES))
    if not isinstance(content, dict):
        raise ValueError(f"not a JSON object: {url}")
    return content


async def link_or_create_user(
    database: Database, claims: Mapping[str, Any], *, creates: bool
) -> None:
    """Link a new subject to the user with its verified email address, or else to a new user.

    Raise `Unauthenticated` if there is no such user and `creates` is false.
    """
    if await database.read(partial(_is_linked, claims)):
        return

    async def work(session: AsyncSession) -> None:
        if await _is_linked(claims, session):
            return
        user = await _find_user(session, claims)
        if user is None:
            if not creates:
                raise Unauthenticated(
                    "No user belongs to this account. Ask an administrator to add a user with "
                    "your email address."
                )
            user = await _create_user(session, claims)
        session.add(ExternalIdentity(issuer=claims["iss"], subject=claims["sub"], user_id=user.id))

    # A concurrent request may take the handle, or link the same subject.
    await database.write(work, retry_unique=True)


def string_claim(claims: Mapping[str, Any], name: str, max_length: int) -> str | None:
    """Return a claim; None unless it is a string that can be stored and shown safely."""
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= max_length:
        return None
    # Unicode categories C*: control and bidirectional formatting characters, and surrogates.
    is_safe = not any(unicodedata.category(character).startswith("C") for character in value)
    return value if is_safe else None


async def _is_linked(claims: Mapping[str, Any], session: AsyncSession) -> bool:
    # scope: the viewer is not known yet; the issuer vouches for the subject.
    query = select(ExternalIdentity.id).where(
        ExternalIdentity.issuer == claims["iss"], ExternalIdentity.subject == claims["sub"]
    )
    return await session.scalar(query) is not None


def _verified_email(claims: Mapping[str, Any]) -> str | None:
    """The email address in lowercase, if the issuer has verified it and it is ASCII.

    Lowercase forms of other characters can equal ASCII ones, and so a different user's address.
    """
    email = string_claim(claims, "email", MAX_EMAIL)
    if claims.get("email_verified") is not True or email is None or not email.isascii():
        return None
    return email.strip().lower()


async def _find_user(session: AsyncSession, claims: Mapping[str, Any]) -> User | None:
    """The only user with the verified email address."""
    email = _verified_email(claims)
    if email is None:
        return None
    # scope: the viewer is not known yet; the issuer vouches for the address.
    users = (await session.scalars(select(User).where(func.lower(User.email) == email))).all()
    return users[0] if len(users) == 1 else None


def _picture(claims: Mapping[str, Any]) -> str | None:
    """The URL of the user's picture at the issuer, if it is a usable one."""
    column = column_of(User.avatar_url)
    url = string_claim(claims, "picture", MAX_PICTURE_URL)
    return None if url is None or rule_violation(column, url) else url


async def _create_user(session: AsyncSession, claims: Mapping[str, Any]) -> User:
    """Create a user, whose handle is derived from the name or address at the issuer."""
    email = _verified_email(claims)
    names = (string_claim(claims, claim, MAX_EMAIL) for claim in HANDLE_CLAIMS)
    name_at_issuer = next((name for name in names if name), "")
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name_at_issuer.partition("@")[0]).lstrip("._-")
    stem = stem[:MAX_HANDLE_STEM]
    stem = stem if HANDLE.fullmatch(stem) else "user"
    # scope: handles are unique, in whatever case, among all users.
    is_similar = func.lower(User.handle).startswith(stem.lower(), autoescape=True)
    similar = await session.scalars(select(User.handle).where(is_similar))
    taken = {handle.lower() for handle in similar}
    candidates = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
    handle = next(candidate for candidate in candidates if candidate.lower() not in taken)
    name = (string_claim(claims, "name", MAX_NAME) or "").strip() or handle
    user = User(id=uuid7(), handle=handle, name=name, email=email, avatar_url=_picture(claims))
    session.add(user)
    await session.flush()
    return user
