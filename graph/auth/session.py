"""Sessions, which clients begin by signing in."""

from uuid import UUID

from models import Session
from models.base import now
from models.columns.digest import digest
from models.credential import SESSION_LIFETIME, SESSION_PREFIX, new_secret

SESSION_COOKIE = "taskloom_session"
#: Characters kept of a client's `User-Agent`.
MAX_USER_AGENT = 200


def new_session(user_id: UUID, user_agent: str | None) -> tuple[str, Session]:
    """Return a secret and an unsaved session, which stores only the secret's digest."""
    secret = new_secret(SESSION_PREFIX)
    agent = None if user_agent is None else user_agent[:MAX_USER_AGENT]
    expires_at = now() + SESSION_LIFETIME
    return secret, Session(
        digest=digest(secret), user_id=user_id, expires_at=expires_at, user_agent=agent
    )
