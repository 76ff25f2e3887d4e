"""The first schema."""

import sqlalchemy as sa
from alembic import op

from models.columns import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("handle", types.short_text(64), nullable=False),
        sa.Column("name", types.short_text(200), nullable=False),
        sa.Column("email", types.short_text(254), nullable=True),
        sa.Column("disabled_at", types.timestamp(), nullable=True),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("updated_at", types.timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("handle", name=op.f("uq_users_handle")),
    )
    op.create_table(
        "workspaces",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("slug", types.short_text(64), nullable=False),
        sa.Column("name", types.short_text(200), nullable=False),
        sa.Column("sequence", types.big_integer(), nullable=False),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("updated_at", types.timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
        sa.UniqueConstraint("slug", name=op.f("uq_workspaces_slug")),
    )
    op.create_table(
        "access_tokens",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("name", types.short_text(100), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "READ", "WRITE", name="scope", native_enum=False, create_constraint=True, length=16
            ),
            nullable=False,
        ),
        sa.Column("workspace_id", types.uuid_type(), nullable=True),
        sa.Column("revoked_at", types.timestamp(), nullable=True),
        sa.Column(
            "digest",
            sa.LargeBinary(length=32)
            .with_variant(sa.BINARY(length=32), "mariadb")
            .with_variant(sa.BINARY(length=32), "mysql"),
            nullable=False,
        ),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("expires_at", types.timestamp(), nullable=True),
        sa.Column("user_id", types.uuid_type(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_access_tokens_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_access_tokens_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_access_tokens_digest")),
    )
    op.create_index(op.f("ix_access_tokens_user_id"), "access_tokens", ["user_id"], unique=False)
    op.create_index(
        op.f("ix_access_tokens_workspace_id"), "access_tokens", ["workspace_id"], unique=False
    )
    op.create_table(
        "changes",
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("sequence", types.big_integer(), autoincrement=False, nullable=False),
        sa.Column("at", types.timestamp(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "CREATED",
                "UPDATED",
                "ARCHIVED",
                "UNARCHIVED",
                "DELETED",
                "RESTORED",
                "PURGED",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", types.uuid_type(), nullable=True),
        sa.Column("subject_type", types.short_text(32), nullable=False),
        sa.Column("subject_id", types.uuid_type(), nullable=False),
        sa.Column("project_id", types.uuid_type(), nullable=True),
        sa.Column("fields", types.json_type(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_changes_actor_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_changes_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "sequence", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_actor_id"), "changes", ["actor_id"], unique=False)
    op.create_index("ix_changes_subject", "changes", ["subject_id", "sequence"], unique=False)
    op.create_table(
        "labels",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("name", types.short_text(100), nullable=False),
        sa.Column("color", types.short_text(7), nullable=False),
        sa.Column("description", types.long_text(), nullable=True),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("updated_at", types.timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_labels_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_labels_workspace_id_name")),
    )
    op.create_table(
        "memberships",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("user_id", types.uuid_type(), nullable=False),
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
        sa.Column("joined_at", types.timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_memberships_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_memberships_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint(
            "workspace_id", "user_id", name=op.f("uq_memberships_workspace_id_user_id")
        ),
    )
    op.create_index(
        "ix_memberships_page", "memberships", ["workspace_id", "joined_at", "id"], unique=False
    )
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)
    op.create_table(
        "projects",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("key", types.short_text(10), nullable=False),
        sa.Column("name", types.short_text(200), nullable=False),
        sa.Column("description", types.long_text(), nullable=False),
        sa.Column("archived_at", types.timestamp(), nullable=True),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("source_url", types.short_text(500), nullable=True),
        sa.Column("lead_id", types.uuid_type(), nullable=True),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("updated_at", types.timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["users.id"], name=op.f("fk_projects_lead_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_projects_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("workspace_id", "key", name=op.f("uq_projects_workspace_id_key")),
    )
    op.create_index(op.f("ix_projects_lead_id"), "projects", ["lead_id"], unique=False)
    op.create_index(
        "ix_projects_page", "projects", ["workspace_id", "created_at", "id"], unique=False
    )
    op.create_index("ix_projects_source", "projects", ["workspace_id", "source_url"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column(
            "digest",
            sa.LargeBinary(length=32)
            .with_variant(sa.BINARY(length=32), "mariadb")
            .with_variant(sa.BINARY(length=32), "mysql"),
            nullable=False,
        ),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("expires_at", types.timestamp(), nullable=True),
        sa.Column("user_id", types.uuid_type(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_sessions_digest")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "sign_in_codes",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column(
            "digest",
            sa.LargeBinary(length=32)
            .with_variant(sa.BINARY(length=32), "mariadb")
            .with_variant(sa.BINARY(length=32), "mysql"),
            nullable=False,
        ),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("expires_at", types.timestamp(), nullable=True),
        sa.Column("user_id", types.uuid_type(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_sign_in_codes_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_codes")),
        sa.UniqueConstraint("digest", name=op.f("uq_sign_in_codes_digest")),
    )
    op.create_index(op.f("ix_sign_in_codes_user_id"), "sign_in_codes", ["user_id"], unique=False)
    op.create_table(
        "states",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("name", types.short_text(100), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "TRIAGE",
                "BACKLOG",
                "UNSTARTED",
                "STARTED",
                "COMPLETED",
                "CANCELED",
                name="category",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("color", types.short_text(7), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("updated_at", types.timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_states_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_states")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_states_workspace_id_name")),
    )
    op.create_index("ix_states_board", "states", ["workspace_id", "position", "id"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("title", types.short_text(200), nullable=False),
        sa.Column("description", types.long_text(), nullable=False),
        sa.Column("location", types.short_text(500), nullable=True),
        sa.Column("starts_at", types.timestamp(), nullable=False),
        sa.Column("ends_at", types.timestamp(), nullable=False),
        sa.Column("project_id", types.uuid_type(), nullable=True),
        sa.Column("organizer_id", types.uuid_type(), nullable=True),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("updated_at", types.timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_events_ends_at")),
        sa.ForeignKeyConstraint(
            ["organizer_id"], ["users.id"], name=op.f("fk_events_organizer_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_events_project_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_events_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_organizer_id"), "events", ["organizer_id"], unique=False)
    op.create_index("ix_events_page", "events", ["workspace_id", "starts_at", "id"], unique=False)
    op.create_index(op.f("ix_events_project_id"), "events", ["project_id"], unique=False)
    op.create_table(
        "milestones",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("project_id", types.uuid_type(), nullable=False),
        sa.Column("title", types.short_text(200), nullable=False),
        sa.Column("description", types.long_text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("closed_at", types.timestamp(), nullable=True),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("updated_at", types.timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_milestones_project_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_milestones_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestones")),
        sa.UniqueConstraint("project_id", "title", name=op.f("uq_milestones_project_id_title")),
    )
    op.create_index(
        "ix_milestones_page", "milestones", ["project_id", "created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_milestones_workspace_id"), "milestones", ["workspace_id"], unique=False
    )
    op.create_table(
        "attendances",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("event_id", types.uuid_type(), nullable=False),
        sa.Column("user_id", types.uuid_type(), nullable=False),
        sa.Column(
            "response",
            sa.Enum(
                "PENDING",
                "ACCEPTED",
                "TENTATIVE",
                "DECLINED",
                name="response",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("updated_at", types.timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_attendances_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_attendances_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_attendances_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendances")),
        sa.UniqueConstraint("event_id", "user_id", name=op.f("uq_attendances_event_id_user_id")),
    )
    op.create_index(op.f("ix_attendances_user_id"), "attendances", ["user_id"], unique=False)
    op.create_index(
        op.f("ix_attendances_workspace_id"), "attendances", ["workspace_id"], unique=False
    )
    op.create_table(
        "tasks",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("project_id", types.uuid_type(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", types.short_text(500), nullable=False),
        sa.Column("body", types.long_text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=True),
        sa.Column("estimate", sa.Double(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("rank", types.short_text(200), nullable=False),
        sa.Column("started_at", types.timestamp(), nullable=True),
        sa.Column("closed_at", types.timestamp(), nullable=True),
        sa.Column("archived_at", types.timestamp(), nullable=True),
        sa.Column("deleted_at", types.timestamp(), nullable=True),
        sa.Column("source_url", types.short_text(500), nullable=True),
        sa.Column("state_id", types.uuid_type(), nullable=False),
        sa.Column("creator_id", types.uuid_type(), nullable=True),
        sa.Column("milestone_id", types.uuid_type(), nullable=True),
        sa.Column("parent_id", types.uuid_type(), nullable=True),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("updated_at", types.timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("estimate >= 0", name=op.f("ck_tasks_estimate")),
        sa.CheckConstraint("number > 0", name=op.f("ck_tasks_number")),
        sa.ForeignKeyConstraint(
            ["creator_id"], ["users.id"], name=op.f("fk_tasks_creator_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["milestone_id"],
            ["milestones.id"],
            name=op.f("fk_tasks_milestone_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["tasks.id"], name=op.f("fk_tasks_parent_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_tasks_project_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["state_id"], ["states.id"], name=op.f("fk_tasks_state_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_tasks_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_tasks_project_id_number")),
    )
    op.create_index(op.f("ix_tasks_creator_id"), "tasks", ["creator_id"], unique=False)
    op.create_index(
        "ix_tasks_milestone_page", "tasks", ["milestone_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_tasks_parent_page", "tasks", ["parent_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_tasks_project_page", "tasks", ["project_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_tasks_state_id"), "tasks", ["state_id"], unique=False)
    op.create_index(
        "ix_tasks_workspace_page", "tasks", ["workspace_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "assignments",
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("task_id", types.uuid_type(), nullable=False),
        sa.Column("user_id", types.uuid_type(), nullable=False),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_assignments_task_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_assignments_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_assignments_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("task_id", "user_id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_user_id"), "assignments", ["user_id"], unique=False)
    op.create_index(
        op.f("ix_assignments_workspace_id"), "assignments", ["workspace_id"], unique=False
    )
    op.create_table(
        "comments",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("task_id", types.uuid_type(), nullable=False),
        sa.Column("body", types.long_text(), nullable=False),
        sa.Column("edited_at", types.timestamp(), nullable=True),
        sa.Column("author_id", types.uuid_type(), nullable=True),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("updated_at", types.timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_comments_author_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_comments_task_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_comments_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index(op.f("ix_comments_author_id"), "comments", ["author_id"], unique=False)
    op.create_index("ix_comments_page", "comments", ["task_id", "created_at", "id"], unique=False)
    op.create_index(op.f("ix_comments_workspace_id"), "comments", ["workspace_id"], unique=False)
    op.create_table(
        "labelings",
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("task_id", types.uuid_type(), nullable=False),
        sa.Column("label_id", types.uuid_type(), nullable=False),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["label_id"], ["labels.id"], name=op.f("fk_labelings_label_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_labelings_task_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_labelings_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("task_id", "label_id", name=op.f("pk_labelings")),
    )
    op.create_index(op.f("ix_labelings_label_id"), "labelings", ["label_id"], unique=False)
    op.create_index(op.f("ix_labelings_workspace_id"), "labelings", ["workspace_id"], unique=False)
    op.create_table(
        "task_links",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("workspace_id", types.uuid_type(), nullable=False),
        sa.Column("task_id", types.uuid_type(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "BLOCKS",
                "BLOCKED_BY",
                "RELATES_TO",
                "DUPLICATES",
                "DUPLICATED_BY",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("other_id", types.uuid_type(), nullable=False),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.CheckConstraint("task_id <> other_id", name=op.f("ck_task_links_other")),
        sa.ForeignKeyConstraint(
            ["other_id"], ["tasks.id"], name=op.f("fk_task_links_other_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_links_task_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_task_links_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_links")),
        sa.UniqueConstraint(
            "task_id", "kind", "other_id", name=op.f("uq_task_links_task_id_kind_other_id")
        ),
    )
    op.create_index(op.f("ix_task_links_other_id"), "task_links", ["other_id"], unique=False)
    op.create_index(
        op.f("ix_task_links_workspace_id"), "task_links", ["workspace_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("task_links")
    op.drop_table("labelings")
    op.drop_table("comments")
    op.drop_table("assignments")
    op.drop_table("tasks")
    op.drop_table("attendances")
    op.drop_table("milestones")
    op.drop_table("events")
    op.drop_table("states")
    op.drop_table("sign_in_codes")
    op.drop_table("sessions")
    op.drop_table("projects")
    op.drop_table("memberships")
    op.drop_table("labels")
    op.drop_table("changes")
    op.drop_table("access_tokens")
    op.drop_table("workspaces")
    op.drop_table("users")
