"""Column types that store, compare and sort alike on PostgreSQL, SQLite and MariaDB."""

import enum
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    Uuid,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

#: PostgreSQL's collation that knows which small letter belongs to which capital, of all letters.
UNICODE_COLLATION = "taskloom_letters"

E = TypeVar("E", bound=enum.IntEnum)


class _BinaryUuid(TypeDecorator[UUID]):
    """A UUID as its 16 bytes, so that keys compare in the order they were made."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.BINARY(16))
        return dialect.type_descriptor(LargeBinary(16))

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.bytes

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> UUID | None:
        return None if value is None else UUID(bytes=value)


class Timestamp(TypeDecorator[datetime]):
    """An aware instant, on databases whose own type drops the offset too."""

    impl = DateTime
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            # asyncpg would take it for local time.
            raise ValueError(f"An instant needs its offset from UTC: {value!r}")
        if dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        # What comes from PostgreSQL is aware already.
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)


class OrderedEnum(TypeDecorator[E]):
    """An enumeration whose order matters, stored as the number that sorts it."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, members: type[E]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: E | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> E | None:
        return None if value is None else self.members(value)


def uuid_type() -> TypeEngine[UUID]:
    """A UUID: native on PostgreSQL, 16 bytes elsewhere."""
    return Uuid().with_variant(_BinaryUuid(), "sqlite", "mysql", "mariadb")


def timestamp() -> TypeEngine[datetime]:
    """A UTC instant with microseconds, always aware in Python."""
    return Timestamp()


def short_text(length: int) -> TypeEngine[str]:
    """A text of at most `length` characters, compared as bytes."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def long_text() -> TypeEngine[str]:
    """A text without a bound, compared as bytes."""
    return (
        Text()
        .with_variant(Text(collation="C"), "postgresql")
        .with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
    )


def sha256_type() -> TypeEngine[bytes]:
    """A SHA-256 digest."""
    return LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")


def json_type() -> TypeEngine[Any]:
    """A JSON value."""
    return JSON().with_variant(postgresql.JSONB(), "postgresql")


def big_integer() -> TypeEngine[int]:
    """A whole number of 64 bits; SQLite's own INTEGER is that already."""
    return BigInteger().with_variant(Integer(), "sqlite")


def enum_type(members: type[enum.Enum], name: str) -> Enum:
    """One name of an enumeration, held to by the check constraint `name`."""
    return Enum(members, name=name, native_enum=False, create_constraint=True, length=16)
