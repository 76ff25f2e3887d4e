"""The refusals of each mutation: input that it must reject, and the errors it must return."""

from tests.support.refusals import (
    change_revert,
    comment,
    event,
    label,
    membership,
    milestone,
    project,
    state,
    task,
    task_link,
    workspace,
)
from tests.support.refusals.case import Case

CASES: list[Case] = [
    *task.CASES,
    *task_link.CASES,
    *workspace.CASES,
    *membership.CASES,
    *project.CASES,
    *comment.CASES,
    *label.CASES,
    *milestone.CASES,
    *state.CASES,
    *event.CASES,
    *change_revert.CASES,
]
