"""Passwords: hashed by argon2id, and checked in the same time whether there is one or not."""

import asyncio
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models import Password, User
from models.database import Database
from models.server.token_bucket import BucketSize, take_tokens

#: What NIST SP 800-63B asks for at least, and more than anybody types.
MIN_LENGTH, MAX_LENGTH = 8, 1000
#: Failed sign-ins that an account, and an address, may have at once, and how fast they are
#: forgiven.
PER_ACCOUNT = BucketSize(capacity=10, seconds=300)
PER_ADDRESS = BucketSize(capacity=50, seconds=600)

#: The parameters of RFC 9106 for machines with little memory: 64 MiB, three passes.
HASHER = PasswordHasher()
#: Each hash takes a core and its memory: no more than two at a time, whoever asks.
_HASHING = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")


def password_problem(password: str) -> str | None:
    """What is wrong with a new password."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return f"a password has {MIN_LENGTH} to {MAX_LENGTH:,} characters, and this {len(password)}"
    return None


def hash_password(password: str) -> str:
    """The hash of a password, with a salt of its own. It takes a while."""
    return HASHER.hash(_normalized(password))


@cache
def _nobodys() -> str:
    """A hash to check against where there is none."""
    return hash_password("nobody has this password")


def _matches(known: str | None, password: str) -> bool:
    # Made at the first attempt, whoever it is for.
    nobodys = _nobodys()
    try:
        HASHER.verify(known or nobodys, _normalized(password))
    except (VerificationError, InvalidHashError):
        return False
    return known is not None


def _normalized(password: str) -> bytes:
    """The same bytes for what looks the same, however it was typed."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


class TooManyAttempts(Exception):
    """Others, or the same, have failed too often; `wait` is the seconds until the next attempt."""

    def __init__(self, wait: float) -> None:
        super().__init__("too many failures")
        self.wait = wait


async def verify_password(
    database: Database, login: str, password: str, address: str
) -> UUID | None:
    """The user of a handle or an e-mail address, if the password is theirs.

    An attempt counts as a failure until it has succeeded, so that many at once are as slow as one
    after another.
    """
    # No name has the one letter that PostgreSQL cannot compare.
    called = login.strip().replace("\0", "\N{REPLACEMENT CHARACTER}")
    user_id, known = await _known_as(database, called)
    # An address that has failed too often slows no account down.
    buckets = (
        (f"sign in from {address}", PER_ADDRESS),
        (f"sign in as {user_id or called.lower()}", PER_ACCOUNT),
    )
    taken: list[tuple[str, BucketSize]] = []
    for name, allowance in buckets:
        wait = (await take_tokens(database, name, allowance, 1)).wait
        if wait:
            await _put_back(database, taken)
            raise TooManyAttempts(wait)
        taken.append((name, allowance))
    loop = asyncio.get_running_loop()
    if not await loop.run_in_executor(_HASHING, _matches, known, password[: MAX_LENGTH + 1]):
        return None
    await _put_back(database, taken)
    return user_id


async def _put_back(database: Database, taken: list[tuple[str, BucketSize]]) -> None:
    for name, allowance in taken:
        await take_tokens(database, name, allowance, -1)


async def _known_as(database: Database, name: str) -> tuple[UUID | None, str | None]:
    """The user of a name, and the hash of their password."""
    folded = name.lower()
    # scope: who knows the password is the user.
    person = select(User.id, Password.hash, User.handle, User.email).outerjoin(
        Password, Password.user_id == User.id
    )
    known_as = or_(func.lower(User.handle) == folded, func.lower(User.email) == folded)

    async def read(session: AsyncSession) -> Sequence[Any]:
        found = await session.execute(person.where(known_as, User.disabled_at.is_(None)))
        return found.all()

    found = await database.read(read)
    if len(found) > 1:
        # Whose name it is to the letter; in other letters it is nobody's.
        found = [one for one in found if name in (one.handle, one.email)]
    return (found[0].id, found[0].hash) if len(found) == 1 else (None, None)
