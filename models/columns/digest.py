"""The digest that rows are stored under instead of a secret or a long text."""

import hashlib


def digest(text: str) -> bytes:
    """Return the SHA-256 digest of a text. Unpaired surrogates are allowed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
