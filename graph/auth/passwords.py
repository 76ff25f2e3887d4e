"""Passwords: hashed with argon2id, and verified in the same time whether the user exists or not."""

import asyncio
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from graph.auth.devices import device_name
from graph.kit.errors import RateLimited
from models import Password, User
from models.database import Database
from models.server.token_bucket import BucketSize, take_from_each

#: Characters: the minimum of NIST SP 800-63B, and more than anybody types.
MIN_LENGTH, MAX_LENGTH = 8, 1000
#: Token buckets of failed attempts to sign in. A device that is known to the account has only its
#: own, so that nobody else can keep its user out. Other clients share those of their address, of
#: the account and their address, and of the account. A single address cannot empty the last one:
#: it refills faster than one address may try.
PER_DEVICE = BucketSize(capacity=10, seconds=300)
PER_ADDRESS = BucketSize(capacity=50, seconds=600)
PER_ACCOUNT = BucketSize(capacity=10, seconds=300)
PER_ACCOUNT_EVERYWHERE = BucketSize(capacity=100, seconds=1800)

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


@dataclass(frozen=True)
class Account:
    """A user with a password."""

    user_id: UUID
    password_hash: str


async def verify_password(
    database: Database, login: str, password: str, address: str, device_cookie: str
) -> Account | None:
    """Return the user with this handle or email address if the password is theirs, else None.

    Raise `TooManyAttempts` after too many failures. An attempt counts as a failure until it has
    succeeded, so that concurrent attempts are limited like successive ones. Raise `RateLimited` if
    too many passwords are waiting to be verified.
    """
    with HASHING_QUEUE.place():
        return await _verify_password(database, login, password, address, device_cookie)


async def _verify_password(
    database: Database, login: str, password: str, address: str, device_cookie: str
) -> Account | None:
    # PostgreSQL cannot store or compare null characters; no handle or address contains one.
    login = login.strip().replace("\0", "\N{REPLACEMENT CHARACTER}")
    account = await _find_account(database, login)
    password_hash = None if account is None else account.password_hash
    device = None if password_hash is None else device_name(device_cookie, password_hash)
    buckets = _buckets(login, address, device)
    wait = await take_from_each(database, buckets, 1)
    if wait:
        raise TooManyAttempts(wait)
    loop = asyncio.get_running_loop()
    # No password is longer; cutting it bounds the work.
    candidate = password[: MAX_LENGTH + 1]
    if not await loop.run_in_executor(_HASHING_THREADS, _matches, password_hash, candidate):
        return None
    await take_from_each(database, buckets, -1)
    return account


async def is_current_account(session: AsyncSession, account: Account) -> bool:
    """Whether the user is enabled and still has this password, until the transaction ends."""
    # scope: the viewer is not known yet; their password has been verified.
    user = select(User.id).where(User.id == account.user_id, User.disabled_at.is_(None))
    if await session.scalar(user.with_for_update(read=True)) is None:
        return False
    # scope: as above. A second statement, to read what was written while the first one waited.
    password = select(Password.hash).where(Password.user_id == account.user_id)
    return await session.scalar(password) == account.password_hash


def _buckets(login: str, address: str, device: str | None) -> list[tuple[str, BucketSize]]:
    """The buckets of an attempt, with names that no login or address can imitate.

    An account has separate buckets for its handle and its email address: if they were shared, the
    limit of one would show in the other that both belong to the same user.
    """
    if device is not None:
        return [(f"sign in on {device}", PER_DEVICE)]
    name = login.lower()
    return [
        (f"sign in {(address, None)}", PER_ADDRESS),
        (f"sign in {(address, name)}", PER_ACCOUNT),
        (f"sign in {(None, name)}", PER_ACCOUNT_EVERYWHERE),
    ]


async def _find_account(database: Database, login: str) -> Account | None:
    """The account of the enabled user with a handle or an email address, if they have a password.

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
    if len(users) != 1 or users[0].hash is None:
        return None
    return Account(users[0].id, users[0].hash)


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
