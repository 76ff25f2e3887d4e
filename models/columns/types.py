"""Column types that store, compare and sort the same way in all databases."""

import enum
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
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

#: A PostgreSQL collation that `models.search.indexes` creates. Its LOWER knows all letters.
UNICODE_COLLATION = "taskloom_letters"

E = TypeVar("E", bound=enum.IntEnum)


class _BinaryUuid(TypeDecorator[UUID]):
    """A UUID stored as its 16 bytes, so that UUIDv7 keys sort by age."""

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
    """A timestamp in UTC, timezone-aware in Python even if the database drops the offset."""

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
            # asyncpg would read it as local time.
            raise ValueError(f"A timestamp needs a UTC offset: {value!r}")
        if dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        # asyncpg returns timezone-aware timestamps.
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)


class OrderedEnum(TypeDecorator[E]):
    """An enum whose members sort by their numbers, which are stored."""

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
    """A UUID: native in PostgreSQL, 16 bytes in the other databases."""
    return Uuid().with_variant(_BinaryUuid(), "sqlite", "mysql", "mariadb")


def timestamp() -> TypeEngine[datetime]:
    """A UTC timestamp with microseconds, always timezone-aware in Python."""
    return Timestamp()


def short_text(length: int) -> TypeEngine[str]:
    """A text of at most `length` characters, compared as bytes."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def long_text() -> TypeEngine[str]:
    """A text of any length, compared as bytes."""
    return (
        Text()
        .with_variant(Text(collation="C"), "postgresql")
        .with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
    )


def is_text(column: Column[Any]) -> bool:
    """Whether a column holds text, not an enum."""
    return isinstance(column.type, String) and not isinstance(column.type, Enum)


def sha256_type() -> TypeEngine[bytes]:
    return LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")


def json_type() -> TypeEngine[Any]:
    return JSON().with_variant(postgresql.JSONB(), "postgresql")


def big_integer() -> TypeEngine[int]:
    """An integer of 64 bits. SQLite's INTEGER has 64 bits already."""
    return BigInteger().with_variant(Integer(), "sqlite")


def enum_type(members: type[enum.Enum], name: str) -> Enum:
    """An enum stored by member name. The check constraint `name` rejects other values."""
    return Enum(members, name=name, native_enum=False, create_constraint=True, length=16)
