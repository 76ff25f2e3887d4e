"""The output of commands and the log: untrusted text cannot control a terminal or forge a line."""

import ast
import logging
from logging.config import DictConfigurator
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import func, select

from graph.app import create_app
from graph.cli import console
from graph.cli.logs import log_config
from graph.http.printable import printable, printable_lines
from graph.settings import Settings
from models import AccessToken, User
from models.database import Database
from tests.support.command import taskloom
from tests.support.database_kinds import sqlite_only

HOSTILE = "a\x1b[2J\x07\x9b31m\x7f\r\n\u202eb\u2066\ud800[bold]\\[/]"
SHOWN = "a\\x1b[2J\\x07\\x9b31m\\x7f\\r\\n\\u202eb\\u2066\\ud800[bold]\\[/]"


def test_unprintable_characters_are_escaped() -> None:
    assert printable(HOSTILE) == SHOWN
    assert printable_lines("a\n\tb\r\x1b") == "a\n\tb\\r\\x1b"
    harmless = "naïve 中文 עברית 👩‍👧 [x]"
    assert printable(harmless) == harmless


@sqlite_only
async def test_messages_of_commands_are_printable(url: str, tmp_path: Path) -> None:
    name = HOSTILE.replace("\ud800", "").replace("/", "")
    for command in (["user", "disable", name], ["user", "add", "ada", "--workspace", "w"]):
        await taskloom(url, *command)
    unknown = await taskloom(url, "user", "disable", name)
    shown = SHOWN.replace("\\ud800", "").replace("/", "")
    assert unknown.notes.startswith(f"error: There is no user {shown}. ")
    missing = await taskloom(url, "import", "github", str(tmp_path / name), "--workspace", "w")
    assert (
        missing.notes == f"error: {tmp_path}/{shown} cannot be read: No such file or directory.\n"
    )
    document = tmp_path / name
    document.write_text("{ viewer { id } }")
    added = await taskloom(url, "documents", "add", str(document))
    assert added.out.endswith(f"  {tmp_path}/{shown}\n")


def test_progress_is_printable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "terminal"
    with file.open("w") as terminal:
        monkeypatch.setattr(
            console, "_stderr", Console(file=terminal, force_terminal=True, width=200)
        )
        with console.progress_bar(HOSTILE, 1) as advance:
            advance(1)
    assert SHOWN in file.read_text()
    assert "\x1b[2J" not in file.read_text()


@pytest.mark.parametrize("name", ["a\x1b[2J", "a\x9bb", "two\nlines", "x" * 101, " "])
async def test_invalid_names_are_refused(url: str, database: Database, name: str) -> None:
    await taskloom(url, "user", "add", "ada")
    refused = await taskloom(url, "token", "create", "--user", "ada", "--name", name)
    assert (refused.code, refused.out) == (2, "")
    added = await taskloom(url, "user", "add", "eve", "--name", name * 2)
    assert added.code == 2
    async with database.reads() as session:
        assert await session.scalar(select(func.count(AccessToken.id))) == 0
        assert list(await session.scalars(select(User.handle))) == ["ada"]


@pytest.mark.parametrize("name", ["default", "access"])
def test_log_entries_are_printable(name: str) -> None:
    config = log_config("info")
    formatter = DictConfigurator(config).configure_formatter(config["formatters"][name])
    forged = "x\x1b[2J\nINFO:     forged"
    arguments = ("1.2.3.4", "GET", f"/{forged}", "1.1", 200) if name == "access" else (forged,)
    message = '%s - "%s %s HTTP/%s" %d' if name == "access" else "failed: %s"
    try:
        raise ValueError(forged)
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, __file__, 1, message, arguments, (type(error), error, None)
        )
    [first, *others] = formatter.format(record).split("\n")
    assert first.startswith("ERROR:")
    assert "x\\x1b[2J" in first
    assert len(others) >= 3
    assert all(line.startswith("    ") for line in others)
    assert "\x1b" not in "".join(others)


def test_all_logs_use_these_formats() -> None:
    config = log_config("warning")
    assert {handler["formatter"] for handler in config["handlers"].values()} == {
        "default", "access",
    }  # fmt: skip
    assert config["root"] == {"handlers": ["default"], "level": "WARNING"}
    assert config["loggers"]["taskloom"] == {"level": "WARNING"}


@sqlite_only
def test_log_level_applies_to_our_loggers(url: str) -> None:
    logger = logging.getLogger("taskloom.background")
    for level in ("error", "info"):
        create_app(Settings(database_url=url, log_level=level))
        assert logger.getEffectiveLevel() == getattr(logging, level.upper())


@pytest.mark.check
def test_commands_print_with_the_functions_of_the_console() -> None:
    violations = []
    for path in sorted(Path("graph").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or path.name == "console.py":
                continue
            called = ast.unparse(node.func).split(".")[-1]
            written = ast.unparse(node.func) in ("sys.stdout.write", "sys.stderr.write")
            if written or called in ("print", "echo", "secho", "Console"):
                violations.append(f"{path}:{node.lineno}")
    assert violations == []
