"""Labels."""

from typing import TYPE_CHECKING

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Timestamped, UUIDPrimaryKey, Versioned, WorkspaceScoped
from models.columns.rules import COLOR, GRAY, with_rule
from models.columns.types import long_text, short_text
from models.log.logged import Logged

if TYPE_CHECKING:
    from models.workspace import Workspace


class Label(Logged, WorkspaceScoped, UUIDPrimaryKey, Timestamped, Versioned, Base):
    """A colored word that a workspace sorts its tasks by."""

    __tablename__ = "labels"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    name: Mapped[str] = mapped_column(short_text(100))
    #: As in CSS: #rrggbb.
    color: Mapped[str] = mapped_column(short_text(7), default=GRAY, info=with_rule(COLOR))
    description: Mapped[str | None] = mapped_column(long_text())

    workspace: Mapped["Workspace"] = relationship(lazy="raise")
