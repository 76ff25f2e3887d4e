"""Full-text search over tasks and comments."""

from alembic import op

from models.search.query import create_search, drop_search

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_search(op.get_bind())


def downgrade() -> None:
    drop_search(op.get_bind())
