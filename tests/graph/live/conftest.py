"""Fixtures of subscriptions: a server that polls often."""

from typing import Any

import pytest

from graph.app import TaskloomApp
from tests.support.office import Office


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"poll_interval": 0.2}


@pytest.fixture
def app(office: Office) -> TaskloomApp:
    assert isinstance(office.api.app, TaskloomApp)
    return office.api.app
