"""The words of a search as PostgreSQL wants them."""


def tsquery(words: str) -> str:
    """Return a query of `to_tsquery` that all words must match."""
    return " & ".join(f"'{word}'" for word in words.lower().split())
