"""The network of a client, which identifies callers that are not signed in."""

from functools import lru_cache
from ipaddress import IPv6Network, ip_address

from starlette.requests import HTTPConnection


def sender_address(request: HTTPConnection) -> str:
    """Return the network of a request's sender; empty if the server does not know it."""
    return client_network(request.client.host if request.client else "")


@lru_cache(1000)
def client_network(host: str) -> str:
    """Return an IPv4 address itself, and of an IPv6 address its /64 network.

    A single IPv6 client usually controls a whole /64. A host that is not an address is returned
    unchanged.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.version == 6:
        return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False))
    return str(address)
