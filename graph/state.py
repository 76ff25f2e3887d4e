"""Workflow states."""

import strawberry

import models
from graph.kit.enums import described
from graph.kit.node import Node

described(
    models.StateCategory,
    "What a workflow state means, whatever a team calls it.",
    TRIAGE="New, and not yet looked at.",
    BACKLOG="Accepted, for some time.",
    UNSTARTED="To be done next.",
    STARTED="Being done.",
    COMPLETED="Done.",
    CANCELED="Not to be done.",
)


@strawberry.type(description="A step of the workflow, a column of the board.")
class State(Node):
    model = models.State

    name: str = strawberry.field(description="What the team calls it, unique in the workspace.")
    category: models.StateCategory = strawberry.field(description="What it means.")
    color: str = strawberry.field(description="As in CSS: #5e6ad2.")
    position: int = strawberry.field(description="Its place on the board, from the left.")
