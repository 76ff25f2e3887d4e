"""The place of planned execution: it may answer a query instead of the reference executor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from graph.operations.prepared import PreparedOperation

if TYPE_CHECKING:
    from graph.context import Context


@dataclass(slots=True)
class PlannedData:
    """The data of a query that had no error."""

    #: The data, of values that orjson encodes. Not read if it is encoded already.
    data: Any
    #: The objects in its lists, as `count_rows` counts them.
    rows: int
    #: The data as JSON.
    encoded: bytes | None = None


class PlannedExecution(Protocol):
    """Executes queries by a plan."""

    #: The class of the reference executor that executes mutations, and plans their payloads.
    executor_class: type[Any]

    async def execute(
        self, operation: PreparedOperation, context: "Context", variables: dict[str, Any] | None
    ) -> PlannedData | None:
        """Return the data of a query that has been charged, or None.

        None means that the reference executor is to execute the whole operation, such as if a field
        has an error. Plans are kept in `operation.plans`.
        """
        ...

    async def events(
        self,
        operation: PreparedOperation,
        context: "Context",
        variables: dict[str, Any] | None,
        objects: Sequence[Any],
    ) -> list[dict[str, Any]] | None:
        """Return what a subscription selects of each of the objects of its events.

        None as above.
        """
        ...
