"""The explorer's own tests, and the explorer in a browser, with a server that has demo data."""

import os
import shutil
from pathlib import Path

import pytest

from graph.auth.passwords import hash_password
from graph.auth.sign_in_code import create_sign_in_code
from graph.cli import accounts
from graph.cli.demo.fill import fill_demo
from graph.http.explorer import DIRECTORY
from models import Scope
from models.database import Database
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.explorer import needs_explorer
from tests.support.programs import run_program
from tests.support.serving import serving

EXPLORER = DIRECTORY.parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PASSWORD = "correct horse battery staple"

pytestmark = [
    needs_explorer,
    pytest.mark.skipif(
        shutil.which("node") is None or not (EXPLORER / "node_modules").exists(),
        reason="Node.js or the packages of the explorer are missing",
    ),
]


async def test_parts_of_the_explorer() -> None:
    await run_program("npm", "test", folder=EXPLORER, seconds=180)


@pytest.mark.skipif(
    not Path(CHROMIUM).exists(), reason=f"{CHROMIUM} is missing: set CHROMIUM to a browser"
)
class TestInABrowser:
    @pytest.fixture
    def kind(self) -> str:
        return "postgresql"

    async def test_explorer_works(self, url: str, database: Database) -> None:
        await fill_demo(database, "demo", 300)
        async with database.writes.begin() as session:
            user = await accounts.require_user(session, accounts.DEMO_USER)
            await accounts.set_password(session, accounts.DEMO_USER, hash_password(PASSWORD))
            token = await accounts.create_token(
                session, accounts.DEMO_USER, None, Scope.WRITE, "explorer"
            )
        code = await create_sign_in_code(database, user.id)
        async with serving(url, trace="everybody") as (server, _):
            await run_program(
                *("node", "--test", "browser/explorer.test.mjs"),
                folder=EXPLORER,
                seconds=180,
                CHROMIUM=CHROMIUM,
                TASKLOOM_URL=server.address,
                TASKLOOM_LINK=f"{server.address}/sign-in?code={code}",
                TASKLOOM_TOKEN=token,
                TASKLOOM_PASSWORD=PASSWORD,
            )
