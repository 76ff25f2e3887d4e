"""The engine: decides whether an operation is executed by a plan, and runs it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from graphql import DocumentNode, OperationDefinitionNode, OperationType, get_variable_values

from graph.engine.binding import Binder
from graph.engine.codecs import Codecs
from graph.engine.places import NotPlannable
from graph.engine.plan import Plan, make_plan
from graph.engine.reader import Reader
from graph.engine.run import EngineContext, Run
from graph.engine.statements import Statement
from graph.kit.loading.read_sessions import SessionSource
from models.database import Database

#: Plans of one operation: one for each combination of what they depend on.
MAX_PLANS = 20

logger = logging.getLogger("taskloom.engine")


class Plans:
    """The plans of one operation of a document. They live as long as the cached document."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []
        #: Why the operation cannot be planned, if so.
        self.reason: str | None = None


class Engine:
    """Executes operations by plans."""

    def __init__(self, schema: Any, database: Database) -> None:
        self.schema = schema
        self.database = database
        self.codecs = Codecs(database.kind, database.read_engine.dialect)
        self.stacks = database.kind == "postgresql" and not database.options.pgbouncer
        self._compiler = ThreadPoolExecutor(max_workers=1, thread_name_prefix="statements")

    async def execute(
        self,
        plans: Plans,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any] | None,
        context: EngineContext,
        reads: SessionSource,
    ) -> dict[str, Any] | None:
        """Return the data of an operation; None if the reference executor must execute it."""
        if operation.operation is not OperationType.QUERY or plans.reason is not None:
            return None
        try:
            return await self._execute(plans, document, operation, variables, context, reads)
        except NotPlannable as reason:
            plans.reason = str(reason)
            logger.debug("not planned: %s", reason)
        except Exception as error:
            import traceback

            self.last = traceback.format_exc()[-900:]
            logger.debug("the planned execution failed: %r", error, exc_info=True)
        return None

    async def _execute(
        self,
        plans: Plans,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any] | None,
        context: EngineContext,
        reads: SessionSource,
    ) -> dict[str, Any]:
        coerced = self.coerced(operation, variables)
        plan = self.plan(plans, document, operation, coerced)
        bound = Binder(self.codecs, context.scope, coerced).bind(plan.steps, plan.step_count)
        reader = Reader(self.database, reads)
        run = Run(plan, bound, context, reader, self.codecs, self._compile)
        return await run.run()

    def coerced(self, operation: OperationDefinitionNode, variables: dict[str, Any] | None) -> Any:
        """Return the coerced variables; raise an error if they are invalid."""
        definitions = operation.variable_definitions or ()
        found = get_variable_values(self.schema._schema, definitions, variables or {})
        if isinstance(found, list):
            raise InvalidVariables(found)
        return found

    def plan(
        self,
        plans: Plans,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        coerced: Any,
    ) -> Plan:
        """Return the plan of an operation for given variables."""
        for plan in plans.plans:
            if plan.is_valid_for(coerced.coerced):
                return plan
        plan = make_plan(self.schema, document, operation, coerced, self.codecs, stacks=self.stacks)
        plans.plans = [plan, *plans.plans[: MAX_PLANS - 1]]
        return plan

    async def _compile(self, job: Callable[[], Statement]) -> Statement:
        """Compile a statement in a thread: it takes up to some ten milliseconds."""
        return await asyncio.get_running_loop().run_in_executor(self._compiler, job)

    def close(self) -> None:
        self._compiler.shutdown(wait=False)


class InvalidVariables(Exception):
    """The variables are invalid; the reference executor reports the errors."""


Compile = Callable[[Callable[[], Statement]], Awaitable[Statement]]
