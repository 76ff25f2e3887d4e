"""A server written by hand for exactly these operations: bare ASGI, asyncpg and orjson.

It reads level by level: one statement for all rows of a list, joined with the single rows that
each row refers to. It parses no GraphQL: an operation's name selects a function.
"""
