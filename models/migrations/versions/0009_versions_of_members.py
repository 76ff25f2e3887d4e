"""Versions of memberships, avatars of users, and labels whose description is never null."""

import sqlalchemy as sa
from alembic import op

from models.columns import types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("memberships") as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    with op.batch_alter_table("memberships") as batch_op:
        # The default was for the existing rows only.
        batch_op.alter_column("version", existing_type=sa.Integer(), server_default=None)
    with op.batch_alter_table("users") as batch_op:
        batch_op.add_column(sa.Column("avatar_url", types.short_text(500), nullable=True))
    labels = sa.table("labels", sa.column("description", types.long_text()))
    op.execute(labels.update().where(labels.c.description.is_(None)).values(description=""))
    with op.batch_alter_table("labels") as batch_op:
        batch_op.alter_column("description", existing_type=types.long_text(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("labels") as batch_op:
        batch_op.alter_column("description", existing_type=types.long_text(), nullable=True)
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("avatar_url")
    with op.batch_alter_table("memberships") as batch_op:
        batch_op.drop_column("version")
