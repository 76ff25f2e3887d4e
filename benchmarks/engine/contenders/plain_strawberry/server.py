"""The application: `uvicorn benchmarks.engine.contenders.plain_strawberry.server:app`."""

import hashlib
import os
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from strawberry.fastapi import GraphQLRouter

from benchmarks.engine.contenders.plain_strawberry.entities import TokenEntity, UserEntity
from benchmarks.engine.contenders.plain_strawberry.loaders import Context
from benchmarks.engine.contenders.plain_strawberry.schema import schema

engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"),
    pool_size=int(os.environ["POOL_SIZE"]),
    max_overflow=0,
)
sessions = async_sessionmaker(engine, expire_on_commit=False)


async def current_user(authorization: Annotated[str, Header()]) -> UserEntity:
    """Find the user of the token that the request was sent with."""
    digest = hashlib.sha256(authorization.removeprefix("Bearer ").encode()).digest()
    query = (
        select(UserEntity)
        .join(TokenEntity, TokenEntity.user_id == UserEntity.id)
        .where(
            TokenEntity.digest == digest,
            TokenEntity.revoked_at.is_(None),
            UserEntity.disabled_at.is_(None),
            or_(TokenEntity.expires_at.is_(None), TokenEntity.expires_at > func.now()),
        )
    )
    async with sessions() as session:
        user = await session.scalar(query)
    if user is None:
        raise HTTPException(401, "The token is not valid.")
    return user


async def get_context(user: Annotated[UserEntity, Depends(current_user)]) -> Context:
    return Context(sessions, user)


app = FastAPI()
app.include_router(GraphQLRouter(schema, context_getter=get_context), prefix="/graphql")
