"""Random demo values, the same for the same seed."""

import random
from datetime import datetime, timedelta
from uuid import UUID

from graph.cli.demo import phrases


class RandomData(random.Random):
    """A seeded generator of keys, delays and texts."""

    def key(self, created_at: datetime) -> UUID:
        """A UUIDv7 with this timestamp."""
        milliseconds = int(created_at.timestamp() * 1000)
        noise = self.getrandbits(74)
        value = milliseconds << 80 | 0x7 << 76 | (noise >> 62) << 64 | 0b10 << 62
        return UUID(int=value | noise & (1 << 62) - 1)

    def delay(self, mean_days: float) -> timedelta:
        return timedelta(days=self.expovariate(1 / mean_days))

    def title(self) -> str:
        parts = (phrases.VERBS, phrases.THINGS, phrases.CIRCUMSTANCES)
        return " ".join(self.choice(words) for words in parts)

    def body(self) -> str:
        if self.random() < 0.15:
            return ""
        steps = [f"- [ ] {self.choice(phrases.STEPS)}" for _ in range(self.randint(0, 4))]
        sentences = " ".join(self.sample(phrases.SENTENCES, self.randint(1, 4)))
        return "\n".join([sentences, *([""] if steps else []), *steps])

    def comment(self) -> str:
        remarks = self.sample(phrases.REMARKS, self.choices([1, 2, 3], [6, 3, 1])[0])
        if self.random() < 0.002:
            remarks.append(f"See incident {self.randrange(10_000, 100_000)}.")
        return " ".join(remarks)

    def emoji(self) -> str:
        emoji, weights = zip(*phrases.REACTIONS, strict=True)
        return str(self.choices(emoji, weights)[0])
