"""Passwords, issuers' subjects, last uses, registered documents, and buckets to take from."""

import sqlalchemy as sa
from alembic import op

from models.columns import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "buckets",
        sa.Column("key", types.sha256_type(), nullable=False),
        sa.Column("level", sa.Double(), nullable=False),
        sa.Column("at", types.timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_buckets")),
    )
    op.create_index(op.f("ix_buckets_at"), "buckets", ["at"])
    op.create_table(
        "documents",
        sa.Column("digest", types.sha256_type(), nullable=False),
        sa.Column("text", types.long_text(), nullable=False),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_documents")),
    )
    op.create_table(
        "passwords",
        sa.Column("user_id", types.uuid_type(), nullable=False),
        sa.Column("hash", types.short_text(255), nullable=False),
        sa.Column("changed_at", types.timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_passwords_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_passwords")),
    )
    op.create_table(
        "external_identities",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("issuer", types.short_text(255), nullable=False),
        sa.Column("subject", types.short_text(255), nullable=False),
        sa.Column("user_id", types.uuid_type(), nullable=False),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_external_identities_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identities")),
        sa.UniqueConstraint(
            "issuer", "subject", name=op.f("uq_external_identities_issuer_subject")
        ),
    )
    op.create_index(op.f("ix_external_identities_user_id"), "external_identities", ["user_id"])
    for table in ("access_tokens", "sessions"):
        op.add_column(table, sa.Column("last_used_at", types.timestamp(), nullable=True))
    op.add_column("access_tokens", sa.Column("prefix", types.short_text(16), nullable=True))
    op.add_column(
        "access_tokens",
        sa.Column("sends_anything", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("sessions", sa.Column("user_agent", types.short_text(200), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "user_agent")
    op.drop_column("access_tokens", "sends_anything")
    op.drop_column("access_tokens", "prefix")
    for table in ("access_tokens", "sessions"):
        op.drop_column(table, "last_used_at")
    for table in ("external_identities", "passwords", "documents", "buckets"):
        op.drop_table(table)
