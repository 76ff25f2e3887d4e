"""Workflow states."""

import strawberry

import models
from graph.kit.node import Node


@strawberry.type(description="A step of the workflow, a column of the board.")
class State(Node):
    model = models.State

    name: str = strawberry.field(description="What the team calls it, unique in the workspace.")
    category: models.StateCategory = strawberry.field(description="What it means.")
    color: str = strawberry.field(description="As in CSS: #5e6ad2.")
    position: int = strawberry.field(description="Its place on the board, from the left.")
