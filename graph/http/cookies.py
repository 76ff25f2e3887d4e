"""The cookies of a browser: the one that keeps it signed in, and the one that makes it known."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from graph.auth.devices import DEVICE_COOKIE
from graph.auth.session import SESSION_COOKIE
from graph.settings import Settings
from models.credential import SESSION_LIFETIME

#: The longest that browsers keep a cookie.
DEVICE_LIFETIME = timedelta(days=400)


def set_session_cookie(
    response: Response, secret: str, request: Request, settings: Settings
) -> None:
    _set_cookie(response, SESSION_COOKIE, secret, SESSION_LIFETIME, request, settings)


def delete_session_cookie(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")


def set_device_cookie(response: Response, value: str, request: Request, settings: Settings) -> None:
    _set_cookie(response, DEVICE_COOKIE, value, DEVICE_LIFETIME, request, settings)


def _set_cookie(
    response: Response,
    name: str,
    value: str,
    lifetime: timedelta,
    request: Request,
    settings: Settings,
) -> None:
    """Set a cookie out of reach of scripts; over HTTPS, for HTTPS alone."""
    response.set_cookie(
        name,
        value,
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies or request.url.scheme == "https",
    )
