"""The session cookie, by which a browser stays signed in."""

from starlette.requests import Request
from starlette.responses import Response

from graph.auth.session import SESSION_COOKIE
from graph.settings import Settings
from models.credential import SESSION_LIFETIME


def set_session_cookie(
    response: Response, secret: str, request: Request, settings: Settings
) -> None:
    """Set the cookie out of reach of scripts; over HTTPS, for HTTPS alone."""
    response.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies or request.url.scheme == "https",
    )


def delete_session_cookie(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")
