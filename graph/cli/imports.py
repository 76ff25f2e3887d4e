"""The `import` commands."""

from pathlib import Path
from typing import Annotated

import typer

from graph.cli.console import open_database, print_message, progress_bar, run
from graph.cli.github.archive import read_archive, total_rows
from graph.cli.github.importer import GitHubImport
from graph.cli.options import check_project_key, check_slug, parse_pairs

app = typer.Typer(help="Import data from other trackers.", no_args_is_help=True)


@app.command()
def github(
    file: Annotated[Path, typer.Argument(help="The archive, one JSON file.")],
    workspace: Annotated[
        str, typer.Option(help="The workspace's slug. A missing workspace is created.")
    ],
    project: Annotated[
        str | None,
        typer.Option(help="The project's key. Default: derived from the repository's name."),
    ] = None,
    include_pulls: Annotated[
        bool, typer.Option("--include-pulls", help="Import the pull requests too.")
    ] = False,
    map_user: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LOGIN=HANDLE",
            help="Import what a GitHub user wrote as an existing user. Can be repeated. Default: "
            "new users are created.",
        ),
    ] = None,
) -> None:
    """Import the issues of a GitHub repository.

    Importing again adds and updates them, without duplicates.
    """
    check_slug(workspace)
    if project is not None:
        check_project_key(project)
    mapped_users = parse_pairs("--map-user", map_user or ())

    async def work() -> str:
        archive = read_archive(file)
        total = total_rows(archive, with_pulls=include_pulls)
        async with open_database() as database:
            with progress_bar(archive.repo, total) as advance:
                async with database.writes.begin() as session:
                    importer = GitHubImport(session, archive, advance)
                    summary = await importer.run(
                        workspace, project, with_pulls=include_pulls, mapped_users=mapped_users
                    )
            await database.analyze()
        return (
            f"Imported {archive.repo} into the project {summary.project} of the workspace "
            f"{workspace}: {summary.counts()}."
        )

    print_message(run(work))
