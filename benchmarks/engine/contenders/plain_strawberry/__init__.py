"""A server as the documentation of Strawberry teaches it.

Types with async resolvers over ORM entities, a data loader for each relation, made for each
request, FastAPI's `GraphQLRouter`, and uvicorn. A loader opens a session of its own, because a
session cannot be used by two resolvers at once.
"""
