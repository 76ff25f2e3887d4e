"""Passwords: hashed with argon2id, and verified in the same time whether the user exists or not."""

import asyncio
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from graph.kit.errors import RateLimited
from models import Password, User
from models.database import Database
from models.server.token_bucket import BucketSize, take_tokens

#: Characters: the minimum of NIST SP 800-63B, and more than anybody types.
MIN_LENGTH, MAX_LENGTH = 8, 1000
#: Token buckets of failed attempts to sign in: to one account, and from one address.
PER_ACCOUNT = BucketSize(capacity=10, seconds=300)
PER_ADDRESS = BucketSize(capacity=50, seconds=600)

#: The parameters of RFC 9106 for machines with little memory: 64 MiB, three passes.
HASHER = PasswordHasher()
#: Hashing occupies a core and 64 MiB each: at most two at a time.
_HASHING_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
#: Passwords that a process verifies or that wait for it: about three seconds of work.
MAX_PENDING = 50
#: Seconds to wait if there are more.
PENDING_WAIT = 3


class HashingQueue:
    """Bounds the number of passwords that a process verifies or that wait for it."""

    def __init__(self) -> None:
        self.pending = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place in the queue; raise `RateLimited` at once if there is none."""
        if self.pending >= MAX_PENDING:
            raise RateLimited(
                f"Too many users are signing in. Try again in {PENDING_WAIT} seconds.", PENDING_WAIT
            )
        self.pending += 1
        try:
            yield
        finally:
            self.pending -= 1


HASHING_QUEUE = HashingQueue()


class TooManyAttempts(Exception):
    """Too many attempts to sign in have failed; `wait` is the seconds until the next one."""

    def __init__(self, wait: float) -> None:
        super().__init__("too many failed attempts to sign in")
        self.wait = wait


def password_problem(password: str) -> str | None:
    """Return why a new password is not accepted, or None if it is."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return (
            f"a password must have {MIN_LENGTH} to {MAX_LENGTH:,} characters, not {len(password)}"
        )
    return None


def hash_password(password: str) -> str:
    """Hash a password with a random salt. This takes about a tenth of a second of CPU time."""
    return HASHER.hash(_normalized(password))


async def verify_password(
    database: Database, login: str, password: str, address: str
) -> UUID | None:
    """Return the user with this handle or email address if the password is theirs, else None.

    Raise `TooManyAttempts` after too many failures. An attempt counts as a failure until it has
    succeeded, so that concurrent attempts are limited like successive ones. Raise `RateLimited` if
    too many passwords are waiting to be verified.
    """
    with HASHING_QUEUE.place():
        return await _verify_password(database, login, password, address)


async def _verify_password(
    database: Database, login: str, password: str, address: str
) -> UUID | None:
    # PostgreSQL cannot store or compare null characters; no handle or address contains one.
    login = login.strip().replace("\0", "\N{REPLACEMENT CHARACTER}")
    user_id, password_hash = await _find_user(database, login)
    # The address comes first: once it is refused, its attempts no longer count for the account.
    buckets = (
        (f"sign in from {address}", PER_ADDRESS),
        (f"sign in as {user_id or login.lower()}", PER_ACCOUNT),
    )
    taken: list[tuple[str, BucketSize]] = []
    for name, allowance in buckets:
        wait = (await take_tokens(database, name, allowance, 1)).wait
        if wait:
            await _put_back(database, taken)
            raise TooManyAttempts(wait)
        taken.append((name, allowance))
    loop = asyncio.get_running_loop()
    # No password is longer; cutting it bounds the work.
    candidate = password[: MAX_LENGTH + 1]
    if not await loop.run_in_executor(_HASHING_THREADS, _matches, password_hash, candidate):
        return None
    await _put_back(database, taken)
    return user_id


async def _put_back(database: Database, taken: list[tuple[str, BucketSize]]) -> None:
    for name, allowance in taken:
        await take_tokens(database, name, allowance, -1)


async def _find_user(database: Database, login: str) -> tuple[UUID | None, str | None]:
    """The ID and the password hash of the enabled user with a handle or an email address.

    The comparison is case-insensitive, except that of several users only an exact match counts.
    """
    lowercase = login.lower()
    # scope: the viewer is not known yet; the password authorizes the query.
    query = select(User.id, Password.hash, User.handle, User.email).outerjoin(
        Password, Password.user_id == User.id
    )
    has_login = or_(func.lower(User.handle) == lowercase, func.lower(User.email) == lowercase)

    async def read(session: AsyncSession) -> Sequence[Any]:
        result = await session.execute(query.where(has_login, User.disabled_at.is_(None)))
        return result.all()

    users = await database.read(read)
    if len(users) > 1:
        users = [user for user in users if login in (user.handle, user.email)]
    return (users[0].id, users[0].hash) if len(users) == 1 else (None, None)


def _matches(password_hash: str | None, password: str) -> bool:
    # Created before every first verification, so that its time depends on no user either.
    dummy_hash = _dummy_hash()
    try:
        HASHER.verify(password_hash or dummy_hash, _normalized(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _dummy_hash() -> str:
    """A hash to verify against if the user does not exist or has no password."""
    return hash_password("nobody has this password")


def _normalized(password: str) -> bytes:
    """The same bytes for all Unicode forms of a password, which depend on the keyboard."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
