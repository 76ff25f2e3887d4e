"""The IDs of a board's groups. They contain the board, with its filter, and the group's key."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from graph.kit.errors import BadUserInput
from graph.kit.node import NodeKey, decode_id, encode_object_id
from models import Priority

#: The name of the type whose IDs these are.
TYPE = "TaskGroup"
#: The longest filter in an ID, in bytes of JSON. A longer one is only told apart from others.
MAX_FILTER = 1_000
MAX_ID_LENGTH = 2_000
INVALID_ID = "id: not a valid ID of a group. Use an ID that the API returned."


@dataclass(frozen=True)
class GroupId:
    """A decoded ID."""

    owner: NodeKey | None
    #: The name of the grouping.
    by: str
    #: The ID of a row, or a priority; None for the tasks that have none.
    key: UUID | Priority | None
    filter: Any


def filter_part(filter_json: Any) -> Any:
    """Return what an ID contains of a filter: the filter itself, or for a long one its hash."""
    text = orjson.dumps(filter_json, option=orjson.OPT_SORT_KEYS)
    return filter_json if len(text) <= MAX_FILTER else hashlib.sha256(text).hexdigest()


def encode_group_id(owner: str, by: str, key: UUID | Priority | None, part: Any) -> str:
    """Return the ID of a group; `part` is the `filter_part` of its board."""
    shown = key.hex if isinstance(key, UUID) else key and key.name
    text = orjson.dumps([owner, by, shown, part], option=orjson.OPT_SORT_KEYS)
    return encode_object_id(TYPE, base64.urlsafe_b64encode(text).decode().rstrip("="))


def decode_group_id(text: str, priorities: str) -> GroupId:
    """Return the parts of an ID without its prefix. Raise `BadUserInput` if it is malformed.

    `priorities` is the name of the grouping whose keys are priorities.
    """
    try:
        if len(text) > MAX_ID_LENGTH:
            raise ValueError("too long")
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        owner, by, shown, part = orjson.loads(decoded)
        if not isinstance(by, str):
            raise TypeError("not the name of a grouping")
        key: UUID | Priority | None = None
        if shown is not None:
            key = Priority[shown] if by == priorities else UUID(hex=shown)
        if isinstance(key, UUID) and key.hex != shown:
            raise ValueError("another form of a key")
        found = GroupId(decode_id(owner, "id"), by, key, part)
    except (ValueError, TypeError, LookupError, AttributeError):
        raise BadUserInput(INVALID_ID) from None
    if isinstance(part, str):
        raise BadUserInput(
            "id: the filter of this group's board is too long for an ID. Query the board instead."
        )
    return found
