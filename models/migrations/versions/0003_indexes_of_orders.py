"""An index for each order of a workspace's tasks, and for the columns of a board."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ORDERED_BY = (
    "updated_at",
    "closed_at",
    "due_on",
    "priority",
    "number",
    "title",
    "rank",
    "estimate",
)


def upgrade() -> None:
    op.create_index("ix_tasks_state_page", "tasks", ["state_id", "created_at", "id"])
    op.create_index("ix_tasks_state_rank", "tasks", ["state_id", "rank", "id"])
    for name in ORDERED_BY:
        op.create_index(f"ix_tasks_by_{name}", "tasks", ["workspace_id", name, "id"])
    op.drop_index("ix_tasks_state_id", "tasks")


def downgrade() -> None:
    op.create_index("ix_tasks_state_id", "tasks", ["state_id"])
    for name in ORDERED_BY:
        op.drop_index(f"ix_tasks_by_{name}", "tasks")
    op.drop_index("ix_tasks_state_rank", "tasks")
    op.drop_index("ix_tasks_state_page", "tasks")
