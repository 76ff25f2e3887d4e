"""Commands other than `import`."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import typer
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from graph.cli import server
from graph.cli.main import app
from graph.settings import Settings
from models import Base, Event, Membership, Role, Task, User, Workspace
from models.database import Database
from tests.support.client import Api
from tests.support.command import taskloom
from tests.support.database_kinds import sqlite_only
from tests.support.serving import free_port


async def test_migrate_reports_the_versions(empty_url: str) -> None:
    first = await taskloom(empty_url, "migrate")
    assert first.code == 0
    assert re.search(r": from an empty database to schema \d{4}\.\n$", first.notes)
    second = await taskloom(empty_url, "migrate")
    assert second.code == 0
    assert "already has the newest schema" in second.notes


@pytest.mark.parametrize(
    "command",
    [
        ["user", "add", "ada"],
        ["token", "create", "--user", "ada"],
        ["demo"],
        ["import", "github", __file__, "--workspace", "w"],
        ["serve"],
    ],
)
async def test_command_on_an_older_schema_asks_to_migrate(
    empty_url: str, command: list[str]
) -> None:
    port = ["--port", str(free_port())] if command == ["serve"] else []
    done = await taskloom(empty_url, *command, *port)
    assert done.code == 1
    assert done.notes.startswith("error: ")
    if command[0] != "import":
        assert "run taskloom migrate" in done.notes


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("oracle://x/y", "does not support the database 'oracle'"),
        ("postgresql://me:secret@127.0.0.1:1/name", "cannot be reached"),
        ("mysql://me:secret@127.0.0.1:1/name", "cannot be reached"),
        ("sqlite:////no/such/folder/x.db", "cannot be reached"),
    ],
)
async def test_unusable_database_is_reported_in_one_line(url: str, message: str) -> None:
    for command in (["migrate"], ["serve", "--port", str(free_port())], ["demo"]):
        done = await taskloom(url, *command)
        assert done.code == 1
        assert message in done.notes
        assert "secret" not in done.notes
        assert len(done.notes.splitlines()) == 1


async def test_invalid_setting_is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKLOOM_POOL_SIZE", "many")
    done = await taskloom(url, "migrate")
    assert done.code == 1
    assert done.notes.startswith("error: TASKLOOM_POOL_SIZE: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["demo", "--tasks", "0"],
        ["demo", "--workspace", "Not A Slug"],
        ["user", "add"],
        ["user", "add", "ada", "--workspace", "w", "--role", "king"],
        ["token", "create", "--user", "ada", "--scope", "all"],
        ["import", "github", "x.json"],
        ["import", "github", "x.json", "--workspace", "w", "--project", "lower"],
        ["serve", "--port", "0"],
    ],
)
@sqlite_only
async def test_usage_error_exits_with_code_2(url: str, arguments: list[str]) -> None:
    done = await taskloom(url, *arguments)
    assert done.code == 2
    assert "Traceback" not in done.notes


async def test_every_command_has_help() -> None:
    from typer.main import get_command

    def walk(command: object, path: list[str]) -> list[list[str]]:
        inner = getattr(command, "commands", {})
        deeper = [found for name, one in inner.items() for found in walk(one, [*path, name])]
        return deeper or [path]

    for path in walk(get_command(app), []):
        done = await taskloom("sqlite:///x.db", *path, "--help")
        assert done.code == 0
        assert "Usage" in done.out
    served = (await taskloom("sqlite:///x.db", "serve", "--help")).out
    for name in Settings.model_fields:
        assert f"TASKLOOM_{name.upper()}" in served


async def role_of(session: AsyncSession, handle: str, slug: str) -> Role | None:
    query = select(Membership.role).join(User).join(Workspace)
    return await session.scalar(query.where(User.handle == handle, Workspace.slug == slug))


async def test_user_add_creates_a_user_and_memberships(url: str, database: Database) -> None:
    done = await taskloom(
        url, "user", "add", "ada", "--name", "Ada L.", "--email", "a@b.example",
        "--workspace", "engines", "--role", "owner",
    )  # fmt: skip
    assert done.code == 0
    await taskloom(url, "user", "add", "ada", "--workspace", "looms", "--role", "guest")
    await taskloom(url, "user", "add", "ada", "--workspace", "looms", "--role", "admin")
    async with database.reads() as session:
        [ada] = await session.scalars(select(User))
        assert (ada.handle, ada.name, ada.email) == ("ada", "Ada L.", "a@b.example")
        assert await role_of(session, "ada", "engines") is Role.OWNER
        assert await role_of(session, "ada", "looms") is Role.ADMIN
    for arguments, message in (
        (["ada"], "The user ada already exists"),
        (["no way"], "is not a valid handle"),
        (["bob", "--email", "a@b.example"], "belongs to the user ada"),
    ):
        refused = await taskloom(url, "user", "add", *arguments)
        assert refused.code == 1
        assert message in refused.notes
    async with database.reads() as session:
        assert await session.scalar(select(func.count(User.id))) == 1


async def test_token_create_prints_only_the_token_and_stores_its_digest(
    api: Api, url: str, database: Database
) -> None:
    await taskloom(url, "user", "add", "ada", "--workspace", "engines")
    await taskloom(url, "user", "add", "ada", "--workspace", "looms")
    made = await taskloom(
        url, "token", "create", "--user", "ada", "--workspace", "looms", "--scope", "read"
    )
    assert (made.code, made.notes) == (0, "")
    assert re.fullmatch(r"tsk_[\w-]{43}\n", made.out)
    token = made.out.strip()
    query = "{ viewer { handle workspaces { nodes { slug } } } }"
    assert await api.ask(query, token) == {
        "viewer": {"handle": "ada", "workspaces": {"nodes": [{"slug": "looms"}]}}
    }
    async with database.reads() as session:
        for table in Base.metadata.sorted_tables:
            assert token not in str((await session.execute(select(table))).all())
    for arguments, message in (
        (["--user", "bob"], "There is no user bob"),
        (["--user", "ada", "--workspace", "nowhere"], "is not a member of a workspace nowhere"),
    ):
        refused = await taskloom(url, "token", "create", *arguments)
        assert (refused.code, refused.out) == (1, "")
        assert message in refused.notes


async def dump(database: Database) -> dict[str, list[str]]:
    """All rows except the owner's account, which the demo does not create."""
    rows = {}
    async with database.reads() as session:
        owner = await session.scalar(select(User.id).where(User.handle == "demo"))
        for table in Base.metadata.sorted_tables:
            # The log contains the time of writing and the ID of the owner.
            left_out = ("changes.at", "changes.fields")
            columns = [column for column in table.columns if str(column) not in left_out]
            found = (await session.execute(select(*columns))).all()
            rows[table.name] = sorted(
                re.sub(str(owner), "owner", str(row))
                for row in found
                if table.name != "users" or row.handle != "demo"
            )
    return rows


