"""The public audit of GraphQL over HTTP, against a running server."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.serving import serving

AUDIT = Path(__file__).parent / "audit"


@pytest.mark.skipif(
    shutil.which("node") is None or not (AUDIT / "node_modules").exists(),
    reason="Node or the packages that `make test` installs are missing",
)
async def test_server_passes_the_graphql_over_http_audit(url: str) -> None:
    async with serving(url) as (remote, _):
        process = await asyncio.create_subprocess_exec(
            *("node", "audit.mjs", f"{remote.address}/graphql"),
            cwd=AUDIT,
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            printed, _ = await process.communicate()
    results = [json.loads(line) for line in printed.splitlines()]
    assert process.returncode == 0
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) > 50
