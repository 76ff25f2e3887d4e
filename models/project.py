"""Projects."""

import re
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from models.base import Base, Timestamped, UUIDPrimaryKey, Versioned, WorkspaceScoped
from models.columns.rules import WEB_URL, ColumnRule, with_rule
from models.columns.types import long_text, short_text, timestamp, uuid_type
from models.log.logged import Logged

if TYPE_CHECKING:
    from models.event import Event
    from models.milestone import Milestone
    from models.task import Task
    from models.user import User
    from models.workspace import Workspace


#: Uppercase letters and digits, starting with a letter.
PROJECT_KEY = re.compile(r"[A-Z][A-Z0-9]{0,9}")
PROJECT_KEY_RULE = ColumnRule(
    lambda given: PROJECT_KEY.fullmatch(given) is not None,
    "a key has up to 10 uppercase letters and digits and starts with a letter, such as TLS",
)


class Project(Logged, WorkspaceScoped, UUIDPrimaryKey, Timestamped, Versioned, Base):
    """A body of work. Its key is the prefix of its tasks' keys."""

    parts = ("tasks", "milestones")
    referrers = ("events",)
    not_logged = frozenset({"last_number"})

    __tablename__ = "projects"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("ix_projects_page", "workspace_id", "created_at", "id"),
        Index("ix_projects_source", "workspace_id", "source_url"),
    )

    key: Mapped[str] = mapped_column(
        short_text(10),
        info=with_rule(PROJECT_KEY_RULE),
        doc="The prefix of its tasks' keys, such as TLS: up to 10 uppercase letters and digits, "
        "starting with a letter, unique in the workspace.",
    )
    name: Mapped[str] = mapped_column(short_text(200), doc="The display name.")
    description: Mapped[str] = mapped_column(
        long_text(), default="", doc="What the project is for, in Markdown."
    )
    archived_at: Mapped[datetime | None] = mapped_column(
        timestamp(), doc="When it was archived; null if it is not."
    )
    #: The number of the newest task.
    last_number: Mapped[int] = mapped_column(default=0)
    #: The URL it was imported from.
    source_url: Mapped[str | None] = mapped_column(short_text(500), info=with_rule(WEB_URL))
    lead_id: Mapped[UUID | None] = mapped_column(
        uuid_type(),
        ForeignKey("users.id", ondelete="SET NULL"),
        index=True,
        doc="The project lead, a member of the workspace.",
    )

    workspace: Mapped["Workspace"] = relationship(lazy="raise", doc="The workspace it belongs to.")
    lead: Mapped["User | None"] = relationship(lazy="raise", doc="The project lead.")
    tasks: Mapped[list["Task"]] = relationship(lazy="raise", viewonly=True)
    milestones: Mapped[list["Milestone"]] = relationship(lazy="raise", viewonly=True)
    events: Mapped[list["Event"]] = relationship(lazy="raise", viewonly=True)

    def project_of(self, session: Session) -> UUID:
        return self.id
