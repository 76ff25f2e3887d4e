"""The `token` commands."""

from typing import Annotated

import typer

from graph.cli import accounts
from graph.cli.console import open_database, print_output, run
from graph.cli.options import check_text, parse_member
from models import AccessToken, Scope

app = typer.Typer(help="Create personal tokens.", no_args_is_help=True)


@app.command()
def create(
    user: Annotated[str, typer.Option(help="The handle of the token's user.")],
    workspace: Annotated[
        str | None,
        typer.Option(
            help="The slug of the only workspace that the token can access. Default: all."
        ),
    ] = None,
    scope: Annotated[str, typer.Option(help="The access that it gives: read or write.")] = "write",
    name: Annotated[str, typer.Option(help="A name to recognize the token by.")] = "command line",
    any_document: Annotated[
        bool,
        typer.Option(
            "--any-document",
            help="Let the token send any document, even if the server runs registered ones only.",
        ),
    ] = False,
) -> None:
    """Create a personal token and print it to standard output. It is not shown again."""
    parsed_scope = parse_member("--scope", Scope, scope)
    name = check_text("--name", AccessToken.name, name)

    async def work() -> str:
        async with open_database() as database, database.writes.begin() as session:
            return await accounts.create_token(
                session, user, workspace, parsed_scope, name, sends_anything=any_document
            )

    print_output(run(work))
