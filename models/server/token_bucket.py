"""Token buckets that several server processes share, for rate limits.

They limit sign-in attempts and the cost of a caller's operations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Double
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, now
from models.columns.digest import digest
from models.columns.types import sha256_type, timestamp
from models.database import Database


@dataclass(frozen=True)
class BucketSize:
    """The most tokens of a bucket, and the seconds that an empty bucket takes to fill."""

    capacity: float
    seconds: float

    @property
    def rate(self) -> float:
        """The tokens that are added per second."""
        return self.capacity / self.seconds

    def level(self, level: float, seconds: float) -> float:
        """Return the level that a bucket reaches after some seconds."""
        return min(self.capacity, level + max(0.0, seconds) * self.rate)

    def wait(self, level: float, wanted: float) -> float:
        """Return the seconds until a bucket at `level` has the wanted tokens."""
        return max(0.0, (wanted - level) / self.rate)


class TokenBucket(Base):
    """The level of one bucket. Visible to nobody."""

    __tablename__ = "buckets"

    key: Mapped[bytes] = mapped_column(sha256_type(), primary_key=True)
    level: Mapped[float] = mapped_column(Double)
    #: When the bucket had this level.
    at: Mapped[datetime] = mapped_column(timestamp(), index=True)


@dataclass(frozen=True)
class TakenTokens:
    """The tokens taken from a bucket, the tokens left, and the seconds until there are enough."""

    amount: float
    left: float
    wait: float = 0


async def take_tokens(
    database: Database, name: str, allowance: BucketSize, least: float, most: float | None = None
) -> TakenTokens:
    """Take `least` tokens out of the bucket `name`, or none if it has fewer.

    If it has more, take up to `most`. A negative `least` puts tokens back.
    """
    at = now()

    async def work(session: AsyncSession) -> TakenTokens:
        bucket, level = await _lock_bucket(session, name, allowance, at)
        if level < least:
            return TakenTokens(0, level, allowance.wait(level, least))
        amount = least if most is None else min(level, max(least, most))
        bucket.level = min(allowance.capacity, level - amount)
        bucket.at = max(at, bucket.at)
        return TakenTokens(amount, bucket.level)

    # Concurrent first uses all insert the bucket: only one succeeds, the others retry.
    return await database.write(work, retry_unique=True)


async def take_from_each(
    database: Database, buckets: Sequence[tuple[str, BucketSize]], amount: float
) -> float:
    """Take tokens out of each bucket, or out of none if one has fewer; negative: put them back.

    Return the seconds until each has enough, 0 if the tokens were taken. All callers must name
    their buckets in an order that prevents deadlocks.
    """
    at = now()

    async def work(session: AsyncSession) -> float:
        locked = [(size, *await _lock_bucket(session, name, size, at)) for name, size in buckets]
        wait = max(size.wait(level, amount) for size, _, level in locked)
        if not wait:
            for size, bucket, level in locked:
                bucket.level = min(size.capacity, level - amount)
                bucket.at = max(at, bucket.at)
        return wait

    return await database.write(work, retry_unique=True)


async def _lock_bucket(
    session: AsyncSession, name: str, size: BucketSize, at: datetime
) -> tuple[TokenBucket, float]:
    """Lock a bucket, which is created full, and return it with its level at a time."""
    key = digest(name)
    bucket = await session.get(TokenBucket, key, with_for_update=True)
    if bucket is None:
        bucket = TokenBucket(key=key, level=size.capacity, at=at)
        session.add(bucket)
    return bucket, size.level(bucket.level, (at - bucket.at).total_seconds())


#: An unused bucket is full after this time, and can be deleted.
FULL_AFTER = timedelta(days=1)
