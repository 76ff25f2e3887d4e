"""The schema: its queries put together from the concepts."""

import strawberry
from graphql import GraphQLError
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

schema = Schema(
    query=Query, types=NODES, config=StrawberryConfig(scalar_map=SCALARS | {Moment: MOMENT})
)
