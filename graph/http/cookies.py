"""The cookies of a browser: the one that keeps it signed in, and the one that makes it known."""

from datetime import timedelta

from starlette.responses import Response

from graph.auth.devices import DEVICE_COOKIE
from graph.auth.session import SESSION_COOKIE
from graph.context import Context
from graph.http.responses import Header
from graph.settings import Settings
from models.credential import SESSION_LIFETIME

#: The longest that browsers keep a cookie.
DEVICE_LIFETIME = timedelta(days=400)


def set_session_cookie(
    response: Response, secret: str, is_secure: bool, settings: Settings
) -> None:
    _set_cookie(response, SESSION_COOKIE, secret, SESSION_LIFETIME, is_secure, settings)


def delete_session_cookie(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")


def set_device_cookie(response: Response, value: str, is_secure: bool, settings: Settings) -> None:
    _set_cookie(response, DEVICE_COOKIE, value, DEVICE_LIFETIME, is_secure, settings)


def cookie_headers(context: Context, is_secure: bool, settings: Settings) -> list[Header]:
    """Return the headers that set or delete a browser's cookies after an operation."""
    if not (context.session_cookie or context.is_signed_out or context.device_cookie):
        return []
    response = Response()
    if context.session_cookie is not None:
        set_session_cookie(response, context.session_cookie, is_secure, settings)
    elif context.is_signed_out:
        delete_session_cookie(response)
    if context.device_cookie is not None:
        set_device_cookie(response, context.device_cookie, is_secure, settings)
    return [header for header in response.raw_headers if header[0] == b"set-cookie"]


def _set_cookie(
    response: Response,
    name: str,
    value: str,
    lifetime: timedelta,
    is_secure: bool,
    settings: Settings,
) -> None:
    """Set a cookie out of reach of scripts; over HTTPS, for HTTPS alone."""
    response.set_cookie(
        name,
        value,
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies or is_secure,
    )