async def test_demo_is_reproducible_and_fills_every_table(
    url: str, database: Database, empty_url: str
) -> None:
    other = Database(empty_url)
    await taskloom(empty_url, "migrate")
    for where in (url, empty_url):
        done = await taskloom(where, "demo", "--tasks", "120")
        assert (done.code, done.notes) == (0, "Created the workspace demo with 120 tasks.\n")
    first, second = await dump(database), await dump(other)
    await other.close()
    assert first == second
    assert len(first["tasks"]) == 120
    kept_elsewhere = {
        *("access_tokens", "sessions", "sign_in_codes", "remembered_writes", "chores"),
        *("passwords", "external_identities", "buckets", "documents"),
    }
    assert {name for name, rows in first.items() if not rows} == kept_elsewhere
    again = await taskloom(url, "demo")
    assert again.code == 1
    assert "The workspace demo already exists" in again.notes
    assert (await taskloom(url, "demo", "--workspace", "second", "--tasks", "7")).code == 0
    async with database.reads() as session:
        assert await session.scalar(select(func.count(Task.id))) == 127
        taken = select(func.count(Task.id)).where(Task.closed_at < Task.created_at)
        assert await session.scalar(taken) == 0
        assert (await session.scalar(select(func.count(Event.id))) or 0) > 50


