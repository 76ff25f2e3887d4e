"""The expected permissions: one entry for each field and each mutation of the schema."""

from tests.support.concept_cases import declared

#: Fields that have the same value for all members of a workspace, and are hidden from others.
MEMBERS = {
    "Attendance": "id user event response version",
    "AttendanceConnection": "nodes edges pageInfo totalCount count",
    "AttendanceEdge": "cursor node",
    "CappedCount": "value isExact",
    "Change": "sequence at kind actor subjectType subjectId subject fields",
    "ChangeConnection": "nodes edges pageInfo totalCount count",
    "ChangeEdge": "cursor node",
    "ChangePage": "nodes lastSequence hasMore",
    "Comment": "id body bodyHTML createdAt editedAt author task version",
    "CommentConnection": "nodes edges pageInfo totalCount count",
    "CommentEdge": "cursor node",
    "Event": (
        "id title description descriptionHTML location startsAt endsAt workspace relatedProject "
        "project organizer attendees version"
    ),
    "EventConnection": "nodes edges pageInfo totalCount count",
    "EventEdge": "cursor node",
    "FieldChange": "name before after",
    "Label": "id name color description createdAt tasks version",
    "LabelConnection": "nodes edges pageInfo totalCount count",
    "LabelEdge": "cursor node",
    "Membership": "id user workspace role joinedAt version",
    "MembershipConnection": "nodes edges pageInfo totalCount count",
    "MembershipEdge": "cursor node",
    "Milestone": (
        "id title description descriptionHTML dueOn createdAt closedAt project tasks version"
    ),
    "MilestoneConnection": "nodes edges pageInfo totalCount count",
    "MilestoneEdge": "cursor node",
    "PageInfo": "hasNextPage hasPreviousPage startCursor endCursor",
    "Project": (
        "id key name description descriptionHTML createdAt updatedAt archivedAt version workspace "
        "lead tasks taskGroups milestones"
    ),
    "ProjectConnection": "nodes edges pageInfo totalCount count",
    "ProjectEdge": "cursor node",
    "SearchResult": "task comment snippet score",
    "SearchResultConnection": "nodes edges pageInfo totalCount count",
    "SearchResultEdge": "cursor node",
    "State": "id name category color position tasks version",
    "Task": (
        "id key number title body bodyHTML url priority estimate dueOn rank createdAt updatedAt "
        "startedAt closedAt archivedAt deletedAt version sourceUrl workspace project state creator "
        "assignees labels milestone parent subtasks links comments changes"
    ),
    "TaskConnection": "nodes edges pageInfo totalCount count",
    "TaskEdge": "cursor node",
    "TaskGroup": "id key node title count estimate tasks",
    "TaskPriority": "priority",
    "TaskLink": "kind task",
    "User": "id handle name avatarUrl createdAt workspaces assignedTasks events",
    "WorkspaceConnection": "nodes edges pageInfo totalCount count",
    "WorkspaceEdge": "cursor node",
    "Workspace": (
        "id slug name createdAt sequence members states labels projects milestones project tasks "
        "task taskGroups search events changes version"
    ),
    "Query": "node nodes workspace",
    "Subscription": "changes",
}
#: Fields that only their owner sees, with a credential that is not limited to a workspace.
OWN = {
    "AccessToken": (
        "id name prefix scope workspace createdAt expiresAt lastUsedAt revokedAt parent"
    ),
    "AccessTokenConnection": "nodes edges pageInfo totalCount count",
    "AccessTokenEdge": "cursor node",
    "Session": "id userAgent createdAt expiresAt lastUsedAt isCurrent",
    "SessionConnection": "nodes edges pageInfo totalCount count",
    "SessionEdge": "cursor node",
    "User": "accessTokens sessions",
}
#: Fields whose value depends on the role of the viewer.
BY_ROLE = {
    "Attendance": "viewerCanUpdate",
    "Change": "viewerCanRevert",
    "Comment": "viewerCanUpdate viewerCanDelete",
    "Event": "viewerCanUpdate viewerCanDelete",
    "Label": "viewerCanUpdate viewerCanDelete",
    "Membership": "viewerCanUpdate viewerCanDelete",
    "Milestone": "viewerCanUpdate viewerCanDelete",
    "Project": "viewerCanUpdate",
    "State": "viewerCanUpdate viewerCanDelete",
    "Task": "viewerCanUpdate viewerCanDelete viewerCanComment",
    "Workspace": "viewerRole viewerCanUpdate viewerCanWrite",
}
#: Fields that only the user and administrators of their workspaces see.
ADMINS = {"User": "email"}
#: Fields that anybody sees.
ANYONE = {
    "Query": "viewer rateLimit",
    "RateLimit": "cost limit nodeCount remaining used resetAt",
}

WRITERS = frozenset({"member", "admin", "owner", "bound"})
ADMINISTRATORS = WRITERS - {"member"}
#: The users who may run the example of each mutation.
MUTATIONS = {
    "workspaceCreate": frozenset({"guest", "member", "admin", "owner", "outsider"}),
    "workspaceUpdate": ADMINISTRATORS,
    "memberAdd": ADMINISTRATORS,
    "memberUpdate": ADMINISTRATORS,
    "memberRemove": ADMINISTRATORS | {"outsider"},
    **dict.fromkeys(
        (
            "projectCreate", "projectUpdate", "projectArchive", "projectUnarchive",
            "taskCreate", "taskUpdate", "taskBatchUpdate", "taskMove", "taskArchive",
            "taskUnarchive", "taskDelete", "taskRestore", "taskLinkCreate", "taskLinkDelete",
            "labelCreate", "labelUpdate", "labelDelete", "milestoneCreate", "milestoneUpdate",
            "milestoneDelete", "eventCreate", "eventUpdate", "eventDelete", "changeRevert",
        ),
        WRITERS,
    ),
    "stateCreate": ADMINISTRATORS,
    "stateUpdate": ADMINISTRATORS,
    "stateDelete": ADMINISTRATORS,
    "commentCreate": WRITERS | {"guest"},
    # The author may update a comment; the author and administrators may delete it.
    "commentUpdate": frozenset({"member"}),
    "commentDelete": WRITERS,
    # Only invited users may respond.
    "eventRespond": frozenset({"guest", "member"}),
}  # fmt: skip
#: The users who may run each mutation that does not write to a workspace.
ACTIONS = {
    "signIn": frozenset({
        "anonymous", "outsider", "guest", "member", "admin", "owner", "reader", "bound", "foreign",
    }),
    # Signing out needs no session, but access tokens are refused.
    "signOut": frozenset({"anonymous"}),
    "sessionRevoke": frozenset({"outsider", "guest", "member", "admin", "owner"}),
    "tokenCreate": frozenset({"outsider", "guest", "member", "admin", "owner"}),
    # Any token may revoke itself.
    "tokenRevoke": frozenset({
        "outsider", "guest", "member", "admin", "owner", "reader", "bound", "foreign",
    }),
}  # fmt: skip

for _fields in declared("FIELDS"):
    for _audience, _table in (
        ("members", MEMBERS), ("own", OWN), ("by_role", BY_ROLE), ("admins", ADMINS),
        ("anyone", ANYONE),
    ):  # fmt: skip
        for _type, _names in _fields.get(_audience, {}).items():
            _table[_type] = f"{_table.get(_type, '')} {_names}".strip()
for _mutations in declared("MUTATIONS"):
    MUTATIONS |= _mutations
