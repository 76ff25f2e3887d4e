"""Notifications of PostgreSQL that say which workspace has new changes in its log.

They are hints: one may be lost while a listener is not connected. The log itself is the truth.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, func, literal

#: The channel that listeners listen on.
CHANNEL = "taskloom_changes"


def notify(workspace_id: Any, sequence: Any) -> ColumnElement[Any]:
    """Return the expression that notifies listeners, when the transaction commits."""
    payload = cast(workspace_id, Text) + literal(":") + cast(sequence, Text)
    return func.pg_notify(literal(CHANNEL), payload)


def parse_notification(payload: str) -> tuple[UUID, int] | None:
    """Return the workspace and the number of its newest change; None if it is not one of ours."""
    workspace, _, sequence = payload.partition(":")
    try:
        return UUID(workspace), int(sequence)
    except ValueError:
        return None
