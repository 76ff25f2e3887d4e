"""Users, memberships and tokens, as the commands make them."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from graph.cli.console import CommandError
from models import AccessToken, Membership, Password, Role, Scope, Session, User, Workspace
from models.columns.digest import digest
from models.credential import TOKEN_PREFIX, TOKEN_PREFIX_LENGTH, new_secret
from models.user import HANDLE
from models.workspace import new_workspace

DEMO_USER = "demo"


async def find_or_create_user(session: AsyncSession, handle: str, *, name: str) -> User:
    """The user with a handle, who is made if they are not there."""
    found = await session.scalar(select(User).where(User.handle == handle))
    if found is None:
        found = User(id=uuid7(), handle=handle, name=name)
        session.add(found)
        await session.flush()
    return found


async def add_user(
    session: AsyncSession,
    handle: str,
    name: str | None,
    email: str | None,
    slug: str | None,
    role: Role | None,
) -> str:
    """Adds a user, and their membership; says what it did."""
    if not HANDLE.fullmatch(handle):
        raise CommandError(
            f"{handle!r} cannot be a handle: use up to 64 letters, digits, dots, hyphens and "
            "underscores, a letter or digit first."
        )
    found = await session.scalar(select(User).where(User.handle == handle))
    if found is None:
        await _refuse_alike(session, handle)
    email = email and email.lower()
    if found is not None and slug is None:
        raise CommandError(f"There is a user {handle} already. Add --workspace to let them in.")
    if email is not None:
        await _refuse_taken(session, email, handle)
    person = found or await find_or_create_user(session, handle, name=name or handle)
    if found is None or name is not None:
        person.name = name or handle
    person.email = email or person.email
    said = [f"The user {handle} is {'there' if found else 'new'}."]
    if slug is not None:
        said.append(await _join(session, person, slug, role))
    return " ".join(said)


async def _refuse_alike(session: AsyncSession, handle: str) -> None:
    """Refuses a handle that differs from another in capitals alone: people sign in by either."""
    alike = select(User.handle).where(func.lower(User.handle) == handle.lower())
    other = await session.scalar(alike)
    if other is not None:
        raise CommandError(
            f"There is a user {other} already: handles differ in more than capitals."
        )


async def _refuse_taken(session: AsyncSession, email: str, handle: str) -> None:
    owner = await session.scalar(select(User.handle).where(func.lower(User.email) == email))
    if owner is not None and owner != handle:
        raise CommandError(f"The address {email} belongs to the user {owner}.")


async def _join(session: AsyncSession, person: User, slug: str, role: Role | None) -> str:
    workspace = await session.scalar(select(Workspace).where(Workspace.slug == slug))
    if workspace is None:
        workspace, states = new_workspace(slug, slug.replace("-", " ").title())
        session.add_all([workspace, *states])
        await session.flush()
    own = select(Membership).where(
        Membership.workspace_id == workspace.id, Membership.user_id == person.id
    )
    membership = await session.scalar(own)
    if membership is None:
        membership = Membership(
            workspace_id=workspace.id, user_id=person.id, role=role or Role.MEMBER
        )
        session.add(membership)
    elif role is not None:
        membership.role = role
    return f"In {slug} they are {membership.role.name.lower()}."


async def _known(session: AsyncSession, handle: str) -> User:
    person = await session.scalar(select(User).where(User.handle == handle))
    if person is None:
        raise CommandError(f"There is no user {handle}: add one with taskloom user add {handle}.")
    return person


async def set_password(session: AsyncSession, handle: str, password_hash: str) -> str:
    """Gives a user a password, and ends their sessions."""
    person = await _known(session, handle)
    password = await session.get(Password, person.id)
    if password is None:
        session.add(Password(user_id=person.id, hash=password_hash))
    else:
        password.hash = password_hash
    await session.execute(delete(Session).where(Session.user_id == person.id))
    return f"The user {handle} has a new password, and is signed out everywhere."


async def set_disabled(session: AsyncSession, handle: str, at: datetime | None) -> str:
    """Lets a user sign in no more, or again."""
    person = await _known(session, handle)
    person.disabled_at = at
    if at is None:
        return f"The user {handle} may sign in again."
    return f"The user {handle} is disabled: no token or session of theirs works."


async def create_token(
    session: AsyncSession,
    handle: str,
    slug: str | None,
    scope: Scope,
    name: str,
    *,
    sends_anything: bool = False,
) -> str:
    """Makes a personal token, and returns its secret, which is stored nowhere."""
    person = await _known(session, handle)
    workspace = None
    if slug is not None:
        workspace = await session.scalar(
            select(Workspace)
            .join(Membership, Membership.workspace_id == Workspace.id)
            .where(Workspace.slug == slug, Membership.user_id == person.id)
        )
        if workspace is None:
            raise CommandError(f"The user {handle} belongs to no workspace {slug}.")
    secret = new_secret(TOKEN_PREFIX)
    session.add(
        AccessToken(
            user_id=person.id,
            digest=digest(secret),
            prefix=secret[:TOKEN_PREFIX_LENGTH],
            sends_anything=sends_anything,
            name=name,
            scope=scope,
            workspace_id=None if workspace is None else workspace.id,
        )
    )
    return secret
