"""The enumerations of the models as types of the API."""

import models
from graph.kit.enums import describe_enum

describe_enum(
    models.Role,
    "What a member of a workspace may do there.",
    OWNER="Everything.",
    ADMIN="Also manages members, workflow states and the workspace.",
    MEMBER="Reads and writes.",
    GUEST="Reads and comments.",
)

describe_enum(
    models.Scope,
    "What a credential may be used for.",
    READ="To read what its user may see.",
    WRITE="Also to write, as its user may.",
)

describe_enum(
    models.StateCategory,
    "What a workflow state means, whatever a team calls it.",
    TRIAGE="New, and not yet looked at.",
    BACKLOG="Accepted, for some time.",
    UNSTARTED="To be done next.",
    STARTED="Being done.",
    COMPLETED="Done.",
    CANCELED="Not to be done.",
)

describe_enum(
    models.Priority,
    "How urgent a task is.",
    URGENT="Before everything else.",
    HIGH="Before most.",
    MEDIUM="In its turn.",
    LOW="When there is time.",
)

describe_enum(
    models.TaskLinkKind,
    "How a task stands to another.",
    BLOCKS="The other cannot be done before it.",
    BLOCKED_BY="It cannot be done before the other.",
    RELATES_TO="Each has to do with the other.",
    DUPLICATES="It says what the other said.",
    DUPLICATED_BY="The other says what it said.",
)

describe_enum(
    models.AttendanceResponse,
    "What somebody answered to an invitation.",
    PENDING="Not answered yet.",
    ACCEPTED="Will come.",
    TENTATIVE="May come.",
    DECLINED="Will not come.",
)
