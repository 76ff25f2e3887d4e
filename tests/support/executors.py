"""Which executor answers queries: plans with the reference executor behind them, or it alone."""

import pytest

PLANNED, REFERENCE = "planned", "reference"


@pytest.fixture(name="executor", params=[PLANNED, REFERENCE])
def both_executors(request: pytest.FixtureRequest) -> str:
    """Run the tests of a module that imports this fixture with both executors."""
    return str(request.param)


def is_stacked(kind: str, executor: str) -> bool:
    """Whether the steps of a plan are one statement."""
    return kind == "postgresql" and executor == PLANNED
