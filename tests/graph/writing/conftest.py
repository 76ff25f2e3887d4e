"""What tests of writing can ask for."""

import pytest

from tests.client import Api
from tests.graph.writing.office import Office, make_office
from tests.world import World


@pytest.fixture(autouse=True)
def know_the_viewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks is found out once a request, however slow the machine: statements are counted."""
    monkeypatch.setattr("graph.context.STILL_KNOWN", 3600)


@pytest.fixture
async def office(api: Api, world: World) -> Office:
    return await make_office(api, world)
