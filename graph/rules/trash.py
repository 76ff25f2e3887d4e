"""Tasks in the trash cannot be changed."""

import models
from graph.kit.writing.payload import InputPath, UserErrorCode, UserErrors

IN_TRASH = "This task is in the trash. Restore it first."


def reject_if_in_trash(user_errors: UserErrors, task: models.Task, path: InputPath) -> None:
    """Add an error if the task is in the trash."""
    if task.deleted_at is not None:
        user_errors.add(UserErrorCode.INVALID, path, IN_TRASH)
