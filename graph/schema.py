"""The schema: its queries put together from the concepts."""

from collections.abc import Iterator

import strawberry
from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

import graph.enums  # noqa: F401 - describes the enumerations
from graph.comment import Comment
from graph.event import Attendance, Event
from graph.kit.errors import expose
from graph.kit.moment import MOMENT, Moment
from graph.kit.scalars import SCALARS
from graph.label import Label
from graph.milestone import Milestone
from graph.node import NodeQueries
from graph.project import Project
from graph.state import State
from graph.task import Task
from graph.user import User, UserQueries
from graph.workspace import Membership, Workspace, WorkspaceQueries


@strawberry.type(description="What can be read.")
class Query(UserQueries, NodeQueries, WorkspaceQueries):
    pass


class OperationIsNamed(SchemaExtension):
    """Which of several operations runs must be said, as the specification has it."""

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = context.graphql_document
        operations = [
            definition
            for definition in (document.definitions if document else ())
            if isinstance(definition, OperationDefinitionNode)
        ]
        if len(operations) > 1 and context._provided_operation_name is None:
            message = "The document has several operations: name one as operationName."
            context.pre_execution_errors = [GraphQLError(message, operations)]
        yield


class Schema(strawberry.Schema):
    """The schema, whose errors have codes and tell nothing that they should not."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        for error in errors:
            expose(error)


#: The types that a caller reaches through `node` alone must be named.
NODES = [
    Attendance,
    Comment,
    Event,
    Label,
    Membership,
    Milestone,
    Project,
    State,
    Task,
    User,
    Workspace,
]

config = StrawberryConfig(scalar_map=SCALARS | {Moment: MOMENT})
schema = Schema(query=Query, types=NODES, config=config, extensions=[OperationIsNamed])
