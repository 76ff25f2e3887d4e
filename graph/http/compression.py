"""Compressed responses: zstd or gzip, whichever the client prefers.

A compressed length reveals something about the content to an attacker who can both see the traffic
and put text of their own beside a secret (BREACH). Other sites cannot: browsers send the session
cookie with nothing but their navigations, and secrets are in responses to POST only.
"""

import asyncio
import sys
import zlib

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: Shorter bodies are not compressed; longer ones than the second are compressed in a thread.
MIN_SIZE, MAX_INLINE_SIZE = 1_024, 100_000
#: The encodings by preference, if a client accepts several equally.
ENCODINGS = ("zstd", "gzip")
#: Levels that take less time than it takes to send what they save.
ZSTD_LEVEL, GZIP_LEVEL = 3, 4
#: `wbits` of zlib for the format of gzip.
GZIP_FORMAT = 31


def negotiate_encoding(accept_encoding: str | None) -> str | None:
    """Return the encoding that a client prefers of ours; None if it accepts neither."""
    if not accept_encoding:
        return None
    weights: dict[str, float] = {}
    for item in accept_encoding.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        weights[name] = _weight(parameters)
    others = weights.get("*", 0.0)
    best = max(ENCODINGS, key=lambda name: weights.get(name, others))
    weight = weights.get(best, others)
    # Uncompressed is preferred only if the client says so.
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else None


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


async def compress(body: bytes, encoding: str) -> bytes:
    """Compress a body, a long one in a thread."""
    if len(body) <= MAX_INLINE_SIZE:
        return compress_now(body, encoding)
    return await asyncio.to_thread(compress_now, body, encoding)


def compress_now(
    body: bytes, encoding: str, *, zstd_level: int = ZSTD_LEVEL, gzip_level: int = GZIP_LEVEL
) -> bytes:
    if encoding == "zstd":
        return zstd.compress(body, zstd_level)
    compressor = zlib.compressobj(gzip_level, wbits=GZIP_FORMAT)
    return compressor.compress(body) + compressor.flush()
