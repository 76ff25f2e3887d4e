"""The engine: decides whether an operation is executed by a plan, and runs it."""

import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import orjson
from graphql import FieldNode, OperationType, get_variable_values

from graph.engine.binding import Binder, Bound
from graph.engine.codecs import Codecs
from graph.engine.described_plan import describe
from graph.engine.payloads import payload_executor
from graph.engine.places import NotPlannable
from graph.engine.plan import NoPlan, Plan, PlanMaker
from graph.engine.plan_limit import PlanLimit
from graph.engine.run import EngineContext, Run
from graph.kit.lru_cache import LRUCache
from graph.kit.trace import CURRENT_TRACE, note_reason, traced
from graph.operations.planned import PlannedData
from graph.operations.prepared import PreparedOperation
from models.database import Database
from models.database.compiled import CompiledStatement
from models.database.driver_errors import is_timeout, is_unreachable

#: Plans of one operation: one for each combination of what they depend on.
MAX_PLANS = 20
#: Variables of one operation whose arguments stay parsed, and the longest ones, in bytes of JSON.
MAX_BOUND, MAX_VARIABLES = 20, 2_000
#: Longer documents are planned in a thread.
MAX_INLINE_CHARACTERS = 300
#: Compiled statements of all plans, and their characters in total.
MAX_STATEMENTS, MAX_CHARACTERS = 10_000, 50_000_000

logger = logging.getLogger("taskloom.engine")


class Plans:
    """The plans of one operation of a document. They live as long as the cached document."""

    def __init__(self, limit: PlanLimit) -> None:
        self._limit = limit
        self.plans: list[Plan | NoPlan] = []
        #: Plans with their arguments, by the variables as JSON.
        self.bound: LRUCache[bytes, tuple[Plan, Bound]] = LRUCache(MAX_BOUND)
        #: Of a mutation: the plans of its payloads, by the positions of the fields that select
        #: them. With `@include` not always the same fields have a key of the answer.
        self.payloads: LRUCache[tuple[int, ...], Plans] = LRUCache(MAX_PLANS)
        #: Why the operation cannot be planned, whatever its variables are, if so.
        self.reason: str | None = None

    def find(self, variables: Mapping[str, Any]) -> Plan | None:
        """Return the plan for coerced variables. Raise `NotPlannable` if there is none for them."""
        for known in self.plans:
            if known.is_valid_for(variables):
                if isinstance(known, NoPlan):
                    raise NotPlannable(known.reason)
                self._limit.use(known)
                return known
        return None

    def add(self, plan: Plan | NoPlan) -> None:
        self.plans.insert(0, plan)
        if isinstance(plan, Plan):
            self._limit.add(plan, self)
        for dropped in self.plans[MAX_PLANS:]:
            if isinstance(dropped, Plan):
                self._limit.drop(dropped)
        del self.plans[MAX_PLANS:]

    def forget(self, plan: Plan) -> None:
        self.plans = [known for known in self.plans if known is not plan]
        self.bound = LRUCache(MAX_BOUND)

    def refuse(self, reason: NotPlannable) -> None:
        """Note that there is no plan, for all variables or for those that the reason depends on."""
        if reason.dependencies:
            self.add(NoPlan(str(reason), reason.dependencies))
        else:
            self.reason = str(reason)


class PayloadContext(EngineContext, Protocol):
    """The context of a mutation."""

    #: The operation that is executed.
    operation: PreparedOperation | None


