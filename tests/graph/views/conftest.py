"""Fixtures of several test modules of this folder."""

import pytest

from tests.support.searched_team import Team, build_team
from tests.support.world import World


@pytest.fixture
async def team(world: World) -> Team:
    return await world.snapshot("team to search", lambda: build_team(world))
