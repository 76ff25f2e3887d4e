"""What somebody may take, a little at a time: a bucket that fills again by itself.

The rows are for what several processes share: failed sign-ins, and the budgets of callers.
"""

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
    """How much a bucket holds, and how many seconds it takes to fill."""

    capacity: float
    seconds: float

    @property
    def rate(self) -> float:
        """What flows in, per second."""
        return self.capacity / self.seconds

    def level(self, level: float, passed: float) -> float:
        """The level of a bucket after some seconds."""
        return min(self.capacity, level + max(0.0, passed) * self.rate)

    def wait(self, level: float, wanted: float) -> float:
        """The seconds until there is as much as is wanted."""
        return max(0.0, (wanted - level) / self.rate)


class TokenBucket(Base):
    """The level of somebody's bucket; visible to nobody."""

    __tablename__ = "buckets"

    key: Mapped[bytes] = mapped_column(sha256_type(), primary_key=True)
    level: Mapped[float] = mapped_column(Double)
    #: When it had that level.
    at: Mapped[datetime] = mapped_column(timestamp(), index=True)


@dataclass(frozen=True)
class TakenTokens:
    """What was taken out of a bucket, what is left, and the seconds until there is enough."""

    amount: float
    left: float
    wait: float = 0


async def take_tokens(
    database: Database, name: str, allowance: BucketSize, least: float, most: float | None = None
) -> TakenTokens:
    """Takes at least so much out of a bucket, or nothing; a negative amount is put back.

    Of more than the least, as much as there is.
    """
    key, at = digest(name), now()

    async def work(session: AsyncSession) -> TakenTokens:
        bucket = await session.get(TokenBucket, key, with_for_update=True)
        if bucket is None:
            bucket = TokenBucket(key=key, level=allowance.capacity, at=at)
            session.add(bucket)
        level = allowance.level(bucket.level, (at - bucket.at).total_seconds())
        if level < least:
            return TakenTokens(0, level, allowance.wait(level, least))
        amount = least if most is None else min(level, max(least, most))
        bucket.level = min(allowance.capacity, level - amount)
        bucket.at = max(at, bucket.at)
        return TakenTokens(amount, bucket.level)

    # Two who take from it for the first time both make it.
    return await database.write(work, retry_unique=True)


#: After so long any bucket is full, and need not be kept.
FULL_AFTER = timedelta(days=1)
