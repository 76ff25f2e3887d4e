"""The one digest of what is stored by it."""

import hashlib


def digest(text: str) -> bytes:
    """The SHA-256 digest of a text, whatever letters it has."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
