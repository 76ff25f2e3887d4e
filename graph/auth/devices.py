"""Known devices: clients that have signed in to an account before.

A client keeps a token for each account in one cookie: a random name, and its signature. The key of
the signature is the stored hash of the account's password. So nothing is stored, every process of
the server can check it, and after a new password no device is known. The token does not sign
anybody in: failed attempts from other clients just do not count for the device.
"""

import hmac
import secrets

DEVICE_COOKIE = "taskloom_device"
#: Accounts that a client is known to; the oldest is dropped first.
MAX_ACCOUNTS = 5
_NAME_BYTES = 16


def device_name(cookie: str, password_hash: str) -> str | None:
    """Return the name of a device that is known to the account with this password, else None."""
    token = next((each for each in _tokens(cookie) if _is_signed(each, password_hash)), None)
    return token and token.partition("-")[0]


def known_device_cookie(cookie: str, password_hash: str) -> str:
    """Return the cookie of a device that has just signed in, from its previous cookie."""
    name = device_name(cookie, password_hash) or secrets.token_hex(_NAME_BYTES)
    others = [token for token in _tokens(cookie) if not _is_signed(token, password_hash)]
    return ".".join([_signed(name, password_hash), *others][:MAX_ACCOUNTS])


def _tokens(cookie: str) -> list[str]:
    return [token for token in cookie.split(".") if token][:MAX_ACCOUNTS]


def _signed(name: str, password_hash: str) -> str:
    return f"{name}-{hmac.digest(password_hash.encode(), name.encode(), 'sha256').hex()}"


def _is_signed(token: str, password_hash: str) -> bool:
    signed = _signed(token.partition("-")[0], password_hash)
    return hmac.compare_digest(token.encode(), signed.encode())
