"""OpenID Connect: tokens that an issuer has signed, and the users they stand for here.

The issuer is the operator's choice and is trusted with who somebody is; nothing else of a token
is believed before its signature, algorithm, issuer, audience and times were checked.
"""

import asyncio
import json
import re
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

import jwt
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
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
MAX_ADDRESS = 254
NOT_GOOD = "This token of the OpenID Connect issuer is not good: {}. Sign in there again."


class Issuer:
    """The issuer of the settings, and its keys."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched = -float("inf")
        self._fetching = asyncio.Lock()

    async def claims(self, token: str) -> Mapping[str, Any]:
        """What a token says, once it is checked; `Unauthenticated` where it is not good."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise Unauthenticated(NOT_GOOD.format("it cannot be read")) from None
        if header.get("alg") not in self.settings.oidc_algorithms:
            raise Unauthenticated(NOT_GOOD.format("its algorithm is not accepted"))
        key = await self._key(header.get("kid"))
        if key is None:
            raise Unauthenticated(NOT_GOOD.format("its key is not one of the issuer's"))
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
        except jwt.InvalidTokenError as error:
            reason = str(error)
            raise Unauthenticated(NOT_GOOD.format(reason[:1].lower() + reason[1:])) from None
        return claims

    async def _key(self, kid: str | None) -> jwt.PyJWK | None:
        """The key of a name; asked for anew where it is unknown, but not all the time."""
        async with self._fetching:
            age = time.monotonic() - self._fetched
            if age > LIFETIME or (kid not in self._keys and age > PAUSE):
                self._fetched = time.monotonic()
                try:
                    self._keys = await asyncio.to_thread(self._fetch)
                except (OSError, ValueError, jwt.PyJWTError) as error:
                    if not self._keys:
                        self._fetched = -float("inf")
                        message = "The OpenID Connect issuer does not answer. Try again later."
                        raise Unavailable(message) from error
        return self._keys.get(kid)

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


async def admit(database: Database, claims: Mapping[str, Any], *, creates: bool) -> None:
    """Makes a subject who was never seen a user, if the settings allow; else `Unauthenticated`.

    A verified e-mail address of a user who is there makes the subject that user.
    """
    if not isinstance(claims.get("sub"), str):
        raise Unauthenticated(NOT_GOOD.format("its subject is no text"))
    for _ in range(3):
        try:
            async with database.writes.begin() as session:
                person = await _known_by_address(session, claims)
                if person is None:
                    if not creates:
                        raise Unauthenticated(
                            "Nobody here belongs to this account: ask an administrator to add "
                            "a user with your e-mail address."
                        )
                    person = await _made(session, claims)
                session.add(
                    ExternalIdentity(issuer=claims["iss"], subject=claims["sub"], user_id=person.id)
                )
            return
        except IntegrityError:
            # Somebody else took the name, or the same one came twice at once.
            if await _is_known(database, claims):
                return
    raise Unavailable("Others sign in just now with the same names. Try again.")


async def _is_known(database: Database, claims: Mapping[str, Any]) -> bool:
    # scope: who the issuer says it is.
    known = select(ExternalIdentity.id).where(
        ExternalIdentity.issuer == claims["iss"], ExternalIdentity.subject == claims["sub"]
    )
    async with database.reads() as session:
        return await session.scalar(known) is not None


def _verified_address(claims: Mapping[str, Any]) -> str | None:
    address = claims.get("email")
    verified = claims.get("email_verified") is True
    if not verified or not isinstance(address, str) or not 0 < len(address) <= MAX_ADDRESS:
        return None
    return address.lower()


async def _known_by_address(session: AsyncSession, claims: Mapping[str, Any]) -> User | None:
    address = _verified_address(claims)
    if address is None:
        return None
    # scope: who the issuer says it is.
    found: User | None = await session.scalar(select(User).where(func.lower(User.email) == address))
    return found


async def _made(session: AsyncSession, claims: Mapping[str, Any]) -> User:
    """A new user, with a handle as near to what they are called there as may be."""
    address = _verified_address(claims)
    names = (claims.get("preferred_username"), claims.get("nickname"), claims.get("email"))
    wanted = next((name for name in names if isinstance(name, str)), "")
    handle = re.sub(r"[^A-Za-z0-9._-]+", "-", wanted.partition("@")[0]).lstrip("._-")[:56]
    handle = handle if HANDLE.fullmatch(handle) else "user"
    # scope: a handle that is taken is taken, whoever sees it.
    like = select(User.handle).where(User.handle.like(f"{handle}%"))
    taken = {one.lower() for one in await session.scalars(like)}
    choices = [handle, *(f"{handle}-{number}" for number in range(2, len(taken) + 3))]
    handle = next(one for one in choices if one.lower() not in taken)
    called = claims.get("name")
    name = called[:200] if isinstance(called, str) and called.strip() else handle
    person = User(id=uuid7(), handle=handle, name=name, email=address)
    session.add(person)
    await session.flush()
    return person
