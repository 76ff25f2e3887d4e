"""Refusals of the mutations of reverting changes."""

from tests.support.refusals.case import Case, refuses

CASES: list[Case] = [
    refuses("changeRevert", lambda o: {"workspace": "office", "sequence": 1}, "INVALID sequence"),
    refuses(
        "changeRevert",
        lambda o: {"workspace": "office", "sequence": 2},
        "INVALID sequence",
        "INVALID sequence",
    ),
    refuses(
        "changeRevert", lambda o: {"workspace": "office", "sequence": 10**6}, "NOT_FOUND sequence"
    ),
    refuses(
        "changeRevert", lambda o: {"workspace": "foreign", "sequence": 1}, "NOT_FOUND sequence"
    ),
    refuses(
        "changeRevert",
        lambda o: {"workspace": "office", "sequence": 1},
        "FORBIDDEN ",
        who="reader",
    ),
]
