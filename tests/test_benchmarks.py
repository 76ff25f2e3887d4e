"""The benchmarks run, on a database of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.databases import POSTGRES

ROOT = Path(__file__).parents[1]
CONTENDERS = ("taskloom", "strawberry", "handwritten")


@pytest.mark.parametrize(
    "arguments",
    [
        ("benchmarks.scale", "--tasks", "60", "--runs", "1", "--parts", "queries"),
        ("benchmarks.writes", "--clients", "1", "--seconds", "0.01", "--turns", "1"),
    ],
)
def test_benchmark_runs_without_a_database(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert "sqlite" in run_benchmark(tmp_path, *arguments)


@pytest.mark.skipif(sys.platform != "linux", reason="It reads /proc.")
def test_contenders_give_equal_answers_and_are_measured(tmp_path: Path) -> None:
    printed = run_benchmark(
        tmp_path,
        "benchmarks.engine", "--server", os.environ[POSTGRES], "--tasks", "60",
        "--contenders", "strawberry,handwritten", "--only", "board,update", "--clients", "2",
        "--connections", "2", "--rounds", "1", "--seconds", "0.01",
    )  # fmt: skip
    lines = [line.split() for line in printed.splitlines()]
    measured = {name: [line for line in lines if line[1:2] == [name]] for name in CONTENDERS}
    assert {name: len(lines) for name, lines in measured.items()} == dict.fromkeys(CONTENDERS, 2)
    statements = {name: [line[9] for line in lines] for name, lines in measured.items()}
    assert statements["handwritten"] == ["6", "7"]


@pytest.mark.skipif(sys.platform != "linux", reason="It reads /proc.")
def test_live_changes_are_measured(tmp_path: Path) -> None:
    printed = run_benchmark(
        tmp_path,
        "benchmarks.live", "--server", os.environ[POSTGRES], "--subscribers", "5",
        "--changes", "1", "--seconds", "0.1",
    )  # fmt: skip
    measured = [line.split()[:2] for line in printed.splitlines()[2:]]
    assert measured == [["change", "5"], ["subject", "5"]]


def run_benchmark(folder: Path, *arguments: str) -> str:
    """Run a benchmark that must succeed and leave no file behind; return what it prints."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "left out" not in done.stdout
    assert list(folder.iterdir()) == []
    return done.stdout
