"""Refusals of the mutations of comments."""

from tests.support.office import id_of, input_of
from tests.support.refusals.case import Case, refuses

CASES: list[Case] = [
    refuses("commentCreate", input_of(taskId="@task", body=" \n "), "REQUIRED input.body"),
    refuses("commentCreate", input_of(taskId="@trashed", body="x"), "INVALID input.taskId"),
    refuses("commentCreate", input_of(taskId="@foreign_task", body="x"), "NOT_FOUND input.taskId"),
    refuses("commentCreate", input_of(taskId="@task", body="x"), "FORBIDDEN ", who="reader"),
    refuses("commentUpdate", input_of(id="@remark", body="x"), "FORBIDDEN input.id", who="owner"),
    refuses("commentUpdate", input_of(id="@foreign_remark", body="x"), "NOT_FOUND input.id"),
    refuses("commentUpdate", input_of(id="@remark", body=""), "REQUIRED input.body"),
    refuses("commentDelete", id_of("@remark"), "FORBIDDEN id", who="guest"),
    refuses("commentDelete", id_of("@foreign_remark"), "NOT_FOUND id", who="owner"),
]
