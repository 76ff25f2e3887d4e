"""Labels."""

import strawberry

import models
from graph.kit.node import Node


@strawberry.type(description="A colored word that a workspace sorts its tasks by.")
class Label(Node):
    model = models.Label

    name: str = strawberry.field(description="The word, unique in the workspace.")
    color: str = strawberry.field(description="As in CSS: #5e6ad2.")
    description: str | None = strawberry.field(description="When to use it.")
