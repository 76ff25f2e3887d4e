"""The `documents` commands."""

from pathlib import Path
from typing import Annotated

import typer

from graph.cli.console import open_database, print_output, run
from graph.http.printable import printable

app = typer.Typer(help="Register documents, which clients send by their ID.", no_args_is_help=True)


@app.command()
def add(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="GraphQL files with one document each, manifests of documents that Apollo, Relay "
            "or GraphQL Code Generator writes (.json), or folders of such files."
        ),
    ],
) -> None:
    """Register documents, and print the ID of each. Clients send it as `documentId`."""
    # Building the schema takes a second, which only this command needs.
    from graph.cli.registration import read_documents, register

    async def work() -> dict[str, str]:
        texts = read_documents(files)
        async with open_database() as database, database.writes.begin() as session:
            return {name: await register(session, text) for name, text in texts.items()}

    for name, document_id in run(work).items():
        print_output(f"{document_id}  {printable(name)}")
