"""The commands."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from graph.auth import passwords
from graph.cli import accounts
from graph.cli import serve as serving
from graph.cli.console import fail, notes, open_database, plain, progress, run, say
from graph.cli.demo.workspace import DemoWorkspace
from graph.cli.github.archive import read_archive, total_rows
from graph.cli.github.importer import GitHubImport
from graph.settings import PREFIX, Settings
from models import Role, Scope, User, Workspace, migrations
from models.base import now
from models.database import Database
from models.project import PROJECT_KEY
from models.purge import purge as purge_all
from models.workspace import is_slug

app = typer.Typer(
    help="Taskloom: the task tracker that is a GraphQL API first.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)
imports = typer.Typer(help="Bring in data from elsewhere.", no_args_is_help=True)
users = typer.Typer(help="People, and what they belong to.", no_args_is_help=True)
tokens = typer.Typer(help="Personal tokens.", no_args_is_help=True)
documents = typer.Typer(help="Documents that clients send by their hash.", no_args_is_help=True)
app.add_typer(imports, name="import")
app.add_typer(users, name="user")
app.add_typer(tokens, name="token")
app.add_typer(documents, name="documents")

SCHEMA_FILE = Path("schema.graphql")

Slug = Annotated[
    str | None, typer.Option("--workspace", help="The workspace's slug, such as my-team.")
]


def main() -> None:
    """The entry point of the `taskloom` command: whatever happens, an error is one line."""
    try:
        app()
    except Exception as error:
        if os.environ.get(f"{PREFIX}LOG_LEVEL", "").lower() == "debug":
            raise
        lines = str(error).strip().splitlines() or [""]
        notes.print(
            f"[bold red]error:[/] {plain(f'{type(error).__name__}: {lines[0]}')} "
            f"(with {PREFIX}LOG_LEVEL=debug the traceback is shown)",
            soft_wrap=True,
        )
        raise SystemExit(1) from None


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""

    async def work() -> str:
        async with open_database(newest=False) as database:
            before, after = await migrations.migrate(database)
            if before == after:
                return f"{database.address} has the newest schema already ({after})."
            return f"{database.address}: from {before or 'an empty database'} to schema {after}."

    say(run(work))


@imports.command("github")
def import_github(
    file: Annotated[Path, typer.Argument(help="The archive: one JSON file.")],
    workspace: Annotated[
        str, typer.Option(help="The workspace's slug. It is made if it is not there.")
    ],
    project: Annotated[
        str | None, typer.Option(help="The project's key; else made of the repository's name.")
    ] = None,
    include_pulls: Annotated[
        bool, typer.Option("--include-pulls", help="Import the pull requests too.")
    ] = False,
) -> None:
    """Import a GitHub repository's issues. Doing it again updates and adds, and doubles nothing."""
    check_slug(workspace)
    if project is not None and not PROJECT_KEY.fullmatch(project):
        raise typer.BadParameter(
            "--project: a key is up to 10 capital letters and digits, a letter first"
        )

    async def work() -> str:
        archive = read_archive(file)
        async with open_database() as database:
            with progress() as bar:
                async with database.writes.begin() as session:
                    total = total_rows(archive, with_pulls=include_pulls)
                    task = bar.add_task(archive.repo, total=total)
                    importing = GitHubImport(session, archive, lambda n: bar.advance(task, n))
                    done = await importing.run(workspace, project, with_pulls=include_pulls)
                    bar.update(task, completed=total)
            await database.analyze()
        parts = [f"{count} {kind} added" for kind, count in done.added.items()]
        parts += [f"{count} {kind} changed" for kind, count in done.changed.items()]
        what = ", ".join(parts) or "nothing new"
        return f"{archive.repo} is the project {done.project} of {workspace}: {what}."

    say(run(work))


@app.command()
def demo(
    workspace: Annotated[str, typer.Option(help="The slug of the workspace to make.")] = "demo",
    tasks: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many tasks.")] = 300,
) -> None:
    """Make a workspace of plausible data, the same each time, owned by the user `demo`."""
    check_slug(workspace)

    async def work() -> bool:
        async with open_database() as database:
            return await fill_demo(database, workspace, tasks)

    if not run(work):
        fail(f"There is a workspace {workspace} already: choose another slug.")
    say(f"The workspace {workspace} has {tasks} tasks.")


async def is_empty(database: Database) -> bool:
    """Whether a database has neither a workspace nor a user."""
    async with database.reads() as session:
        found = [await session.scalar(select(model.id).limit(1)) for model in (Workspace, User)]
    return found == [None, None]


async def fill_demo(database: Database, slug: str, tasks: int) -> bool:
    """Makes a workspace of demo data; false where there is one of that name."""
    async with database.writes.begin() as session:
        if await session.scalar(select(Workspace.id).where(Workspace.slug == slug)):
            return False
        owner = await accounts.find_or_create_user(session, accounts.DEMO_USER, name="Demo User")
        with progress() as bar:
            task = bar.add_task(f"{slug}: making tasks", total=tasks)
            today = datetime.now(UTC).date()
            making = DemoWorkspace(
                session, slug, tasks, today, lambda done: bar.advance(task, done)
            )
            await making.run(owner)
    await database.analyze()
    return True


