"""Authentication whose failures are charged to the network that they come from."""

from graph.auth.authenticator import Authenticator
from graph.auth.identity import Identity
from graph.auth.session import SESSION_COOKIE
from graph.http.request import HttpRequest
from graph.kit.errors import Unauthenticated
from graph.kit.lru_cache import LRUCache
from graph.operations.budgets import Budgets
from models.columns.digest import digest

#: The cost of looking up a credential, which takes about a millisecond.
LOOKUP_COST = 10
#: Accepted credentials that a process remembers.
MAX_KNOWN = 50_000


class ChargedAuthenticator:
    """Authenticates requests, and charges failures to the anonymous budget of their network.

    A second budget of the network pays for failures alone. It is charged before a credential is
    looked up, so that a network that has spent it cannot try any more, and refunded if the
    credential is valid. Users need not wait because their network has spent its anonymous budget,
    nor if this process has accepted their credential before.
    """

    def __init__(self, authenticator: Authenticator, budgets: Budgets) -> None:
        self.authenticator = authenticator
        self.budgets = budgets
        self._known: LRUCache[bytes, bool] = LRUCache(MAX_KNOWN)

    async def authenticate_request(self, request: HttpRequest) -> Identity:
        """Identify the sender of a request. Raise errors as `authenticate` does."""
        authorization = request.headers.get("authorization")
        cookie = None if authorization else request.cookies.get(SESSION_COOKIE)
        return await self.authenticate(authorization, cookie, request.address)

    async def authenticate(
        self, authorization: str | None, cookie: str | None, address: str
    ) -> Identity:
        """Identify the sender of a credential.

        Raise `Unauthenticated`, or `RateLimited` for a spent budget.
        """
        secret = authorization or cookie
        if not secret:
            return await self.authenticator.authenticate(authorization, None)
        key, failures = digest(secret), self.budgets.failures_caller(address)
        is_known = self._known.get(key) is not None
        if not is_known:
            await self.budgets.charge(failures, LOOKUP_COST)
        try:
            identity = await self.authenticator.authenticate(authorization, cookie)
        except Unauthenticated:
            await self._charge_failure(key, address)
            raise
        if identity.record is None:
            await self._charge_failure(key, address)
        elif not is_known:
            self._known.put(key, True)
            await self.budgets.refund(failures, LOOKUP_COST)
        return identity

    async def _charge_failure(self, key: bytes, address: str) -> None:
        self._known.drop(key)
        await self.budgets.charge(self.budgets.caller(None, address), LOOKUP_COST)
