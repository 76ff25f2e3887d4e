"""Users, memberships and tokens, as the commands make them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from graph.cli.console import CommandError
from models import AccessToken, Membership, Role, Scope, User, Workspace
from models.credential import TOKEN_PREFIX, digest, new_secret
from models.user import HANDLE
from models.workspace import new_workspace

DEMO_USER = "demo"


async def user(session: AsyncSession, handle: str, *, name: str) -> User:
    """The user with a handle, who is made if they are not there."""
    found = await session.scalar(select(User).where(User.handle == handle))
    if found is None:
        found = User(id=uuid7(), handle=handle, name=name)
        session.add(found)
        await session.flush()
    return found


async def add(
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
    if found is not None and slug is None:
        raise CommandError(f"There is a user {handle} already. Add --workspace to let them in.")
    if email is not None:
        await _refuse_taken(session, email, handle)
    person = found or await user(session, handle, name=name or handle)
    if found is None or name is not None:
        person.name = name or handle
    person.email = email or person.email
    said = [f"The user {handle} is {'there' if found else 'new'}."]
    if slug is not None:
        said.append(await _join(session, person, slug, role))
    return " ".join(said)


async def _refuse_taken(session: AsyncSession, email: str, handle: str) -> None:
    owner = await session.scalar(select(User.handle).where(User.email == email))
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


async def create_token(
    session: AsyncSession, handle: str, slug: str | None, scope: Scope, name: str
) -> str:
    """Makes a personal token, and returns its secret, which is stored nowhere."""
    person = await session.scalar(select(User).where(User.handle == handle))
    if person is None:
        raise CommandError(f"There is no user {handle}: add one with taskloom user add {handle}.")
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
            name=name,
            scope=scope,
            workspace_id=None if workspace is None else workspace.id,
        )
    )
    return secret
