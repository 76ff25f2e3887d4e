"""What is in the trash is not changed."""

import models
from graph.kit.writing.payload import Path, Refusals, UserErrorCode

IN_TRASH = "This task is in the trash: restore it first."


def refuse_in_trash(refusals: Refusals, task: models.Task, path: Path) -> None:
    """Refuses a task that is in the trash."""
    if task.deleted_at is not None:
        refusals.add(UserErrorCode.INVALID, path, IN_TRASH)
