"""Full-text search over tasks and comments."""

from alembic import op

from models.search.indexes import create_search_indexes, drop_search_indexes

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_search_indexes(op.get_bind())


def downgrade() -> None:
    drop_search_indexes(op.get_bind())
