"""Labels."""

from typing import TYPE_CHECKING

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, InWorkspace, Keyed, Timed, Versioned
from models.columns.rules import COLOR, GRAY, ruled
from models.columns.types import line, prose
from models.log.logged import Logged

if TYPE_CHECKING:
    from models.workspace import Workspace


class Label(Logged, InWorkspace, Keyed, Timed, Versioned, Base):
    """A colored word that a workspace sorts its tasks by."""

    __tablename__ = "labels"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    name: Mapped[str] = mapped_column(line(100))
    #: As in CSS: #rrggbb.
    color: Mapped[str] = mapped_column(line(7), default=GRAY, info=ruled(COLOR))
    description: Mapped[str | None] = mapped_column(prose())

    workspace: Mapped["Workspace"] = relationship(lazy="raise")