class Engine:
    """Executes queries by plans."""

    def __init__(self, schema: Any, database: Database) -> None:
        self.schema = schema
        self.database = database
        self.codecs = Codecs(database.kind, database.read_engine.dialect)
        #: Statements are stacked where the driver's rows are read as they come.
        self.plans = PlanMaker(schema, self.codecs, stacks=database.calls_driver)
        self.executor_class = payload_executor(self)
        self._limit = PlanLimit()
        self._statements: LRUCache[Hashable, CompiledStatement] = LRUCache(
            MAX_STATEMENTS, MAX_CHARACTERS, lambda statement: len(statement.sql)
        )

    async def execute(
        self,
        operation: PreparedOperation,
        context: EngineContext,
        variables: dict[str, Any] | None,
    ) -> PlannedData | None:
        """Return the data of a query, or None if the reference executor must execute it.

        That is so if a field has no declaration, and if anything unusual happens: the reference
        executor reports errors with their paths. Queries only read, so that nothing happens twice.
        Raise the error of a database that does not answer, or not in time.
        """
        plans = operation.plans
        if plans is None:
            plans = operation.plans = Plans(self._limit)
        if plans.reason is not None or operation.type is not OperationType.QUERY:
            return None
        try:
            with traced("plan", "find or make the plan"):
                plan, bound = await self._bound(plans, operation, context, variables)
            data, rows = await Run(plan, bound, context, self).run()
        except NotPlannable as reason:
            logger.debug("not planned: %s", reason)
            note_reason(str(reason))
            return None
        except Exception as error:
            note_reason(f"the planned execution failed: {type(error).__name__}")
            if is_timeout(error) or is_unreachable(error):
                # Another attempt would take as long, and is likely to fail too.
                raise
            # The reference executor reports it, and counts what it reads itself.
            context.scope.texts.bytes_read = 0
            logger.debug("the planned execution failed: %r", error, exc_info=True)
            return None
        if (trace := CURRENT_TRACE.get()) is not None:
            trace.executor, trace.plan = "planned", describe(plan)
        return PlannedData(data, rows)

    async def _bound(
        self,
        plans: Plans,
        operation: PreparedOperation,
        context: EngineContext,
        variables: dict[str, Any] | None,
    ) -> tuple[Plan, Bound]:
        """Return the plan for given variables, with its arguments."""
        key = orjson.dumps(variables) if variables else b""
        known = plans.bound.get(key)
        if known is not None:
            self._limit.use(known[0])
            return known
        coerced = self.coerced(operation, variables)
        make = partial(self.plans.of_query, operation, coerced)
        plan = await self._plan(plans, operation, coerced, context, make)
        bound = Binder(self.codecs, context.scope, coerced).bind(plan.steps, plan.step_count)
        if bound.is_lasting and len(key) <= MAX_VARIABLES:
            plans.bound.put(key, (plan, bound))
        return plan, bound

    def coerced(self, operation: PreparedOperation, variables: dict[str, Any] | None) -> Any:
        """Return the coerced variables. Raise the first error of invalid ones."""
        definitions = operation.operation.variable_definitions or ()
        found = get_variable_values(self.schema._schema, definitions, variables or {})
        if isinstance(found, list):
            raise found[0]
        return found

    async def _plan(
        self,
        plans: Plans,
        operation: PreparedOperation,
        coerced: Any,
        context: EngineContext,
        make: Callable[[], Plan],
    ) -> Plan:
        """Return the plan for coerced variables. One of a long document is made in a thread."""
        plan = plans.find(coerced.coerced)
        if plan is not None:
            return plan
        is_short = len(operation.document.text) <= MAX_INLINE_CHARACTERS
        try:
            plan = make() if is_short else await context.compute(make)
        except NotPlannable as reason:
            plans.refuse(reason)
            raise
        plans.add(plan)
        return plan

    async def payload(
        self,
        kind: Any,
        nodes: Sequence[FieldNode],
        result: Any,
        coerced: Any,
        context: PayloadContext,
    ) -> dict[str, Any] | None:
        """Return what fields select of the result of a mutation; None as in `execute`.

        The result may be of a dry run, whose transaction is still open.
        """
        operation = context.operation
        if operation is None or result is None:
            return None
        if operation.plans is None:
            operation.plans = Plans(self._limit)
        places = tuple(node.loc.start for node in nodes if node.loc)
        plans = operation.plans.payloads.get(places)
        if plans is None:
            plans = Plans(self._limit)
            operation.plans.payloads.put(places, plans)
        if plans.reason is not None:
            return None
        texts = context.scope.texts
        read_before = texts.bytes_read
        make = partial(self.plans.of_object, operation.fragments, kind, nodes, coerced)
        try:
            plan = await self._plan(plans, operation, coerced, context, make)
            bound = Binder(self.codecs, context.scope, coerced).bind(plan.steps, plan.step_count)
            data, _ = await Run(plan, bound, context, self).run(result)
        except NotPlannable as reason:
            logger.debug("payload not planned: %s", reason)
            return None
        except Exception as error:
            if is_timeout(error) or is_unreachable(error):
                # As above. graphql-core reports it at the payload.
                raise
            # The reference executor reports it, and counts what it reads itself.
            texts.bytes_read = read_before
            logger.debug("the planned payload failed: %r", error, exc_info=True)
            return None
        return data

    async def events(
        self,
        operation: PreparedOperation,
        context: EngineContext,
        variables: dict[str, Any] | None,
        objects: Sequence[Any],
    ) -> list[dict[str, Any]] | None:
        """Return what a subscription selects of each of the objects of its events.

        None as in `execute`.
        """
        plans = operation.plans
        if plans is None:
            plans = operation.plans = Plans(self._limit)
        if plans.reason is not None:
            return None
        try:
            coerced = self.coerced(operation, variables)
            kind, nodes = operation.root_selection
            make = partial(self.plans.of_objects, operation.fragments, kind, nodes, coerced)
            plan = await self._plan(plans, operation, coerced, context, make)
            bound = Binder(self.codecs, context.scope, coerced).bind(plan.steps, plan.step_count)
            data, _ = await Run(plan, bound, context, self).run(list(objects))
        except NotPlannable as reason:
            logger.debug("events not planned: %s", reason)
            return None
        except Exception as error:
            if is_timeout(error) or is_unreachable(error):
                raise
            # The reference executor reports it, and counts what it reads itself.
            context.scope.texts.bytes_read = 0
            logger.debug("the planned events failed: %r", error, exc_info=True)
            return None
        found: list[dict[str, Any]] = data["nodes"]
        return found

    async def statement(
        self, key: Hashable, build: Callable[[], CompiledStatement], context: EngineContext
    ) -> CompiledStatement:
        """Return a compiled statement, built in a thread if it is not cached.

        Building one takes up to some ten milliseconds, which the caller is charged for.
        """
        found = self._statements.get(key)
        if found is None:
            with traced("compile", "compile the SQL"):
                found = await context.compute(build)
            self._statements.put(key, found)
        return found
