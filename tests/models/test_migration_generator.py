"""Generating a migration, and running it on each database."""

import enum
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic.config import Config
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    insert,
    text,
)

from models import migrations
from models.base import NAMING
from models.columns import types
from models.database import Database, DatabaseError
from models.migrations.generate import generate
from models.migrations.operations import MigrationError
from tests.models.test_migrations import reflected
from tests.support.databases import Server

pytestmark = pytest.mark.check


def forget_versions() -> None:
    migrations.newest_version.cache_clear()
    migrations.all_versions.cache_clear()


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """An empty folder for migrations."""
    folder = tmp_path / "versions"
    folder.mkdir()
    return folder


@pytest.fixture
def migrated_from(
    server: Server, versions: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The folder `versions`, from which `migrations.migrate` reads the migrations.

    Depends on `server`, whose own database has the migrations of the package.
    """
    packaged = migrations.alembic_config

    def config(connection: Connection | None = None) -> Config:
        settings = packaged(connection)
        settings.set_main_option("version_locations", str(versions))
        settings.set_main_option("path_separator", "newline")
        return settings

    monkeypatch.setattr(migrations, "alembic_config", config)
    forget_versions()
    yield versions
    forget_versions()


class Tone(enum.Enum):
    CALM = "CALM"
    LOUD = "LOUD"


class LaterTone(enum.Enum):
    CALM = "CALM"
    LOUD = "LOUD"
    SAD = "SAD"


def primary_key() -> Column[Any]:
    return Column("id", types.uuid_type(), primary_key=True)


def reference(name: str, target: str, **options: Any) -> Column[Any]:
    key = ForeignKey(f"{target}.id", ondelete="CASCADE")
    return Column(name, types.uuid_type(), key, **options)


def users(models: MetaData) -> None:
    Table("users", models, primary_key(), Column("name", types.short_text(50), nullable=False))


def replies(models: MetaData) -> None:
    Table("replies", models, primary_key(), reference("post_id", "posts", nullable=False))


def first_models() -> MetaData:
    models = MetaData(naming_convention=NAMING)
    users(models)
    Table(
        "posts",
        models,
        primary_key(),
        reference("author_id", "users", nullable=False, index=True),
        reference("editor_id", "users", index=True),
        Column("title", types.short_text(100), nullable=False),
        Column("rating", Integer, nullable=False),
        Column("digest", types.sha256_type()),
        Column("hidden", Boolean, server_default=false(), nullable=False),
        Column("tone", types.enum_type(Tone, "tone"), nullable=False),
        Column("mood", types.enum_type(Tone, "mood")),
        CheckConstraint("rating >= 0", name="rating"),
    )
    replies(models)
    Table(
        "drafts",
        models,
        primary_key(),
        reference("author_id", "users", index=True),
        Column("body", types.long_text()),
        Column("tone", types.enum_type(Tone, "tone")),
    )
    return models


def later_models() -> MetaData:
    """The same without drafts, with labels, and with every kind of change to posts."""
    models = MetaData(naming_convention=NAMING)
    users(models)
    Table(
        "posts",
        models,
        primary_key(),
        reference("author_id", "users", nullable=False),
        Column("title", types.short_text(200)),
        Column("rating", Integer, nullable=False),
        Column("tone", types.enum_type(LaterTone, "tone"), nullable=False),
        reference("reviewer_id", "users", index=True),
        Column("volume", types.enum_type(Tone, "volume")),
        Column("pinned", Boolean, server_default=false(), nullable=False),
        CheckConstraint("rating > 0", name="rating"),
        UniqueConstraint("author_id", "title"),
        Index("ix_posts_page", "author_id", "rating", "id"),
    )
    replies(models)
    Table("labels", models, primary_key(), Column("data", types.json_type()))
    return models


def test_a_new_table_needs_no_editing(versions: Path) -> None:
    models = MetaData(naming_convention=NAMING)
    users(models)
    generate("first tables", metadata=models, versions=versions)
    Table(
        "reactions",
        models,
        primary_key(),
        reference("user_id", "users", nullable=False, index=True),
        Column("tone", types.enum_type(Tone, "tone"), nullable=False),
        Column("created_at", types.timestamp(), nullable=False),
        Column("count", types.big_integer(), nullable=False),
        UniqueConstraint("user_id", "tone"),
    )
    file = generate(" add reactions. ", metadata=models, versions=versions)
    assert file.name == "0002_add_reactions.py"
    assert file.read_text() == NEW_TABLE


NEW_TABLE = '''\
"""Add reactions."""

import sqlalchemy as sa
from alembic import op

from models.columns import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reactions",
        sa.Column("id", types.uuid_type(), nullable=False),
        sa.Column("user_id", types.uuid_type(), nullable=False),
        sa.Column(
            "tone",
            sa.Enum(
                "CALM", "LOUD", name="tone", native_enum=False, create_constraint=True, length=16
            ),
            nullable=False,
        ),
        sa.Column("created_at", types.timestamp(), nullable=False),
        sa.Column("count", types.big_integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_reactions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reactions")),
        sa.UniqueConstraint("user_id", "tone", name=op.f("uq_reactions_user_id_tone")),
    )
    op.create_index(op.f("ix_reactions_user_id"), "reactions", ["user_id"])


def downgrade() -> None:
    op.drop_table("reactions")
'''


async def test_every_kind_of_change_runs_up_and_down_and_keeps_the_rows(
    migrated_from: Path, empty_url: str, kind: str
) -> None:
    generate("first tables", metadata=first_models(), versions=migrated_from)
    generate("changes", metadata=later_models(), versions=migrated_from)
    with pytest.raises(MigrationError, match="do not differ from the newest migration, 0002"):
        generate("again", metadata=later_models(), versions=migrated_from)
    forget_versions()
    database = Database(empty_url)
    try:
        await migrations.migrate(database, "0001")
        first = await reflect(database)
        await add_rows(database)
        if kind == "sqlite":
            await execute(database, TRIGGER)

        await migrations.migrate(database)
        later = await reflect(database)
        assert await count_rows(database) == {"users": 1, "posts": 1, "replies": 1, "labels": 0}

        await migrations.migrate(database, "0001")
        assert await reflect(database) == first
        assert await count_rows(database) == {"users": 1, "posts": 1, "replies": 1, "drafts": 0}
        if kind == "sqlite":
            # Each rebuild of the table kept its trigger.
            await execute(database, "UPDATE posts SET rating = 7")
            assert await scalar(database, "SELECT name FROM users") == "rated 7"

        await migrations.migrate(database, "base")
        async with database.write_engine.begin() as connection:
            await connection.run_sync(later_models().create_all)
        assert await reflect(database) == later
    finally:
        await database.close()


TRIGGER = """
CREATE TRIGGER posts_update AFTER UPDATE ON posts
BEGIN UPDATE users SET name = 'rated ' || new.rating; END
"""


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_migration_that_breaks_a_reference_is_rolled_back(
    migrated_from: Path, empty_url: str
) -> None:
    file = generate("first tables", metadata=first_models(), versions=migrated_from)
    database = Database(empty_url)
    try:
        await migrations.migrate(database)
        await add_rows(database)
        source = file.read_text().replace('"0001"', '"0002"')
        source = source.replace("down_revision = None", 'down_revision = "0001"')
        body = 'def upgrade() -> None:\n    op.execute("DELETE FROM posts")\n'
        (migrated_from / "0002_bad.py").write_text(source.partition("def upgrade")[0] + body)
        forget_versions()
        with pytest.raises(DatabaseError, match="would break 1 references from replies"):
            await migrations.migrate(database)
        assert (await count_rows(database))["posts"] == 1
        assert await scalar(database, "PRAGMA foreign_keys") == 1
    finally:
        await database.close()


def test_models_without_a_difference_are_refused(versions: Path) -> None:
    generate("first tables", metadata=first_models(), versions=versions)
    with pytest.raises(MigrationError, match="do not differ from the newest migration, 0001"):
        generate("nothing", metadata=first_models(), versions=versions)
    assert [file.name for file in versions.glob("*.py")] == ["0001_first_tables.py"]


def test_a_required_column_of_a_table_with_rows_needs_a_default(versions: Path) -> None:
    models = first_models()
    generate("first tables", metadata=models, versions=versions)
    models.tables["users"].append_column(Column("age", Integer, nullable=False))
    with pytest.raises(MigrationError, match=r"users\.age: add a server_default"):
        generate("ages", metadata=models, versions=versions)
    assert len(list(versions.glob("*.py"))) == 1


@pytest.mark.parametrize("message", ["", " . "])
def test_a_migration_needs_a_description(versions: Path, message: str) -> None:
    with pytest.raises(MigrationError, match="describe the migration"):
        generate(message, metadata=first_models(), versions=versions)


def test_the_models_do_not_differ_from_the_newest_migration() -> None:
    with pytest.raises(MigrationError, match="do not differ"):
        generate("nothing")


async def reflect(database: Database) -> dict[str, Any]:
    async with database.read_engine.connect() as connection:
        return await connection.run_sync(reflected)


async def execute(database: Database, statement: str) -> None:
    async with database.write_engine.begin() as connection:
        await connection.execute(text(statement))


async def scalar(database: Database, query: str) -> Any:
    async with database.write_engine.connect() as connection:
        return await connection.scalar(text(query))


async def add_rows(database: Database) -> None:
    tables = first_models().tables
    user, post, reply = (UUID(int=number) for number in (1, 2, 3))
    async with database.write_engine.begin() as connection:
        await connection.execute(insert(tables["users"]).values(id=user, name="Ada"))
        values = {"id": post, "author_id": user, "editor_id": user, "tone": Tone.CALM}
        values |= {"title": "One", "rating": 1, "mood": Tone.LOUD}
        await connection.execute(insert(tables["posts"]).values(values))
        await connection.execute(insert(tables["replies"]).values(id=reply, post_id=post))


async def count_rows(database: Database) -> dict[str, int]:
    return {
        name: await scalar(database, f"SELECT count(*) FROM {name}")
        for name in await reflect(database)
    }
