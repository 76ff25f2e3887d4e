"""The users of a demo workspace, their memberships, and an invitation."""

import math
from datetime import datetime, timedelta
from uuid import UUID

from graph.cli.demo import phrases
from graph.cli.demo.writer import DemoWriter, Row, timestamps
from models import Invitation, Membership, Role, User


async def add_people(writer: DemoWriter, owner_id: UUID, task_count: int) -> list[UUID]:
    """Add users and memberships; return the user IDs, the owner's first and the guest's last."""
    users = _users(writer, task_count)
    await writer.insert(User, users)
    roles = [Role.ADMIN, *[Role.MEMBER] * (len(users) - 2), Role.GUEST]
    memberships = [_membership(writer, owner_id, Role.OWNER, writer.created_at)]
    memberships += [
        _membership(writer, user["id"], role, user["created_at"])
        for user, role in zip(users, roles, strict=True)
    ]
    await writer.insert_logged(Membership, memberships)
    await writer.insert_logged(Invitation, [_invitation(writer, owner_id)])
    return [owner_id, *(user["id"] for user in users)]


def _users(writer: DemoWriter, task_count: int) -> list[Row]:
    count = min(len(phrases.PEOPLE), 8 + int(math.log2(task_count + 1)))
    users: list[Row] = []
    for name in phrases.PEOPLE[:count]:
        handle = f"{name.split()[0].lower()}.{writer.slug}"
        created_at = writer.created_at + timedelta(days=writer.random.randrange(60))
        users.append(
            {
                "id": writer.random.key(created_at),
                "handle": handle,
                "name": name,
                "email": f"{handle}@example.com",
                **timestamps(created_at),
            }
        )
    return users


def _invitation(writer: DemoWriter, inviter_id: UUID) -> Row:
    return {
        "id": writer.random.key(writer.now),
        "workspace_id": writer.workspace_id,
        "handle": None,
        "email": "newcomer@example.com",
        "user_id": None,
        "role": Role.MEMBER,
        "inviter_id": inviter_id,
        "created_at": writer.now,
    }


def _membership(writer: DemoWriter, user_id: UUID, role: Role, joined_at: datetime) -> Row:
    return {
        "id": writer.random.key(joined_at),
        "workspace_id": writer.workspace_id,
        "user_id": user_id,
        "role": role,
        "joined_at": joined_at,
    }