async def test_schema_check_compares_the_printed_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = await taskloom("sqlite:///x.db", "schema")
    monkeypatch.chdir(tmp_path)
    missing = await taskloom("sqlite:///x.db", "schema", "--check")
    assert missing.code == 1
    Path("schema.graphql").write_text(printed.out)
    assert (await taskloom("sqlite:///x.db", "schema", "--check")).code == 0
    Path("schema.graphql").write_text(printed.out + "\n")
    stale = await taskloom("sqlite:///x.db", "schema", "--check")
    assert stale.code == 1
    assert "run taskloom schema > schema.graphql" in stale.notes


def first_bytes(port: int, request: bytes) -> bytes:
    """The beginning of a server's response to raw bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request)
        return client.recv(12)


def send_until_closed(port: int, request: bytes) -> None:
    """Send raw bytes and read until the server closes the connection, or time out."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        try:
            client.sendall(request)
            while client.recv(65_536):
                pass
        except ConnectionError:
            return


def test_serve_demo_prints_a_sign_in_link(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "graph.cli", "serve", "--demo", "--port", str(port)]
    environment = os.environ | {
        "TASKLOOM_DATABASE_URL": f"sqlite:///{tmp_path / 'demo.db'}",
        "PYTHONPATH": str(Path(__file__).parent.parent.parent.parent),
        "COLUMNS": "40",
    }
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            lines = iter(process.stderr.readline, "")
            link = next(line.split()[1] for line in lines if line.strip().startswith("Open "))
            assert link.startswith(f"http://127.0.0.1:{port}/sign-in?code=")
            with httpx.Client(follow_redirects=True, timeout=10) as browser:
                page = browser.get(link, headers={"Accept": "text/html"})
                assert (page.url.path, page.status_code) == ("/graphql", 200)
                assert page.text.lower().startswith("<!doctype html>")
                query = {"query": "{ viewer { handle workspaces { nodes { slug } } } }"}
                answer = browser.post(f"http://127.0.0.1:{port}/graphql", json=query).json()
            assert first_bytes(port, b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000) == b"HTTP/1.1 431"
            chunked = (
                b"POST /graphql HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
            )
            trailers = b"x:\r\n" * 100_000
            assert first_bytes(port, chunked + trailers).startswith(b"HTTP/1.1 4")
            live = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
            assert first_bytes(port, live) == b"HTTP/1.1 200"
            send_until_closed(port, live * 2_000)
        finally:
            process.send_signal(signal.SIGINT)
            process.stderr.read()
            process.wait(10)
    workspaces = {"nodes": [{"slug": "demo"}]}
    assert answer["data"] == {"viewer": {"handle": "demo", "workspaces": workspaces}}


class TestPorts:
    @pytest.fixture
    def used(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
        """The default port, on which another server listens."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port: int = listening.getsockname()[1]
            monkeypatch.setattr(server, "PORT", port)
            yield port

    def test_demo_takes_the_next_free_port(
        self, used: int, capsys: pytest.CaptureFixture[str]
    ) -> None:
        chosen = server.choose_port("127.0.0.1", None, demo=True)
        assert used < chosen < used + server.MAX_PORTS
        message = f"Port {used} is in use, so the server listens on {chosen}.\n"
        assert capsys.readouterr().err == message

    @pytest.mark.parametrize(("is_chosen", "demo"), [(True, True), (True, False), (False, False)])
    def test_other_servers_do_not(
        self, used: int, is_chosen: bool, demo: bool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(typer.Exit):
            server.choose_port("127.0.0.1", used if is_chosen else None, demo=demo)
        assert f"cannot listen on 127.0.0.1:{used}" in capsys.readouterr().err
