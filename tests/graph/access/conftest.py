"""What tests of access can ask for."""

import pytest

from tests.client import Api
from tests.graph.writing.office import Office, make_office
from tests.world import World


@pytest.fixture
async def office(api: Api, world: World) -> Office:
    return await make_office(api, world)
