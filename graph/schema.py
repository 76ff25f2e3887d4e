"""The schema: its queries and mutations put together from the concepts."""

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

import graph.enums  # noqa: F401 - describes the enumerations
from graph.access import AccessMutations, AccessToken, Session
from graph.board import groups
from graph.comment import Comment, CommentMutations
from graph.context import Context
from graph.event import Attendance, Event, EventMutations
from graph.kit.documents import OperationIsNamed, WithinLimits
from graph.kit.errors import expose
from graph.kit.moment import MOMENT, Moment
from graph.kit.scalars import SCALARS
from graph.label import Label, LabelMutations
from graph.milestone import Milestone, MilestoneMutations
from graph.node import NodeQueries
from graph.project import Project, ProjectMutations
from graph.rate_limit import RateLimitQueries
from graph.state import State, StateMutations
from graph.task import Task
from graph.task.mutations import TaskMutations
from graph.undo import ChangeMutations
from graph.user import User, UserQueries
from graph.workspace import Membership, Workspace, WorkspaceMutations, WorkspaceQueries


@strawberry.type(description="What can be read.")
class Query(UserQueries, NodeQueries, WorkspaceQueries, RateLimitQueries):
    pass


@strawberry.type(
    description="What can be written. Each field is a transaction of its own, done in their order."
)
class Mutation(
    AccessMutations,
    WorkspaceMutations,
    ProjectMutations,
    TaskMutations,
    CommentMutations,
    LabelMutations,
    MilestoneMutations,
    StateMutations,
    EventMutations,
    ChangeMutations,
):
    pass


class Schema(strawberry.Schema):
    """The schema, whose errors have codes and tell nothing that they should not."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        context = execution_context and execution_context.context
        hides = isinstance(context, Context) and context.hides_the_schema
        for error in errors:
            expose(error, suggests=not hides)


#: The types that a caller reaches through `node` alone must be named.
NODES = [
    AccessToken,
    Attendance,
    Comment,
    Event,
    Label,
    Membership,
    Milestone,
    Project,
    Session,
    State,
    Task,
    User,
    Workspace,
]


class Within(WithinLimits):
    """The limits of this schema's documents."""

    lengths = {
        ("TaskBatchPayload", "results"): lambda given, limits: limits.batch_rows,
        ("Workspace", "taskGroups"): lambda given, limits: groups(given("by")),
        ("Project", "taskGroups"): lambda given, limits: groups(given("by")),
    }


config = StrawberryConfig(scalar_map=SCALARS | {Moment: MOMENT})
schema = Schema(
    query=Query,
    mutation=Mutation,
    types=NODES,
    config=config,
    extensions=[Within, OperationIsNamed],
)
