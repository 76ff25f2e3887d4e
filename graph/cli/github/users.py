"""The users that stand for the GitHub accounts of an archive."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from graph.cli.accounts import require_user
from graph.cli.console import CommandError
from graph.cli.github.rows import Row
from graph.cli.github.writer import ImportWriter, batches
from models import ExternalIdentity, User
from models.base import table_of

#: The issuer of the identities that link GitHub accounts to users. Nobody can sign in with them:
#: the issuers of OpenID Connect are URLs.
ISSUER = "import:github.com"
#: Characters of a handle, without the number that may be appended to make it unique.
MAX_STEM = 60


async def users_by_login(
    session: AsyncSession,
    writer: ImportWriter,
    logins: Collection[str],
    mapped: Mapping[str, str],
) -> dict[str, UUID]:
    """Return the IDs of the users for the logins of GitHub accounts.

    The first import of a login links it to the user whose handle `mapped` names, or else to a new
    user. It never links a user only because of their handle: anybody can have that login on GitHub.
    Raise a `CommandError` if `mapped` is wrong.
    """
    # Logins are case-insensitive.
    names = {login.lower(): login for login in sorted(logins)}
    users = await _linked_users(session, names)
    new = await _mapped_users(session, mapped, names, users)
    missing = [login for key, login in names.items() if key not in users | new]
    handles = await _free_handles(session, missing)
    rows: list[Row] = [
        {"id": uuid7(), "handle": handle, "name": login}
        for login, handle in zip(missing, handles, strict=True)
    ]
    await writer.insert(User, rows)
    new |= {login.lower(): row["id"] for login, row in zip(missing, rows, strict=True)}
    links = [
        {"id": uuid7(), "issuer": ISSUER, "subject": key, "user_id": user_id}
        for key, user_id in new.items()
    ]
    for batch in batches(links):
        await session.execute(insert(table_of(ExternalIdentity)), batch)
    users |= new
    return {login: users[login.lower()] for login in logins}


async def _linked_users(session: AsyncSession, keys: Collection[str]) -> dict[str, UUID]:
    """The users of earlier imports, by the login in lowercase."""
    users: dict[str, UUID] = {}
    for batch in batches(list(keys)):
        found = await session.execute(
            select(ExternalIdentity.subject, ExternalIdentity.user_id).where(
                ExternalIdentity.issuer == ISSUER, ExternalIdentity.subject.in_(batch)
            )
        )
        users.update({row[0]: row[1] for row in found})
    return users


async def _mapped_users(
    session: AsyncSession,
    mapped: Mapping[str, str],
    names: Mapping[str, str],
    linked: Mapping[str, UUID],
) -> dict[str, UUID]:
    """The users that the operator names for logins that are not linked yet."""
    users: dict[str, UUID] = {}
    for login, handle in mapped.items():
        key = login.lower()
        if key not in names:
            raise CommandError(f"--map-user: the archive does not mention the GitHub user {login}.")
        user = await require_user(session, handle)
        if linked.get(key, user.id) != user.id:
            raise CommandError(
                f"--map-user: an earlier import has linked {login} to another user than {handle}."
            )
        if key not in linked:
            users[key] = user.id
    return users


async def _free_handles(session: AsyncSession, logins: Collection[str]) -> list[str]:
    """For each login a handle that no user has, in whatever case: the login, or one like ada-2."""
    taken = {handle.lower() for handle in await session.scalars(select(User.handle))}
    handles = []
    for login in logins:
        candidates = [login, *(f"{login[:MAX_STEM]}-{n}" for n in range(2, len(taken) + 3))]
        handle = next(candidate for candidate in candidates if candidate.lower() not in taken)
        taken.add(handle.lower())
        handles.append(handle)
    return handles
