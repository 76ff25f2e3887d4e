"""Workflow states."""

from typing import TYPE_CHECKING

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Timestamped, UUIDPrimaryKey, Versioned, WorkspaceScoped
from models.columns.documented_enum import DocumentedEnum
from models.columns.rules import COLOR, GRAY, POSITION, with_rule
from models.columns.types import enum_type, short_text
from models.log.logged import Logged
from models.viewer import Permission

if TYPE_CHECKING:
    from models.task import Task
    from models.workspace import Workspace


class StateCategory(DocumentedEnum):
    """The stage of the workflow that a state belongs to, whatever its name."""

    TRIAGE = "TRIAGE", "New, and not reviewed yet."
    BACKLOG = "BACKLOG", "Accepted, but not planned."
    UNSTARTED = "UNSTARTED", "Planned, and not started yet."
    STARTED = "STARTED", "In progress."
    COMPLETED = "COMPLETED", "Done."
    CANCELED = "CANCELED", "Will not be done."

    @property
    def is_closed(self) -> bool:
        return self in (StateCategory.COMPLETED, StateCategory.CANCELED)


class State(Logged, WorkspaceScoped, UUIDPrimaryKey, Timestamped, Versioned, Base):
    """A step of the workflow: a column of the board."""

    permission = Permission.ADMINISTER

    __tablename__ = "states"
    __table_args__ = (
        UniqueConstraint("workspace_id", "name"),
        Index("ix_states_board", "workspace_id", "position", "id"),
    )

    name: Mapped[str] = mapped_column(short_text(100), doc="The name, unique in the workspace.")
    category: Mapped[StateCategory] = mapped_column(
        enum_type(StateCategory, "category"),
        doc="The stage of the workflow that the state belongs to.",
    )
    color: Mapped[str] = mapped_column(
        short_text(7),
        default=GRAY,
        info=with_rule(COLOR),
        doc="The color as #rrggbb, such as #5e6ad2.",
    )
    position: Mapped[int] = mapped_column(
        info=with_rule(POSITION), doc="The position on the board, counted from the left."
    )

    workspace: Mapped["Workspace"] = relationship(lazy="raise")
    tasks: Mapped[list["Task"]] = relationship(lazy="raise", viewonly=True)


#: The states of a new workspace, in board order.
DEFAULT_STATES = (
    ("Triage", StateCategory.TRIAGE, "#fc7840"),
    ("Backlog", StateCategory.BACKLOG, "#bec2c8"),
    ("Todo", StateCategory.UNSTARTED, "#8a8f98"),
    ("In Progress", StateCategory.STARTED, "#f2c94c"),
    ("In Review", StateCategory.STARTED, "#26b5ce"),
    ("Done", StateCategory.COMPLETED, "#5e6ad2"),
    ("Canceled", StateCategory.CANCELED, "#95a2b3"),
)
