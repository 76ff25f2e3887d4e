"""The schema, composed of the concepts' queries and mutations."""

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from graph.concepts.change_revert import ChangeMutations
from graph.concepts.comment import Comment, CommentMutations
from graph.concepts.credential import AccessToken, CredentialMutations, Session
from graph.concepts.event import Attendance, Event, EventMutations
from graph.concepts.label import Label, LabelMutations
from graph.concepts.membership import Membership, MembershipMutations
from graph.concepts.milestone import Milestone, MilestoneMutations
from graph.concepts.node import NodeQueries
from graph.concepts.project import Project, ProjectMutations
from graph.concepts.rate_limit import RateLimitQueries
from graph.concepts.state import State, StateMutations
from graph.concepts.task import Task
from graph.concepts.task.mutations import TaskMutations
from graph.concepts.user import User, UserQueries
from graph.concepts.workspace import Workspace, WorkspaceMutations, WorkspaceQueries
from graph.context import Context
from graph.kit.errors import expose
from graph.kit.filtering.relative_time import DATE_TIME_OR_DURATION, RelativeTime
from graph.kit.scalars import SCALARS
from graph.operations.documents import OperationLimits, RequireOperationName
from graph.views.board import max_groups


@strawberry.type(description="The queries.")
class Query(UserQueries, NodeQueries, WorkspaceQueries, RateLimitQueries):
    pass


@strawberry.type(
    description="The mutations. Each field is executed in its own transaction, one after another."
)
class Mutation(
    CredentialMutations,
    WorkspaceMutations,
    MembershipMutations,
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
    """The schema. Its errors have codes, and internal errors are masked."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        context = execution_context and execution_context.context
        hides = isinstance(context, Context) and context.hides_schema
        for error in errors:
            expose(error, suggests=not hides)


#: Types that are only reachable through the interface `Node` must be listed.
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
    """The limits of operations, with the lengths of this schema's lists."""

    lengths = {
        ("TaskBatchPayload", "results"): lambda given, limits: limits.batch_rows,
        ("Workspace", "taskGroups"): lambda given, limits: max_groups(given("by")),
        ("Project", "taskGroups"): lambda given, limits: max_groups(given("by")),
    }


config = StrawberryConfig(scalar_map=SCALARS | {RelativeTime: DATE_TIME_OR_DURATION})
schema = Schema(
    query=Query,
    mutation=Mutation,
    types=NODES,
    config=config,
    extensions=[Within, RequireOperationName],
)
