"""The schema: its queries and mutations put together from the concepts."""

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

import graph.views.enums  # noqa: F401 - describes the enumerations
from graph.concepts.change_revert import ChangeMutations
from graph.concepts.comment import Comment, CommentMutations
from graph.concepts.credential import AccessToken, CredentialMutations, Session
from graph.concepts.event import Attendance, Event, EventMutations
from graph.concepts.label import Label, LabelMutations
from graph.concepts.milestone import Milestone, MilestoneMutations
from graph.concepts.node import NodeQueries
from graph.concepts.project import Project, ProjectMutations
from graph.concepts.rate_limit import RateLimitQueries
from graph.concepts.state import State, StateMutations
from graph.concepts.task import Task
from graph.concepts.task.mutations import TaskMutations
from graph.concepts.user import User, UserQueries
from graph.concepts.workspace import Membership, Workspace, WorkspaceMutations, WorkspaceQueries
from graph.context import Context
from graph.kit.errors import expose
from graph.kit.filtering.relative_time import DATE_TIME_OR_DURATION, RelativeTime
from graph.kit.scalars import SCALARS
from graph.operations.extensions import OperationLimits, RequireOperationName
from graph.views.board import groups


@strawberry.type(description="What can be read.")
class Query(UserQueries, NodeQueries, WorkspaceQueries, RateLimitQueries):
    pass


@strawberry.type(
    description="What can be written. Each field is a transaction of its own, done in their order."
)
class Mutation(
    CredentialMutations,
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
        hides = isinstance(context, Context) and context.hides_schema
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


class Within(OperationLimits):
    """The limits of this schema's documents."""

    lengths = {
        ("TaskBatchPayload", "results"): lambda given, limits: limits.batch_rows,
        ("Workspace", "taskGroups"): lambda given, limits: groups(given("by")),
        ("Project", "taskGroups"): lambda given, limits: groups(given("by")),
    }


config = StrawberryConfig(scalar_map=SCALARS | {RelativeTime: DATE_TIME_OR_DURATION})
schema = Schema(
    query=Query,
    mutation=Mutation,
    types=NODES,
    config=config,
    extensions=[Within, RequireOperationName],
)
