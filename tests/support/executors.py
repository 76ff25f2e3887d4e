"""Which executor answers queries: plans with the reference executor behind them, or it alone."""

import pytest

PLANNED, REFERENCE = "planned", "reference"


@pytest.fixture(name="executor", params=[PLANNED, REFERENCE])
def both_executors(request: pytest.FixtureRequest) -> str:
    """Run the tests of a module that imports this fixture with both executors."""
    return str(request.param)


def is_repeated(item: pytest.Item) -> bool:
    """Whether a test repeats on another database what it tests of the reference executor.

    The SQL of that executor is built by the same batches as the engine's, which is tested on all.
    """
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    is_reference = parameters.get("executor") == REFERENCE
    return is_reference and parameters.get("kind", "sqlite") != "sqlite"


def is_stacked(kind: str, executor: str) -> bool:
    """Whether the steps of a plan are one statement."""
    return kind == "postgresql" and executor == PLANNED
