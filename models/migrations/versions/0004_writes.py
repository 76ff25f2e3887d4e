"""What is remembered of writes, and when chores were done."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from models.columns import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chores",
        sa.Column("name", types.short_text(32), nullable=False),
        sa.Column("begun_at", types.timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chores")),
    )
    op.create_table(
        "remembered_writes",
        sa.Column("user_id", types.uuid_type(), nullable=False),
        sa.Column("key", types.short_text(255), nullable=False),
        sa.Column(
            "digest",
            sa.LargeBinary(length=32).with_variant(mysql.BINARY(32), "mysql", "mariadb"),
            nullable=False,
        ),
        sa.Column("result", types.json_type(), nullable=False),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_remembered_writes_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_remembered_writes")),
    )
    op.create_index(
        op.f("ix_remembered_writes_created_at"), "remembered_writes", ["created_at"], unique=False
    )


def downgrade() -> None:
    op.drop_table("remembered_writes")
    op.drop_table("chores")
