"""The `documents` commands."""

from pathlib import Path
from typing import Annotated

import typer

from graph.cli.console import open_database, print_output, run
from graph.http.printable import printable

app = typer.Typer(help="Register documents, which clients send by their ID.", no_args_is_help=True)


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(help="GraphQL files, one document each.")],
) -> None:
    """Register documents, and print the ID of each. Clients send it as `documentId`."""
    # Building the schema takes a second, which only this command needs.
    from graph.cli.registration import read_document, register

    async def work() -> dict[Path, str]:
        texts = {file: read_document(file) for file in files}
        async with open_database() as database, database.writes.begin() as session:
            return {file: await register(session, text) for file, text in texts.items()}

    for file, document_id in run(work).items():
        print_output(f"{document_id}  {printable(str(file))}")
