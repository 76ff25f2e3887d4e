"""Reactions."""

import sqlalchemy as sa
from alembic import op

from models.columns import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reactions",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("comment_id", types.uuid_type(), nullable=False),
        sa.Column("user_id", types.uuid_type(), nullable=False),
        sa.Column("emoji", types.short_text(64), nullable=False),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name=op.f("fk_reactions_comment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_reactions_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_reactions_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reactions")),
        sa.UniqueConstraint(
            "comment_id", "user_id", "emoji", name=op.f("uq_reactions_comment_id_user_id_emoji")
        ),
    )
    op.create_index(op.f("ix_reactions_user_id"), "reactions", ["user_id"])
    op.create_index(op.f("ix_reactions_workspace_id"), "reactions", ["workspace_id"])


def downgrade() -> None:
    op.drop_table("reactions")
