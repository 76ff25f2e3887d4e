"""The `taskloom` command and its subcommands."""

import logging.config
import os
from pathlib import Path
from typing import Annotated

import typer

from graph.cli import documents, imports, server, tokens, users
from graph.cli.console import (
    fail,
    open_database,
    print_error,
    print_message,
    print_output,
    print_traceback,
    run,
)
from graph.cli.demo import fill
from graph.cli.logs import log_config
from graph.cli.options import check_slug
from graph.settings import PREFIX, Settings
from models import migrations
from models.purge import purge as purge_all

SCHEMA_FILE = Path("schema.graphql")

app = typer.Typer(
    help="Taskloom, a self-hosted task tracker with a GraphQL API.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)
app.add_typer(imports.app, name="import")
app.add_typer(users.app, name="user")
app.add_typer(tokens.app, name="token")
app.add_typer(documents.app, name="documents")


def main() -> None:
    """Run the command. An unexpected error is printed as one line, without a traceback."""
    is_debug = os.environ.get(f"{PREFIX}LOG_LEVEL", "").lower() == "debug"
    # The server sets the level of its settings.
    logging.config.dictConfig(log_config("debug" if is_debug else "info"))
    try:
        app()
    except Exception as error:  # noqa: BLE001 - printed
        if is_debug:
            print_traceback()
            raise SystemExit(1) from None
        lines = str(error).strip().splitlines() or [""]
        print_error(
            f"{type(error).__name__}: {lines[0]} (set {PREFIX}LOG_LEVEL=debug for the traceback)"
        )
        raise SystemExit(1) from None


@app.command()
def migrate() -> None:
    """Migrate the database to the newest schema."""

    async def work() -> str:
        async with open_database(newest=False) as database:
            before, after = await migrations.migrate(database)
            if before == after:
                return f"{database.address} already has the newest schema, {after}."
            return f"{database.address}: from {before or 'an empty database'} to schema {after}."

    print_message(run(work))


@app.command()
def demo(
    workspace: Annotated[str, typer.Option(help="The slug of the new workspace.")] = fill.DEMO_SLUG,
    tasks: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="The number of tasks.")
    ] = fill.DEMO_TASKS,
) -> None:
    """Create a workspace with demo data, owned by the user `demo`.

    On the same day, the same options create the same data.
    """
    check_slug(workspace)

    async def work() -> bool:
        async with open_database() as database:
            return await fill.fill_demo(database, workspace, tasks)

    if not run(work):
        fail(f"The workspace {workspace} already exists. Choose another slug with --workspace.")
    print_message(f"Created the workspace {workspace} with {tasks} tasks.")


@app.command()
def purge() -> None:
    """Delete expired rows, and tasks that have been in the trash for 30 days.

    A running server does this once a day.
    """

    async def work() -> str:
        async with open_database() as database:
            purged = await purge_all(database)
        return f"Tasks purged: {purged.tasks}. Expired rows deleted: {purged.expired}."

    print_message(run(work))


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="A GraphQL file.")],
    operation: Annotated[
        str | None, typer.Option(help="The operation, if the file has several.")
    ] = None,
    variables: Annotated[str, typer.Option(help="The variables as JSON.")] = "{}",
) -> None:
    """Print the plan of a query: what is loaded for it, and by which SQL.

    The SQL is for the configured kind of database, and for a member of one workspace. The database
    is not asked.
    """
    from graph.cli.explanation import NotExplained, explain_file
    from graph.engine.explain import as_text

    try:
        explanation = explain_file(file, operation, variables, Settings())
    except NotExplained as error:
        fail(str(error))
    print_output(as_text(explanation).rstrip())


@app.command()
def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Only check whether schema.graphql is up to date.")
    ] = False,
) -> None:
    """Print the GraphQL schema, or check that schema.graphql is up to date."""
    # Building the schema takes a second, which the other commands save.
    from graph.schema import printed_schema

    printed = printed_schema()
    if not check:
        print_output(printed.rstrip("\n"))
        return
    if not SCHEMA_FILE.exists() or SCHEMA_FILE.read_text() != printed:
        fail(f"{SCHEMA_FILE} is out of date: run taskloom schema > {SCHEMA_FILE}.")
    print_message(f"{SCHEMA_FILE} is up to date.")


@app.command(epilog=server.settings_help())
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="The port to listen on. Default: 8000; with --demo the next free one.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="The number of server processes.")] = 1,
    reload: Annotated[
        bool, typer.Option("--reload", help="Restart when the code changes.")
    ] = False,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo",
            help="Migrate the database, fill it with demo data if it is empty, and print a link "
            "that opens the explorer signed in as the demo user.",
        ),
    ] = False,
) -> None:
    """Serve the API at /graphql, and its explorer to browsers."""

    async def prepare() -> str | None:
        async with open_database(newest=not demo) as database:
            return await server.prepare_demo(database, host, chosen) if demo else None

    chosen = server.choose_port(host, port, demo=demo)
    server.serve(host, chosen, workers=workers, reload=reload, demo=demo, link=run(prepare))
