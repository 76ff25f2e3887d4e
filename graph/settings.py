"""The settings: the only reader of the environment."""

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from models.database import DatabaseOptions

PREFIX = "TASKLOOM_"
#: What an issuer can sign with and publish the key of.
ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
              "EdDSA")  # fmt: skip
#: Scheme, host and port, and nothing after them.
ORIGIN = re.compile(r"https?://[^/\s*]+")
#: Several values in one variable, with commas between them.
Words = Annotated[tuple[str, ...], NoDecode]


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
        30, gt=0, description="Seconds that one SQL statement may take; on SQLite, one that reads."
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
    max_node_ids: int = Field(100, ge=1, description="Ids that `nodes` takes at once.")
    max_batch_size: int = Field(50, ge=1, description="Rows that a batch changes at once.")
    max_argument_values: int = Field(
        10_000,
        ge=1,
        description="Values that the arguments of an operation's fields may hold, as often as "
        "they are read.",
    )
    max_variables_size: int = Field(
        2_000_000, ge=1, description="Bytes that the variables of a request may have, as JSON."
    )
    max_values: int = Field(
        10_000, ge=1, description="Values that the variables of a request may hold."
    )
    max_nesting: int = Field(
        200, ge=1, le=200, description="How deep the variables of a request may nest."
    )
    max_answer_size: int = Field(50_000_000, ge=1, description="Bytes that an answer may have.")
    budget: int = Field(
        3_000_000, ge=1, description="What a user's operations may cost in a budget's period."
    )
    anonymous_budget: int = Field(
        300_000, ge=1, description="The same for all who are not signed in, of one address."
    )
    budget_period: float = Field(
        300, gt=0, le=86_400, description="Seconds in which a budget that is spent fills again."
    )
    shared_budgets: bool = Field(
        False,
        description="Whether budgets are kept in the database, for several processes; "
        "`taskloom serve --workers 2` sets it.",
    )
    request_timeout: float = Field(
        60, gt=0, description="Seconds that an operation may take; then it is cancelled."
    )
    registered_only: bool = Field(
        False,
        description="Whether only documents run that `taskloom documents add` has registered.",
    )
    introspection: bool = Field(
        True, description="Whether the schema can be asked for, by introspection or as text."
    )
    secure_cookies: bool = Field(
        False,
        description="Whether the session cookie is for https alone, though this server is asked "
        "over http: set it behind a proxy that does not tell.",
    )
    allowed_origins: Words = Field(
        (),
        description="Origins of other sites whose pages may use the API, with commas between "
        "them: https://app.example. Cookies come from pages of the same site alone.",
    )
    oidc_issuer: str | None = Field(
        None, description="OpenID Connect issuer whose tokens are taken: https://id.example."
    )
    oidc_audience: str = Field(
        "taskloom", description="The audience that its tokens must be meant for."
    )
    oidc_jwks_url: str | None = Field(
        None, description="Where its keys are, if not where its discovery document says."
    )
    oidc_algorithms: Words = Field(
        ("RS256", "ES256"), description="Algorithms that its tokens may be signed with."
    )
    oidc_create_users: bool = Field(
        False, description="Whether whom the issuer knows, and nobody here, becomes a user."
    )
    explorer: bool = Field(True, description="Whether GET /graphql shows GraphiQL to a browser.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least that is logged: debug, info, warning or error."
    )

    @field_validator("allowed_origins", "oidc_algorithms", mode="before")
    @classmethod
    def _split(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        return tuple(word.strip() for word in given.split(",") if word.strip())

    @field_validator("oidc_algorithms")
    @classmethod
    def _asymmetric(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for name in given:
            if name not in ASYMMETRIC:
                raise ValueError(f"use {', '.join(ASYMMETRIC)}: {name} is none that an issuer has")
        return given

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for origin in given:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin, such as https://app.example")
        return given

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
