"""The enum Role, as the API describes it."""

from graph.kit.enums import describe_enum
from models import Role

describe_enum(
    Role,
    OWNER="Full control, including other owners.",
    ADMIN="Also manages members, workflow states and the workspace.",
    MEMBER="Reads and writes.",
    GUEST="Reads and comments.",
)

__all__ = ["Role"]
