"""OpenID Connect: tokens that an issuer has signed, and the users they stand for here.

The issuer is the operator's choice and is trusted with who somebody is; nothing else of a token
is believed before its signature, algorithm, issuer, audience and times were checked.
"""

import asyncio
import json
import logging
import re
import time
import unicodedata
import urllib.request
from collections.abc import Mapping
from functools import partial
from typing import Any

import jwt
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from graph.kit.errors import Unauthenticated, Unavailable
from graph.settings import Settings
from models import ExternalIdentity, User
from models.database import Database
from models.user import HANDLE

#: Seconds for which keys are good, and after which they may be asked for again because of a
#: key that is not among them.
LIFETIME, PAUSE = 3600, 30
#: Seconds to wait for the issuer, and bytes to read of it.
TIMEOUT, LENGTH = 10, 1_000_000
#: Seconds that its clock and ours may differ.
LEEWAY = 30
MAX_ADDRESS, MAX_SUBJECT, MAX_NAME = 254, 255, 200
logger = logging.getLogger("taskloom.oidc")

INVALID_TOKEN = "This token of the OpenID Connect issuer is not good: {}. Sign in there again."


class OpenIDIssuer:
    """The issuer of the settings, and its keys."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched = -float("inf")
        self._fetching: asyncio.Task[None] | None = None

    async def verified_claims(self, token: str) -> Mapping[str, Any]:
        """What a token says, once it is checked; `Unauthenticated` where it is not good."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise Unauthenticated(INVALID_TOKEN.format("it cannot be read")) from None
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
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
            expires = int(claims["exp"])
        except (jwt.InvalidTokenError, OverflowError, TypeError, ValueError) as error:
            reason = str(error)
            raise Unauthenticated(INVALID_TOKEN.format(reason[:1].lower() + reason[1:])) from None
        if string_claim(claims, "sub", MAX_SUBJECT) is None:
            raise Unauthenticated(INVALID_TOKEN.format("its subject is no text, or too long"))
        return claims | {"exp": expires}

    async def _key(self, kid: str | None) -> jwt.PyJWK | None:
        """The key of a name; asked for anew where it is unknown, but not all the time.

        Whoever has a known key waits for nobody.
        """
        age = time.monotonic() - self._fetched
        if kid not in self._keys and (age > PAUSE or self._fetching is not None):
            await asyncio.shield(self._refreshing())
        elif age > LIFETIME:
            self._refreshing()
        if not self._keys:
            raise Unavailable("The OpenID Connect issuer does not answer. Try again later.")
        return self._keys.get(kid)

    def _refreshing(self) -> "asyncio.Task[None]":
        """The one task that asks for the keys."""
        if self._fetching is None:
            self._fetched = time.monotonic()
            self._fetching = asyncio.create_task(self._refresh())
        return self._fetching

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                self._keys = await asyncio.to_thread(self._fetch)
        except (OSError, ValueError, jwt.PyJWTError):
            logger.warning("the keys of the OpenID Connect issuer cannot be had", exc_info=True)
        finally:
            self._fetching = None

    def _fetch(self) -> dict[str | None, jwt.PyJWK]:
        url = self.settings.oidc_jwks_url
        if url is None:
            issuer = (self.settings.oidc_issuer or "").rstrip("/")
            url = _read(f"{issuer}/.well-known/openid-configuration").get("jwks_uri")
        if not isinstance(url, str):
            raise ValueError("the issuer names no jwks_uri")
        keys = jwt.PyJWKSet.from_dict(_read(url)).keys
        signing = [key for key in keys if key.public_key_use in (None, "sig")]
        named: dict[str | None, jwt.PyJWK] = {key.key_id: key for key in signing}
        # A token need not name the only key.
        return named | ({None: signing[0]} if len(signing) == 1 else {})


def _read(url: str) -> dict[str, Any]:
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"not an address: {url}")
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
        read = json.loads(answer.read(LENGTH))
    if not isinstance(read, dict):
        raise ValueError("the issuer answers no JSON object")
    return read


async def link_or_create_user(
    database: Database, claims: Mapping[str, Any], *, creates: bool
) -> None:
    """Makes a subject who was never seen a user, if the settings allow; else `Unauthenticated`.

    A verified e-mail address of a user who is there makes the subject that user.
    """
    if await database.read(partial(_is_known, claims)):
        return

    async def work(session: AsyncSession) -> None:
        if await _is_known(claims, session):
            return
        person = await _known_by_address(session, claims)
        if person is None:
            if not creates:
                raise Unauthenticated(
                    "Nobody here belongs to this account: ask an administrator to add a user "
                    "with your e-mail address."
                )
            person = await _made(session, claims)
        session.add(
            ExternalIdentity(issuer=claims["iss"], subject=claims["sub"], user_id=person.id)
        )

    # Somebody else may take the name, or the same one come twice at once.
    await database.write(work, retry_unique=True)


async def _is_known(claims: Mapping[str, Any], session: AsyncSession) -> bool:
    # scope: who the issuer says it is.
    known = select(ExternalIdentity.id).where(
        ExternalIdentity.issuer == claims["iss"], ExternalIdentity.subject == claims["sub"]
    )
    return await session.scalar(known) is not None


def string_claim(claims: Mapping[str, Any], name: str, most: int) -> str | None:
    """A claim that is a text, fit to be stored."""
    given = claims.get(name)
    if not isinstance(given, str) or not 0 < len(given) <= most:
        return None
    # No control characters, marks that turn the writing around, or halves of characters.
    return None if any(unicodedata.category(one).startswith("C") for one in given) else given


def _verified_address(claims: Mapping[str, Any]) -> str | None:
    """The address that the issuer has verified; letters that only look like others' are none."""
    address = string_claim(claims, "email", MAX_ADDRESS)
    if claims.get("email_verified") is not True or address is None or not address.isascii():
        return None
    return address.strip().lower()


async def _known_by_address(session: AsyncSession, claims: Mapping[str, Any]) -> User | None:
    address = _verified_address(claims)
    if address is None:
        return None
    # scope: who the issuer says it is.
    found = (await session.scalars(select(User).where(func.lower(User.email) == address))).all()
    return found[0] if len(found) == 1 else None


async def _made(session: AsyncSession, claims: Mapping[str, Any]) -> User:
    """A new user, with a handle as near to what they are called there as may be."""
    address = _verified_address(claims)
    names = ("preferred_username", "nickname", "email")
    wanted = next((name for one in names if (name := string_claim(claims, one, MAX_ADDRESS))), "")
    handle = re.sub(r"[^A-Za-z0-9._-]+", "-", wanted.partition("@")[0]).lstrip("._-")[:56]
    handle = handle if HANDLE.fullmatch(handle) else "user"
    # scope: a handle that is taken is taken, whoever sees it, and in whatever capitals.
    folded = func.lower(User.handle)
    like = select(User.handle).where(folded.startswith(handle.lower(), autoescape=True))
    taken = {one.lower() for one in await session.scalars(like)}
    choices = [handle, *(f"{handle}-{number}" for number in range(2, len(taken) + 3))]
    handle = next(one for one in choices if one.lower() not in taken)
    called = (string_claim(claims, "name", MAX_NAME) or "").strip()
    name = called or handle
    person = User(id=uuid7(), handle=handle, name=name, email=address)
    session.add(person)
    await session.flush()
    return person
