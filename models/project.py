"""Projects."""

import re
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from models.base import Base, Timestamped, UUIDPrimaryKey, Versioned, WorkspaceScoped
from models.columns.rules import ColumnRule, with_rule
from models.columns.types import long_text, short_text, timestamp, uuid_type
from models.log.logged import Logged

if TYPE_CHECKING:
    from models.milestone import Milestone
    from models.task import Task
    from models.user import User
    from models.workspace import Workspace


#: What a project's key looks like: capital letters and digits, a letter first.
PROJECT_KEY = re.compile(r"[A-Z][A-Z0-9]{0,9}")
PROJECT_KEY_RULE = ColumnRule(
    lambda given: PROJECT_KEY.fullmatch(given) is not None,
    "a key is up to 10 capital letters and digits, a letter first, as TLS",
)


class Project(Logged, WorkspaceScoped, UUIDPrimaryKey, Timestamped, Versioned, Base):
    """A body of work, whose key begins the key of each of its tasks."""

    not_logged = frozenset({"last_number"})

    __tablename__ = "projects"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("ix_projects_page", "workspace_id", "created_at", "id"),
        Index("ix_projects_source", "workspace_id", "source_url"),
    )

    #: Capital letters and digits, a letter first: TLS.
    key: Mapped[str] = mapped_column(short_text(10), info=with_rule(PROJECT_KEY_RULE))
    name: Mapped[str] = mapped_column(short_text(200))
    description: Mapped[str] = mapped_column(long_text(), default="")
    archived_at: Mapped[datetime | None] = mapped_column(timestamp())
    #: The number of the newest task; the next one takes the number after it.
    last_number: Mapped[int] = mapped_column(default=0)
    #: Where it was imported from.
    source_url: Mapped[str | None] = mapped_column(short_text(500))
    lead_id: Mapped[UUID | None] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="SET NULL"), index=True
    )

    workspace: Mapped["Workspace"] = relationship(lazy="raise")
    lead: Mapped["User | None"] = relationship(lazy="raise")
    tasks: Mapped[list["Task"]] = relationship(lazy="raise", viewonly=True)
    milestones: Mapped[list["Milestone"]] = relationship(lazy="raise", viewonly=True)

    def project_key(self, session: Session) -> UUID:
        return self.id