@users.command("add")
def add_user(
    handle: Annotated[str, typer.Argument(help="The short name that is unique on the server.")],
    name: Annotated[str | None, typer.Option(help="The full name; else the handle.")] = None,
    email: Annotated[str | None, typer.Option(help="The address, unique on the server.")] = None,
    workspace: Slug = None,
    role: Annotated[
        str | None,
        typer.Option(
            help="In the workspace: owner, admin, member or guest. Left out, a new member is "
            "a member, and one who is there stays as they are."
        ),
    ] = None,
) -> None:
    """Add a user, or a user who is there to a workspace. A workspace that is not there is made."""
    if workspace is not None:
        check_slug(workspace)
    if role is not None and role.upper() not in Role.__members__:
        raise typer.BadParameter("--role: a role is one of owner, admin, member, guest")
    for option, given, length in (("--name", name, 200), ("--email", email, 254)):
        check_length(option, given, length)
    chosen = None if role is None else Role[role.upper()]

    async def work() -> str:
        async with open_database() as database, database.writes.begin() as session:
            return await accounts.add_user(session, handle, name, email, workspace, chosen)

    say(run(work))


@users.command("set-password")
def set_password(
    handle: Annotated[str, typer.Argument(help="The user's handle.")],
) -> None:
    """Give a user a password, and end their sessions. It is asked for, or read from a pipe."""
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if wrong := passwords.password_problem(password):
        raise typer.BadParameter(wrong)
    password_hash = passwords.hash_password(password)

    async def work() -> str:
        async with open_database() as database, database.writes.begin() as session:
            return await accounts.set_password(session, handle, password_hash)

    say(run(work))


@users.command("disable")
def disable_user(
    handle: Annotated[str, typer.Argument(help="The user's handle.")],
    undo: Annotated[bool, typer.Option("--undo", help="Let them in again.")] = False,
) -> None:
    """Let a user in no more: neither tokens nor sessions of theirs work. What they wrote stays."""

    async def work() -> str:
        async with open_database() as database, database.writes.begin() as session:
            return await accounts.set_disabled(session, handle, None if undo else now())

    say(run(work))


@documents.command("add")
def add_documents(
    files: Annotated[list[Path], typer.Argument(help="GraphQL files, each one document.")],
) -> None:
    """Register documents, and print the id of each: what clients send as documentId."""
    from graph.cli.documents import read_document, register

    async def work() -> dict[Path, str]:
        texts = {file: read_document(file) for file in files}
        async with open_database() as database, database.writes.begin() as session:
            return {file: await register(session, text) for file, text in texts.items()}

    for file, name in run(work).items():
        typer.echo(f"{name}  {file}")


@tokens.command("create")
def create_token(
    user: Annotated[str, typer.Option(help="The handle of the user it stands for.")],
    workspace: Slug = None,
    scope: Annotated[str, typer.Option(help="read or write.")] = "write",
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    any_document: Annotated[
        bool,
        typer.Option("--any-document", help="Let it send any where only registered ones run."),
    ] = False,
) -> None:
    """Make a personal token and print it, alone, on standard output. It is not shown again."""
    if scope.upper() not in Scope.__members__:
        raise typer.BadParameter("--scope: a scope is read or write")
    check_length("--name", name, 100)

    async def work() -> str:
        async with open_database() as database, database.writes.begin() as session:
            return await accounts.create_token(
                session, user, workspace, Scope[scope.upper()], name, sends_anything=any_document
            )

    typer.echo(run(work))


@app.command()
def purge() -> None:
    """Delete for good what has been in the trash for 30 days, and what has expired.

    A server that runs does it by itself, once a day.
    """

    async def work() -> str:
        async with open_database() as database:
            done = await purge_all(database)
        return f"Tasks purged: {done.tasks}. Expired rows deleted: {done.expired}."

    say(run(work))


@app.command()
def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether schema.graphql is current.")
    ] = False,
) -> None:
    """Print the GraphQL schema, or check that schema.graphql holds it."""
    from graph.schema import schema as built

    printed = built.as_str() + "\n"
    if not check:
        typer.echo(printed, nl=False)
        return
    if not SCHEMA_FILE.exists() or SCHEMA_FILE.read_text() != printed:
        fail(f"{SCHEMA_FILE} is not current: run taskloom schema > {SCHEMA_FILE}.")
    say(f"{SCHEMA_FILE} is current.")


def list_settings() -> str:
    """All settings with their defaults, for the help of `serve`."""
    lines = ["Settings, from the environment:"]
    for name, field in Settings.model_fields.items():
        lines.append(f"[bold]{PREFIX}{name.upper()}[/] ({field.default}): {field.description}")
    return "\n\n".join(lines)


@app.command(epilog=list_settings())
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes that answer requests.")] = 1,
    reload: Annotated[
        bool, typer.Option("--reload", help="Start anew when the code changes.")
    ] = False,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo",
            help="Migrate, fill an empty database with demo data, and print a link that opens "
            "the explorer signed in as the demo user.",
        ),
    ] = False,
) -> None:
    """Serve the API at /graphql, and its explorer to browsers."""

    async def prepare() -> str | None:
        async with open_database(newest=not demo) as database:
            if not demo:
                return None
            await migrations.migrate(database)
            if await is_empty(database):
                await fill_demo(database, "demo", 300)
            return await serving.sign_in_link(database, host, port)

    serving.refuse_busy_port(host, port)
    serving.serve(host, port, workers=workers, reload=reload, link=run(prepare))


def check_length(option: str, given: str | None, length: int) -> None:
    """Refuses a text that is longer than its column."""
    if given is not None and len(given) > length:
        raise typer.BadParameter(f"{option}: at most {length} characters, not {len(given)}")


def check_slug(slug: str) -> None:
    """Refuses what cannot be a workspace's slug."""
    if not is_slug(slug):
        raise typer.BadParameter(
            "--workspace: a slug is small letters and digits in words joined by hyphens, "
            "such as my-team"
        )
