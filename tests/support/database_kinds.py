"""Which databases a test runs on: all of them, unless its subject involves no SQL."""

import pytest

from tests.support import databases

#: Marks a test whose subject is the same on all databases.
sqlite_only = pytest.mark.parametrize("kind", ["sqlite"])


@pytest.fixture(name="kind")
def one_database() -> str:
    """Run the tests of a module that imports this fixture on SQLite only."""
    return "sqlite"


class EveryDatabase:
    """Tests that run on every database, in a module that imports `one_database`."""

    @pytest.fixture(params=databases.kinds())
    def kind(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)
