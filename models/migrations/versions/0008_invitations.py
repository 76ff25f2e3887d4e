"""Invitations."""

import sqlalchemy as sa
from alembic import op

from models.columns import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("handle", types.short_text(64), nullable=True),
        sa.Column("email", types.short_text(254), nullable=True),
        sa.Column("user_id", types.uuid_type(), nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "OWNER",
                "ADMIN",
                "MEMBER",
                "GUEST",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("inviter_id", types.uuid_type(), nullable=True),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.CheckConstraint(
            "(handle IS NULL) <> (email IS NULL)", name=op.f("ck_invitations_named_once")
        ),
        sa.ForeignKeyConstraint(
            ["inviter_id"],
            ["users.id"],
            name=op.f("fk_invitations_inviter_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_invitations_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_invitations_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint(
            "workspace_id", "email", name=op.f("uq_invitations_workspace_id_email")
        ),
        sa.UniqueConstraint(
            "workspace_id", "handle", name=op.f("uq_invitations_workspace_id_handle")
        ),
    )
    op.create_index(op.f("ix_invitations_email"), "invitations", ["email"])
    op.create_index(op.f("ix_invitations_inviter_id"), "invitations", ["inviter_id"])
    op.create_index(op.f("ix_invitations_user_id"), "invitations", ["user_id"])


def downgrade() -> None:
    op.drop_table("invitations")
