"""Parents of tokens."""

import sqlalchemy as sa
from alembic import op

from models.columns import types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("access_tokens") as batch_op:
        batch_op.add_column(sa.Column("parent_id", types.uuid_type(), nullable=True))
        batch_op.create_index(batch_op.f("ix_access_tokens_parent_id"), ["parent_id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_access_tokens_parent_id"),
            "access_tokens",
            ["parent_id"],
            ["id"],
            ondelete="SET NULL",
        )


def downgrade() -> None:
    with op.batch_alter_table("access_tokens") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_access_tokens_parent_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_access_tokens_parent_id"))
        batch_op.drop_column("parent_id")
