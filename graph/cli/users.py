"""The `user` commands."""

import sys
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from graph.auth import passwords
from graph.auth.sign_in_code import create_sign_in_code
from graph.cli import accounts
from graph.cli.console import open_database, print_message, print_output, run
from graph.cli.options import check_slug, check_text, parse_member
from models import Role, User
from models.base import now

app = typer.Typer(help="Manage users and their memberships.", no_args_is_help=True)

HandleArgument = Annotated[str, typer.Argument(help="The user's handle.")]


@app.command()
def add(
    handle: Annotated[str, typer.Argument(help="The user's handle, unique on the server.")],
    name: Annotated[str | None, typer.Option(help="The full name. Default: the handle.")] = None,
    email: Annotated[
        str | None, typer.Option(help="The email address, unique on the server.")
    ] = None,
    avatar_url: Annotated[
        str | None, typer.Option(help="The URL of a picture of the user.")
    ] = None,
    workspace: Annotated[
        str | None, typer.Option(help="The workspace's slug, such as my-team.")
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            help="The role in the workspace: owner, admin, member or guest. Default: member; an "
            "existing member keeps their role."
        ),
    ] = None,
) -> None:
    """Add a user, or add an existing user to a workspace. A missing workspace is created."""
    if workspace is not None:
        check_slug(workspace)
    new_role = None if role is None else parse_member("--role", Role, role)
    name = None if name is None else check_text("--name", User.name, name)
    email = None if email is None else check_text("--email", User.email, email)
    if avatar_url is not None:
        avatar_url = check_text("--avatar-url", User.avatar_url, avatar_url)

    async def work() -> str:
        async with open_database() as database, database.writes.begin() as session:
            return await accounts.add_user(
                session, handle, name, email, avatar_url, workspace, new_role
            )

    print_message(run(work))


@app.command()
def set_password(
    handle: HandleArgument,
    keep_tokens: Annotated[
        bool, typer.Option("--keep-tokens", help="Do not revoke the user's personal tokens.")
    ] = False,
) -> None:
    """Set a user's password, end their sessions, and revoke and list their personal tokens.

    Prompts for the password, or reads it from standard input if that is not a terminal.
    """
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if problem := passwords.password_problem(password):
        raise typer.BadParameter(problem)
    password_hash = passwords.hash_password(password)

    async def change(session: AsyncSession) -> list[str]:
        return await accounts.set_password(session, handle, password_hash, keep_tokens=keep_tokens)

    async def work() -> list[str]:
        async with open_database() as database:
            return await database.write(change)

    for line in run(work):
        print_message(line)


@app.command()
def disable(
    handle: HandleArgument,
    undo: Annotated[bool, typer.Option("--undo", help="Enable the user again.")] = False,
) -> None:
    """Block a user from signing in.

    Their tokens and sessions stop working. Their content stays.
    """

    async def work() -> str:
        async with open_database() as database, database.writes.begin() as session:
            return await accounts.set_disabled(session, handle, None if undo else now())

    print_message(run(work))


@app.command()
def sign_in_link(
    handle: HandleArgument,
    address: Annotated[
        str, typer.Option(help="The address of the server.")
    ] = "http://127.0.0.1:8000",
) -> None:
    """Print a link that signs a browser in as a user, once, within 12 hours."""

    async def work() -> str:
        async with open_database() as database:
            async with database.reads() as session:
                user = await accounts.require_user(session, handle)
            return await create_sign_in_code(database, user.id)

    print_output(f"{address.rstrip('/')}/sign-in?code={run(work)}")
