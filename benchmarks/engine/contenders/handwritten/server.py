"""The ASGI application: `uvicorn benchmarks.engine.contenders.handwritten.server:app`."""

import hashlib
import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from benchmarks.engine.contenders.handwritten.reads import READS, Variables

TOKEN = """
SELECT users.id, users.handle FROM access_tokens
JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.digest = $1 AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL
  AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > now())
"""
LOCK = """
SELECT tasks.title, tasks.version, tasks.workspace_id, tasks.project_id FROM tasks
JOIN memberships ON memberships.workspace_id = tasks.workspace_id
WHERE tasks.id = $1 AND memberships.user_id = $2 AND memberships.role <> 'GUEST'
FOR NO KEY UPDATE OF tasks
"""
UPDATE = "UPDATE tasks SET title = $2, updated_at = $3, version = $4 WHERE id = $1"
SEQUENCE = "UPDATE workspaces SET sequence = sequence + 1 WHERE id = $1 RETURNING sequence"
LOG = """
INSERT INTO changes
  (workspace_id, sequence, at, kind, subject_type, subject_id, project_id, actor_id, fields)
VALUES ($1, $2, $3, 'UPDATED', 'Task', $4, $5, $6, $7)
"""


async def update_task(db: Any, user: UUID, given: Variables) -> Any:
    """Set the title, with a new version and an entry in the log."""
    task, title = UUID(given["input"]["id"].partition("_")[2]), given["input"]["title"]
    at = datetime.now(UTC)
    async with db.transaction():
        row = await db.fetchrow(LOCK, task, user)
        await db.execute(UPDATE, task, title, at, row["version"] + 1)
        workspace = row["workspace_id"]
        sequence = await db.fetchval(SEQUENCE, workspace)
        fields = orjson.dumps({"title": [row["title"], title]}).decode()
        await db.execute(LOG, workspace, sequence, at, task, row["project_id"], user, fields)
    return {"taskUpdate": {"task": {"id": f"task_{task.hex}", "title": title}}}


class App:
    """Answers the operations by name, for a token that it checks each time."""

    def __init__(self) -> None:
        self.pool: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        token = dict(scope["headers"]).get(b"authorization", b"").removeprefix(b"Bearer ")
        status, answer = await self._answer(token, orjson.loads(body))
        payload = orjson.dumps(answer)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(payload)).encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": payload})

    async def _answer(self, token: bytes, request: Any) -> tuple[int, Any]:
        name, variables = request["operationName"], request.get("variables") or {}
        async with self.pool.acquire() as db:
            user = await db.fetchrow(TOKEN, hashlib.sha256(token).digest())
            if user is None:
                return 401, {"errors": [{"message": "The token is not valid."}]}
            if name == "Typename":
                return 200, {"data": {"__typename": "Query"}}
            if name == "Viewer":
                return 200, {"data": {"viewer": {"handle": user["handle"]}}}
            run = update_task if name == "Update" else READS[name]
            return 200, {"data": await run(db, user["id"], variables)}

    async def _live(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                size = int(os.environ["POOL_SIZE"])
                # Nothing that these statements do outlives them, so there is nothing to reset.
                self.pool = await asyncpg.create_pool(
                    os.environ["DATABASE_URL"], min_size=size, max_size=size, reset=_keep
                )
            else:
                await self.pool.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


async def _keep(_: Any) -> None:
    """Return a connection to the pool as it is."""


app = App()
