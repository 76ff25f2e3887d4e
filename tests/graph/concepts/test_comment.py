"""Mutations of comments."""

import pytest

from tests.support.office import Office

pytestmark = pytest.mark.usefixtures("roles_read_once")


async def test_comment_is_created_updated_and_deleted(office: Office) -> None:
    selection = "comment { id body editedAt author { handle } task { key } viewerCanUpdate }"
    values = {"taskId": office.gid("task"), "body": "  *well* \n"}
    comment = (await office.must_write("commentCreate", selection, who="guest", input=values))[
        "comment"
    ]
    key = comment.pop("id")
    assert comment == {
        "body": "  *well* \n", "editedAt": None, "author": {"handle": "guest"},
        "task": {"key": "WEB-2"}, "viewerCanUpdate": True,
    }  # fmt: skip
    values = {"id": key, "body": "better"}
    changed = (await office.must_write("commentUpdate", selection, who="guest", input=values))[
        "comment"
    ]
    assert changed["body"] == "better"
    assert changed["editedAt"] is not None
    gone = await office.must_write("commentDelete", selection, who="owner", id=key)
    assert gone["comment"] == changed | {"id": key, "viewerCanUpdate": False}
