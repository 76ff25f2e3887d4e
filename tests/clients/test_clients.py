"""The configurations in the guide to clients run as printed, against a server with demo data.

`guide.py` says which blocks of the guide are files. The drivers import these files.
"""

import asyncio
from pathlib import Path

import pytest

from graph.auth.passwords import hash_password
from graph.cli import accounts
from graph.cli.demo.fill import fill_demo
from models import Scope
from models.database import Database
from tests.clients import application, python_driver
from tests.clients.application import DRIVERS, Application
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.serving import serving

pytestmark = pytest.mark.skipif(bool(application.missing), reason=application.missing)

PASSWORD = "correct horse battery staple"


@pytest.fixture
async def token(database: Database) -> str:
    """A token of the demo user, in a database with demo data."""
    await fill_demo(database, "demo", 300)
    async with database.writes.begin() as session:
        user = accounts.DEMO_USER
        await accounts.set_password(session, user, hash_password(PASSWORD))
        return await accounts.create_token(session, user, None, Scope.WRITE, "clients")


@pytest.fixture
async def app(tmp_path: Path) -> Application:
    app = Application(tmp_path / "app")
    app.folder.mkdir()
    app.write()
    await app.generate()
    return app


async def test_configurations_of_the_guide_work_as_printed(
    app: Application,
    url: str,
    token: str,
    subtests: pytest.Subtests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with subtests.test("types, and documents add"):
        _, registered = await asyncio.gather(app.check_types(), app.register(url))
        assert "Tasks" in registered
    async with serving(url) as (server, _), serving(url, registered_only=True) as (strict, _):
        open_url, registered_url = (f"{each.address}/graphql" for each in (server, strict))
        for driver in DRIVERS:
            with subtests.test(driver):
                printed = await app.drive(
                    driver,
                    CLIENTS_URL=open_url,
                    CLIENTS_REGISTERED_URL=registered_url,
                    CLIENTS_TOKEN=token,
                    CLIENTS_PASSWORD=PASSWORD,
                )
                assert "fail 0" in printed
        with subtests.test("python"):
            tracker = python_driver.load_module(app.folder, "tracker", monkeypatch)
            await python_driver.drive(tracker, open_url, registered_url, token)
        with subtests.test("python, live"):
            sync = python_driver.load_module(app.folder, "sync", monkeypatch)
            await python_driver.drive_sync(sync, tracker, open_url, token)
