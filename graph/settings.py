"""The settings: the only reader of the environment."""

from functools import cached_property
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.database import DatabaseOptions

PREFIX = "TASKLOOM_"


class Settings(BaseSettings):
    """How a server runs. Each field is read from an environment variable TASKLOOM_…."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    database_url: str = Field(
        "sqlite:///taskloom.db",
        description="The database: postgresql://…, mysql://… or sqlite:///file.db.",
    )
    pool_size: int = Field(
        10, ge=1, description="Connections kept for reading, and as many for writing."
    )
    pool_timeout: float = Field(
        30, gt=0, description="Seconds to wait for a free connection before giving up."
    )
    pool_recycle: float = Field(
        1800, gt=0, description="Seconds after which a connection is replaced when next used."
    )
    connect_timeout: float = Field(
        10, gt=0, description="Seconds to wait for the database to take a connection."
    )
    statement_timeout: float = Field(
        30, gt=0, description="Seconds that one SQL statement may take; on SQLite, wait for a lock."
    )
    pgbouncer: bool = Field(
        False, description="Whether PostgreSQL is reached through PgBouncer in transaction mode."
    )
    read_concurrency: int = Field(
        4, ge=1, description="Connections that one operation may read on at the same time."
    )
    max_body_size: int = Field(
        5_000_000, ge=1, description="Bytes that the body of a request may have."
    )
    max_document_size: int = Field(
        100_000, ge=1, description="Bytes that the text of a GraphQL document may have."
    )
    max_tokens: int = Field(10_000, ge=1, description="Tokens that a document may have.")
    max_fields: int = Field(
        1_000, ge=1, description="Fields of an operation with its fragments written out."
    )
    max_depth: int = Field(20, ge=1, description="How deep the fields of an operation may nest.")
    max_aliases: int = Field(100, ge=0, description="Aliases that an operation may have.")
    max_directives: int = Field(100, ge=0, description="Directives that an operation may have.")
    max_root_fields: int = Field(
        50, ge=1, description="Fields at the root of an operation, such as mutations."
    )
    max_cost: int = Field(
        25_000, ge=1, description="Objects that an operation may bring at most, by its page sizes."
    )
    secure_cookies: bool = Field(
        False, description="Whether the session cookie is sent over https only: set it behind TLS."
    )
    explorer: bool = Field(True, description="Whether GET /graphql shows GraphiQL to a browser.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least that is logged: debug, info, warning or error."
    )

    @cached_property
    def database_options(self) -> DatabaseOptions:
        """How connections are made and kept."""
        return DatabaseOptions(
            pool_size=self.pool_size,
            pool_timeout=self.pool_timeout,
            pool_recycle=self.pool_recycle,
            connect_timeout=self.connect_timeout,
            statement_timeout=self.statement_timeout,
            pgbouncer=self.pgbouncer,
        )
