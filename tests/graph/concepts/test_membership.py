"""Mutations of memberships."""

import pytest

from tests.support.office import Office

pytestmark = pytest.mark.usefixtures("roles_read_once")


class TestMembers:
    MEMBER = "member { role user { handle } workspace { slug } }"

    async def test_member_is_added_promoted_and_removed(self, office: Office) -> None:
        after = await office.sequence()
        where = {"workspaceId": office.gid("workspace")}
        who = where | {"userId": office.gid("outsider")}
        key = {"id": office.gid("invitation")}
        added = await office.must_write("invitationAccept", self.MEMBER, "outsider", **key)
        assert added["member"] == {
            "role": "MEMBER",
            "user": {"handle": "outsider"},
            "workspace": {"slug": "office"},
        }
        raised = await office.must_write(
            "memberUpdate", self.MEMBER, who="owner", input=who | {"role": "OWNER"}
        )
        assert raised["member"]["role"] == "OWNER"
        # Now there are two owners, so either may leave: nothing is seen of them then.
        left = await office.must_write(
            "memberRemove", "member { role } sequence", who="outsider", input=who
        )
        assert left["member"] == {"role": "OWNER"}
        assert (await office.fields(after))[2:] == [
            (
                "CREATED",
                "Membership",
                {
                    "joinedAt": (None, (await office.fields(after))[2][2]["joinedAt"][1]),
                    "role": (None, "MEMBER"),
                    "userId": (None, office.gid("outsider")),
                },
            ),
            ("UPDATED", "Membership", {"role": ("MEMBER", "OWNER")}),
            (
                "DELETED",
                "Membership",
                {
                    "joinedAt": ((await office.fields(after))[2][2]["joinedAt"][1], None),
                    "role": ("OWNER", None),
                    "userId": (office.gid("outsider"), None),
                },
            ),
        ]

    async def test_new_role_applies_to_later_fields_of_the_request(self, office: Office) -> None:
        mutation = """
          mutation ($workspace: ID!, $user: ID!) {
            memberUpdate(input: {workspaceId: $workspace, userId: $user, role: GUEST}) {
              member { role workspace { viewerRole } }
            }
            labelCreate(input: {workspaceId: $workspace, name: "x"}) { errors { code } }
          }
        """
        keys = {"workspace": office.gid("workspace"), "user": office.gid("admin")}
        data = await office.api.ask(mutation, office.tokens["admin"], **keys)
        assert data == {
            "memberUpdate": {"member": {"role": "GUEST", "workspace": {"viewerRole": "GUEST"}}},
            "labelCreate": {"errors": [{"code": "FORBIDDEN"}]},
        }
