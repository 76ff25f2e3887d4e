"""Which databases a test runs on: all, unless what it tells is the same on each of them.

    from tests.support.kinds import EveryDatabase, one_database  # noqa: F401

makes a module run on SQLite alone, but for its classes that are an `EveryDatabase`.
"""

import pytest

from tests.support import databases


@pytest.fixture(name="kind")
def one_database() -> str:
    """SQLite alone."""
    return "sqlite"


class EveryDatabase:
    """Tests of what a database has a part in."""

    @pytest.fixture(params=databases.kinds())
    def kind(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)
