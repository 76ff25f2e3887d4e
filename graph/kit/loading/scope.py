"""The one door to rows: every read begins here, with what the viewer may see."""

from typing import Any

from sqlalchemy import Select, select

from models.base import Base
from models.viewer import Viewer


def visible(model: type[Base], viewer: Viewer, *columns: Any) -> Select[Any]:
    """A selection of the rows of `model` that `viewer` may see, or of `columns` of them."""
    return select(*(columns or (model,))).select_from(model).where(model.visible_to(viewer))
