"""A small schema of shelves and books, for tests of the kit without the real schema."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, ForeignKey, MetaData, select, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from graph.kit.declare import resolver_field
from graph.kit.errors import BadUserInput, expose
from graph.kit.loading.loaders import Batch, Loaders, ReadScope
from graph.kit.loading.read_sessions import PooledReads
from graph.kit.node import Node
from graph.kit.paging.keyset import Order
from graph.kit.relations.fields import listing, one
from models.base import NAMING, Base, UUIDPrimaryKey
from models.columns.types import short_text, uuid_type
from models.database import Database
from models.viewer import ANONYMOUS, Viewer


class Toy(Base):
    """Base of the toy models. They have no migrations, and everybody sees all rows."""

    __abstract__ = True
    metadata = MetaData(naming_convention=NAMING)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> ColumnElement[bool]:
        return true()


class ShelfRow(UUIDPrimaryKey, Toy):
    __tablename__ = "toy_shelves"

    name: Mapped[str] = mapped_column(short_text(50), doc="The name.")
    books: Mapped[list["BookRow"]] = relationship(lazy="raise", viewonly=True)


class BookRow(UUIDPrimaryKey, Toy):
    __tablename__ = "toy_books"

    title: Mapped[str] = mapped_column(short_text(50), doc="The title.")
    shelf_id: Mapped[UUID | None] = mapped_column(uuid_type(), ForeignKey("toy_shelves.id"))
    shelf: Mapped[ShelfRow | None] = relationship(lazy="raise")


@strawberry.type
class Book(Node):
    model = BookRow

    title: str
    shelf: "Shelf | None" = one(BookRow.shelf, "Where it stands.")

    @strawberry.field
    def broken(self) -> str:
        raise RuntimeError("secret: the wood is rotten")

    @strawberry.field
    async def first_is_broken(self, turns: int) -> str:
        for _ in range(turns):
            await asyncio.sleep(0)
        if self.title == "book 0":
            raise BadUserInput("the first is broken")
        return self.title

    @strawberry.field
    def refused(self) -> str | None:
        raise BadUserInput("title: no such thing.")


@strawberry.type
class Shelf(Node):
    model = ShelfRow

    name: str
    books: list[Book] = listing(ShelfRow.books, "All.", order=Order.by(BookRow, "title"))


@dataclass
class ToyContext:
    """The parts of a request's context that the kit needs."""

    loaders: Loaders
    viewer: Viewer = ANONYMOUS

    @property
    def scope(self) -> ReadScope:
        return self.loaders.scope

    def load(self, batch: Batch[Any, Any], key: Any) -> Any:
        return self.loaders.of(batch).load(key)


def make_context(database: Database, concurrency: int = 4) -> ToyContext:
    slots = asyncio.Semaphore(concurrency)
    return ToyContext(Loaders(ReadScope(database, ANONYMOUS), PooledReads(database, lambda: slots)))


async def get_books(info: strawberry.Info[ToyContext, None]) -> list[Book]:
    async with info.context.scope.database.reads() as session:
        found: Any = (await session.scalars(select(BookRow).order_by(BookRow.title))).all()
        return list(found)


@strawberry.type
class ToyQuery:
    books: list[Book] = resolver_field(get_books, "All.")
    maybe_books: list[Book | None] = resolver_field(get_books, "All that are whole.")


class ToySchema(strawberry.Schema):
    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        for error in errors:
            expose(error)


toy_schema = ToySchema(query=ToyQuery)


async def run(context: ToyContext, query: str) -> Any:
    """Execute a query, then close the loaders as the endpoint does."""
    try:
        return await toy_schema.execute(query, context_value=context)
    finally:
        await context.loaders.close()


async def make_toys(database: Database, books: int = 4, shelves: int = 2) -> None:
    """Create the tables, and books on shelves in turn."""
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Toy.metadata.create_all)
    async with database.writes.begin() as session:
        made = [ShelfRow(name=f"shelf {place}") for place in range(shelves)]
        session.add_all(made)
        await session.flush()
        session.add_all(
            BookRow(title=f"book {place}", shelf_id=made[place % shelves].id)
            for place in range(books)
        )
