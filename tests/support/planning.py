"""Which operations the engine has answered, and which fell back to the reference executor."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI

from graph.app import TaskloomApp
from graph.engine.engine import Engine


class PlanRecorder:
    """Records what an application's engine does."""

    def __init__(self, app: FastAPI) -> None:
        assert isinstance(app, TaskloomApp)
        engine = app.endpoint.runner.planned
        assert isinstance(engine, Engine)
        self.answered = 0
        #: The operations that fell back although they had no error, with the reason.
        self.fell_back: list[str] = []
        self._execute = engine.execute
        self.executor_class = engine.executor_class
        self.events = engine.events
        self._last: Any = None
        self._reason: str | None = None
        app.endpoint.runner.planned = self

    async def execute(self, operation: Any, context: Any, variables: Any) -> Any:
        self._last = await self._execute(operation, context, variables)
        self._reason = operation.plans.reason
        return self._last

    @contextmanager
    def expecting(self, plan: bool, *described: object) -> Iterator[None]:
        """Note whether the operation in this block is answered by a plan, if that is expected."""
        self._last = None
        yield
        if not plan:
            return
        if self._last is None:
            self.fell_back.append(f"{self._reason}: {described}")
        else:
            self.answered += 1

    def assert_few_fell_back(self) -> None:
        """Assert that fewer than one in a hundred operations fell back."""
        total = self.answered + len(self.fell_back)
        assert len(self.fell_back) * 100 < total, "\n".join(self.fell_back)
