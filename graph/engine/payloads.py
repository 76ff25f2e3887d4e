"""Payloads of mutations: the reference executor runs the mutation, a plan assembles its payload.

A mutation's arguments, its permission, its transaction and its errors are graphql-core's and the
kit's. What is selected of its result is a query like any other, from an object that is known.
"""

from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType, OperationType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

if TYPE_CHECKING:
    from graph.engine.engine import Engine


def payload_executor(engine: "Engine") -> type[Any]:
    """Return an executor that lets an engine assemble the payloads of mutations."""

    class PayloadExecutor(StrawberryGraphQLCoreExecutionContext):
        def complete_object_value(
            self,
            return_type: GraphQLObjectType,
            field_details_list: Any,
            info: Any,
            path: Any,
            result: Any,
            position_context: Any,
        ) -> Any:
            arguments = (return_type, field_details_list, info, path, result, position_context)
            is_payload = path.prev is None and self.operation.operation is OperationType.MUTATION
            if not is_payload:
                return super().complete_object_value(*arguments)
            return self._payload(*arguments)

        async def _payload(
            self, return_type: GraphQLObjectType, details: Any, info: Any, path: Any, *others: Any
        ) -> Any:
            result = others[0]
            nodes = [one.node for one in details]
            found = await engine.payload(
                return_type, nodes, result, self.variable_values, self.context_value
            )
            if found is not None:
                return found
            completed = super().complete_object_value(return_type, details, info, path, *others)
            return await completed if self.is_awaitable(completed) else completed

    return PayloadExecutor
