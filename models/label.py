"""Labels."""

from typing import TYPE_CHECKING

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Timestamped, UUIDPrimaryKey, Versioned, WorkspaceScoped
from models.columns.rules import COLOR, GRAY, with_rule
from models.columns.types import long_text, short_text
from models.log.logged import Logged

if TYPE_CHECKING:
    from models.task import Task
    from models.workspace import Workspace


class Label(Logged, WorkspaceScoped, UUIDPrimaryKey, Timestamped, Versioned, Base):
    """A colored tag for tasks."""

    referrers = ("tasks",)

    __tablename__ = "labels"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    name: Mapped[str] = mapped_column(short_text(100), doc="The name, unique in the workspace.")
    color: Mapped[str] = mapped_column(
        short_text(7),
        default=GRAY,
        info=with_rule(COLOR),
        doc="The color as #rrggbb, such as #5e6ad2.",
    )
    description: Mapped[str] = mapped_column(long_text(), default="", doc="When to use the label.")

    workspace: Mapped["Workspace"] = relationship(lazy="raise")
    tasks: Mapped[list["Task"]] = relationship(secondary="labelings", lazy="raise", viewonly=True)
