"""Scoped selects: every read of the API starts here, restricted to what the viewer can see."""

from typing import Any

from sqlalchemy import Select, select

from models.base import Base
from models.viewer import Viewer


def visible(model: type[Base], viewer: Viewer, *columns: Any) -> Select[Any]:
    """Select the rows of `model` that `viewer` can see, or the given columns of them."""
    return select(*(columns or (model,))).select_from(model).where(model.visible_to(viewer))
