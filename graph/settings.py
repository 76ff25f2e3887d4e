"""The settings of a server: the only module that reads environment variables."""

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from models.columns.rules import WEB_URL
from models.database import DatabaseOptions
from models.limits import LIMITS

PREFIX = "TASKLOOM_"
#: The signature algorithms whose verification key an issuer can publish.
ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
              "EdDSA")  # fmt: skip
#: Scheme, host and port, without a path.
ORIGIN = re.compile(r"https?://[^/\s*]+")
#: A comma-separated list in one environment variable.
CommaSeparated = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """The settings of a server, each read from the environment variable TASKLOOM_<NAME>."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    database_url: str = Field(
        "sqlite:///taskloom.db",
        description="Database URL: postgresql://…, mysql://… or sqlite:///file.db.",
    )
    pool_size: int = Field(
        10,
        ge=1,
        description="Size of the connection pool for reads, and of the one for writes, in each "
        "process. SQLite always has one connection for writes.",
    )
    pool_timeout: float = Field(
        30, gt=0, description="Seconds to wait for a free connection of the pool before failing."
    )
    pool_recycle: float = Field(
        1800,
        gt=0,
        description="Age in seconds after which a pooled connection is replaced before its next "
        "use.",
    )
    connect_timeout: float = Field(
        10, gt=0, description="Seconds to wait for a new connection to the database."
    )
    statement_timeout: float = Field(
        30,
        gt=0,
        description="Seconds that one SQL statement may run.",
    )
    pgbouncer: bool = Field(
        False, description="Connect to PostgreSQL through PgBouncer in transaction mode."
    )
    read_concurrency: int = Field(
        4,
        ge=1,
        description="Maximum number of connections that the operations of one caller read on at "
        "once.",
    )
    max_body_size: int = Field(
        5_000_000, ge=1, description="Maximum size of a request body, in bytes."
    )
    max_anonymous_body_size: int = Field(
        200_000,
        ge=1,
        description="Maximum size of the body of an anonymous request, in bytes.",
    )
    max_document_size: int = Field(
        100_000, ge=1, description="Maximum size of a GraphQL document, in bytes."
    )
    max_tokens: int = Field(10_000, ge=1, description="Maximum number of tokens in a document.")
    max_fields: int = Field(
        1_000,
        ge=1,
        description="Maximum number of fields in an operation, with its fragments expanded.",
    )
    max_depth: int = Field(20, ge=1, description="Maximum nesting depth of an operation's fields.")
    max_aliases: int = Field(100, ge=0, description="Maximum number of aliases in an operation.")
    max_directives: int = Field(
        100, ge=0, description="Maximum number of directives in an operation."
    )
    max_root_fields: int = Field(
        50, ge=1, description="Maximum number of root fields, such as mutations, in an operation."
    )
    max_cost: int = Field(
        25_000,
        ge=1,
        description="Maximum cost of an operation, estimated from its page sizes before it runs.",
    )
    max_node_ids: int = Field(
        100, ge=1, description="Maximum number of IDs in one `nodes(ids: …)` field."
    )
    max_batch_size: int = Field(
        50, ge=1, description="Maximum number of rows in one batch mutation."
    )
    max_batch_operations: int = Field(
        10, ge=1, description="Maximum number of operations in one request."
    )
    max_argument_values: int = Field(
        10_000,
        ge=1,
        description="Maximum number of values in the arguments of an operation. Arguments of a "
        "field within a list count once for each item of the list.",
    )
    max_variables_size: int = Field(
        2_000_000, ge=1, description="Maximum size of a request's variables as JSON, in bytes."
    )
    max_values: int = Field(
        10_000, ge=1, description="Maximum number of values in a request's variables."
    )
    max_nesting: int = Field(
        200, ge=1, le=200, description="Maximum nesting depth of a request's variables."
    )
    max_owned_workspaces: int = Field(
        100, ge=1, description="Maximum number of workspaces that a user can own."
    )
    max_workspaces: int = Field(
        500, ge=1, description="Maximum number of workspaces that a user can belong to."
    )
    max_text_length: int = Field(
        100_000,
        ge=1,
        le=1_000_000,
        description="Maximum number of characters of a body, a comment or a description.",
    )
    max_answer_size: int = Field(
        50_000_000,
        ge=1,
        description="Maximum size of a response, in bytes, and of the long texts that an operation "
        "reads.",
    )
    budget: int = Field(
        3_000_000,
        ge=1,
        description="Cost budget of each user: a token bucket that refills continuously.",
    )
    anonymous_budget: int = Field(
        300_000,
        ge=1,
        description="Cost budget of all anonymous requests from one IPv4 address or IPv6 /64 "
        "network.",
    )
    budget_period: float = Field(
        300, gt=0, le=86_400, description="Seconds in which an empty budget refills completely."
    )
    shared_budgets: bool = Field(
        False,
        description="Keep budgets in the database, so that several processes share them. "
        "`taskloom serve` sets it if there are two or more workers.",
    )
    request_timeout: float = Field(
        60, gt=0, description="Seconds that an operation may run before it is canceled."
    )
    shutdown_timeout: float = Field(
        10,
        gt=0,
        description="Seconds that requests have to finish when the server is stopped; then they "
        "are canceled.",
    )
    listen_url: str | None = Field(
        None,
        description="PostgreSQL URL for the connection that listens for changes, if "
        "TASKLOOM_DATABASE_URL leads to PgBouncer.",
    )
    poll_interval: float = Field(
        1,
        gt=0,
        le=60,
        description="Seconds between two looks for changes that no notification has announced, and "
        "between two checks of the access of subscribers.",
    )
    max_sockets_per_user: int = Field(
        100,
        ge=1,
        description="Maximum number of WebSockets and event streams of one user, in each process.",
    )
    max_sockets_per_address: int = Field(
        1_000,
        ge=1,
        description="Maximum number of WebSockets and event streams from one IPv4 address or IPv6 "
        "/64 network, in each process.",
    )
    max_subscriptions_per_user: int = Field(
        1_000, ge=1, description="Maximum number of subscriptions of one user, in each process."
    )
    max_subscriptions_per_socket: int = Field(
        100, ge=1, description="Maximum number of operations that run at once on one WebSocket."
    )
    max_message_size: int = Field(
        200_000, ge=1, description="Maximum size of a message to a WebSocket, in bytes."
    )
    max_message_rate: float = Field(
        50,
        gt=0,
        description="Messages of one WebSocket that are read in a second; further ones wait.",
    )
    max_unsent_size: int = Field(
        250_000,
        ge=1,
        description="Bytes that wait for one client to read them. A subscription that is behind by "
        "eight times as much is ended, and can be resumed.",
    )
    socket_init_timeout: float = Field(
        10, gt=0, description="Seconds that a WebSocket has to send its first message."
    )
    keep_alive: float = Field(
        20,
        gt=0,
        description="Seconds between two pings to a WebSocket, or two comments in an event stream.",
    )
    registered_only: bool = Field(
        False,
        description="Run only documents that are registered with `taskloom documents add`. "
        "Tokens created with `--any-document` are exempt.",
    )
    introspection: bool = Field(
        True, description="Allow introspection, and serve the schema at /schema.graphql."
    )
    secure_cookies: bool = Field(
        False,
        description="Mark the session cookie as Secure even if the request arrived over http. Set "
        "this behind a TLS proxy that does not send X-Forwarded-Proto.",
    )
    allowed_origins: CommaSeparated = Field(
        (),
        description="Comma-separated origins of other sites whose pages may use the API, such as "
        "https://app.example. Browsers send the session cookie only from pages of the same site.",
    )
    oidc_issuer: str | None = Field(
        None,
        description="URL of the OpenID Connect issuer whose tokens are accepted, such as "
        "https://id.example.",
    )
    oidc_audience: str = Field("taskloom", description="Audience that the issuer's tokens need.")
    oidc_jwks_url: str | None = Field(
        None,
        description="URL of the issuer's signing keys. The default is the one in its discovery "
        "document.",
    )
    oidc_algorithms: CommaSeparated = Field(
        ("RS256", "ES256"),
        description="Comma-separated signature algorithms that the issuer's tokens may use.",
    )
    oidc_create_users: bool = Field(
        False,
        description="Create a user for a person who signs in through the issuer and has none yet.",
    )
    web_url: str = Field(
        "",
        description="Address of the front end that shows tasks at /{workspace}/{key}, such as "
        "https://tasks.example. `Task.url` and links in rendered texts begin with it; by default "
        "they are paths.",
    )
    trace: Literal["nobody", "admins", "everybody"] = Field(
        "admins",
        description="Who may ask for the traces of operations: nobody, admins, or, for "
        "development only, everybody. `taskloom serve --demo` sets everybody.",
    )
    explorer: bool = Field(True, description="Serve the explorer to browsers at /graphql.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Minimum level of log messages: debug, info, warning or error."
    )

    @field_validator("allowed_origins", "oidc_algorithms", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(item.strip() for item in value.split(",") if item.strip())

    @field_validator("oidc_algorithms")
    @classmethod
    def _check_algorithms(cls, algorithms: tuple[str, ...]) -> tuple[str, ...]:
        for algorithm in algorithms:
            if algorithm not in ASYMMETRIC:
                supported = ", ".join(ASYMMETRIC)
                raise ValueError(f"{algorithm!r} is not supported; use one of {supported}")
        return algorithms

    @field_validator("web_url")
    @classmethod
    def _check_web_url(cls, url: str) -> str:
        if url and not WEB_URL.holds(url):
            raise ValueError(f"{url!r} is not an http or https URL, such as https://tasks.example")
        return url.rstrip("/")

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is not an origin, such as https://app.example")
        return origins

    def set_storage_limits(self) -> None:
        """Set the limits of this process on what users store."""
        LIMITS.text_length = self.max_text_length
        LIMITS.owned_workspaces = self.max_owned_workspaces
        LIMITS.joined_workspaces = self.max_workspaces

    @cached_property
    def database_options(self) -> DatabaseOptions:
        return DatabaseOptions(
            pool_size=self.pool_size,
            pool_timeout=self.pool_timeout,
            pool_recycle=self.pool_recycle,
            connect_timeout=self.connect_timeout,
            statement_timeout=self.statement_timeout,
            pgbouncer=self.pgbouncer,
        )
