"""Fixtures of subscriptions: a server that polls often."""

from typing import Any

import pytest


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"poll_interval": 0.2}
