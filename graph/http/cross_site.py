"""Protection against cross-site request forgery."""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit


def is_cross_site(headers: Mapping[str, str], allowed_origins: Collection[str]) -> bool:
    """Whether a browser sends this request for a page of another site that is not allowed.

    Browsers set `Sec-Fetch-Site` or at least `Origin`, which pages cannot change. A request
    without either comes from another kind of client, which sends no cookies of its user's browser.
    """
    origin = headers.get("origin")
    if origin is not None and origin in allowed_origins:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    if origin is None:
        return False
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return True
    # The scheme is not compared, because a proxy may terminate TLS.
    return host.lower() != headers.get("host", "").lower()
