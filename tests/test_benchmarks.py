"""The benchmarks run, on a database of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("benchmarks.scale", "--tasks", "60", "--runs", "1", "--parts", "queries"),
        ("benchmarks.writes", "--clients", "1", "--seconds", "0.01", "--turns", "1"),
    ],
)
def test_benchmark_runs_without_a_database(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "sqlite" in done.stdout
    assert list(tmp_path.iterdir()) == []
