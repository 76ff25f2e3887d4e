"""Fields that tell a client what the viewer may do, so that it shows no button that fails."""

from collections.abc import Callable
from typing import Any

from graph.kit.context import KitContext
from graph.kit.declare import computed
from models.viewer import Viewer


def viewer_can(rule: Callable[[Any, Viewer], bool], action: str, *columns: str) -> Any:
    """Return a field of type Boolean: whether the viewer may do something with a row.

    `rule` is a method of the model, such as `Label.can_be_updated_by`, which reads the columns; by
    default the workspace's key. `action` completes "Whether the viewer may …".
    """

    def value(root: Any, context: KitContext) -> bool:
        return rule(root, context.viewer)

    return computed(
        value, *(columns or ("workspace_id",)), description=f"Whether the viewer may {action}."
    )
