"""Background tasks of the server."""

import asyncio

import pytest

from graph.background import run_periodically


async def test_job_runs_again_after_any_error(caplog: pytest.LogCaptureFixture) -> None:
    runs = 0
    again = asyncio.Event()

    async def job() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise ValueError("unexpected")
        again.set()

    task = asyncio.create_task(run_periodically("the job", job, 0, delay=0))
    try:
        async with asyncio.timeout(5):
            await again.wait()
    finally:
        task.cancel()
    [record] = caplog.records
    assert record.getMessage() == "the job failed; trying again in 0 seconds"
    assert record.exc_info is not None
