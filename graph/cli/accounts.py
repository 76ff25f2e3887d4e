"""Creating and changing users, memberships, passwords and tokens."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from graph.auth.revocation import lock_user
from graph.cli.console import CommandError
from models import (
    AccessToken,
    Invitation,
    Membership,
    Password,
    Role,
    Scope,
    Session,
    SignInCode,
    User,
    Workspace,
)
from models.base import now
from models.columns.digest import digest
from models.credential import TOKEN_PREFIX, TOKEN_PREFIX_LENGTH, new_secret
from models.log.deletion import delete_rows
from models.user import HANDLE
from models.workspace import new_workspace

DEMO_USER = "demo"


async def find_or_create_user(session: AsyncSession, handle: str, *, name: str) -> User:
    """Return the user with a handle. A missing user is created with the name."""
    user = await _find_user(session, handle)
    if user is None:
        user = User(id=uuid7(), handle=handle, name=name)
        session.add(user)
        await session.flush()
    return user


async def add_user(
    session: AsyncSession,
    handle: str,
    name: str | None,
    email: str | None,
    avatar_url: str | None,
    slug: str | None,
    role: Role | None,
) -> str:
    """Add a user, or update an existing one, and add them to the workspace with the slug.

    Without a role, a new member becomes a member and an existing one keeps their role. Returns a
    message that says what was done. Raises a `CommandError` if the handle is invalid or the handle
    or the email address is taken.
    """
    if not HANDLE.fullmatch(handle):
        raise CommandError(
            f"{handle!r} is not a valid handle. Use up to 64 letters, digits, dots, hyphens and "
            "underscores, starting with a letter or digit."
        )
    existing = await _find_user(session, handle)
    if existing is None:
        await _check_handle_is_free(session, handle)
    email = email and email.lower()
    if existing is not None and slug is None:
        raise CommandError(
            f"The user {handle} already exists. Use --workspace to add them to a workspace."
        )
    if email is not None:
        await _check_email_is_free(session, email, handle)
    user = existing or await find_or_create_user(session, handle, name=name or handle)
    if existing is None or name is not None:
        user.name = name or handle
    user.email = email or user.email
    user.avatar_url = avatar_url or user.avatar_url
    message = f"The user {handle} {'already exists' if existing else 'was added'}."
    if slug is None:
        return message
    membership = await _join(session, user, slug, role)
    return f"{message} Their role in {slug} is {membership.role.name.lower()}."


async def _check_handle_is_free(session: AsyncSession, handle: str) -> None:
    """Reject a handle that differs from another in case only: signing in ignores case."""
    same_handle = select(User.handle).where(func.lower(User.handle) == handle.lower())
    other = await session.scalar(same_handle)
    if other is not None:
        raise CommandError(f"The user {other} already exists, and handles are case-insensitive.")


async def _check_email_is_free(session: AsyncSession, email: str, handle: str) -> None:
    owner = await session.scalar(select(User.handle).where(func.lower(User.email) == email))
    if owner is not None and owner != handle:
        raise CommandError(f"The email address {email} belongs to the user {owner}.")


async def _join(session: AsyncSession, user: User, slug: str, role: Role | None) -> Membership:
    workspace = await session.scalar(select(Workspace).where(Workspace.slug == slug))
    if workspace is None:
        workspace, states = new_workspace(slug, slug.replace("-", " ").title())
        session.add_all([workspace, *states])
        await session.flush()
    query = select(Membership).where(
        Membership.workspace_id == workspace.id, Membership.user_id == user.id
    )
    membership = await session.scalar(query)
    if membership is None:
        membership = Membership(
            workspace_id=workspace.id, user_id=user.id, role=role or Role.MEMBER
        )
        session.add(membership)
        # They need not accept one, and could not rejoin with it after a removal.
        invitations = await session.scalars(
            select(Invitation).where(
                Invitation.workspace_id == workspace.id, Invitation.user_id == user.id
            )
        )
        await delete_rows(session, invitations.all())
    elif role is not None:
        membership.role = role
    return membership


async def _find_user(session: AsyncSession, handle: str) -> User | None:
    found: User | None = await session.scalar(select(User).where(User.handle == handle))
    return found


async def require_user(session: AsyncSession, handle: str) -> User:
    """Return the user with a handle; raise a `CommandError` if there is none."""
    user = await _find_user(session, handle)
    if user is None:
        raise CommandError(f"There is no user {handle}. Add one with taskloom user add {handle}.")
    return user


async def set_password(
    session: AsyncSession, handle: str, password_hash: str, *, keep_tokens: bool = False
) -> list[str]:
    """Set a user's password, end their sessions and sign-in links, and revoke their tokens.

    Returns the lines of a message that lists the tokens.
    """
    user = await require_user(session, handle)
    await lock_user(session, user.id)
    password = await session.get(Password, user.id)
    if password is None:
        session.add(Password(user_id=user.id, hash=password_hash))
    else:
        password.hash = password_hash
    for model in (Session, SignInCode):
        await session.execute(delete(model).where(model.user_id == user.id))
    own = select(AccessToken).where(AccessToken.user_id == user.id, AccessToken.is_valid_at(now()))
    tokens = (await session.scalars(own.order_by(AccessToken.id).with_for_update())).all()
    if not keep_tokens:
        for token in tokens:
            token.revoked_at = now()
    lines = [f"The user {handle} has a new password and is signed out everywhere."]
    if tokens:
        lines.append("These tokens still work:" if keep_tokens else "These tokens are revoked:")
    return lines + [f"  {token.name} ({token.prefix or 'unknown prefix'}…)" for token in tokens]


async def set_disabled(session: AsyncSession, handle: str, at: datetime | None) -> str:
    """Disable a user from an instant on, or enable them if it is None. Returns a message."""
    user = await require_user(session, handle)
    user.disabled_at = at
    if at is None:
        return f"The user {handle} can sign in again."
    return f"The user {handle} is disabled. Their tokens and sessions no longer work."


async def create_token(
    session: AsyncSession,
    handle: str,
    slug: str | None,
    scope: Scope,
    name: str,
    *,
    sends_anything: bool = False,
) -> str:
    """Create a personal token, and return its secret, of which only the digest is stored.

    With a slug, the token can access that workspace only. Raises a `CommandError` if there is no
    such user, or if they are not a member of the workspace.
    """
    user = await require_user(session, handle)
    workspace = None
    if slug is not None:
        workspace = await session.scalar(
            select(Workspace)
            .join(Membership, Membership.workspace_id == Workspace.id)
            .where(Workspace.slug == slug, Membership.user_id == user.id)
        )
        if workspace is None:
            raise CommandError(f"The user {handle} is not a member of a workspace {slug}.")
    secret = new_secret(TOKEN_PREFIX)
    session.add(
        AccessToken(
            user_id=user.id,
            digest=digest(secret),
            prefix=secret[:TOKEN_PREFIX_LENGTH],
            sends_anything=sends_anything,
            name=name,
            scope=scope,
            workspace_id=None if workspace is None else workspace.id,
        )
    )
    return secret
