"""Tasks, and the links between them."""

from graph.concepts.task.filter import TaskFilter
from graph.concepts.task.mutations import TaskMutations
from graph.concepts.task.type import Task, TaskLink

__all__ = ["Task", "TaskFilter", "TaskLink", "TaskMutations"]
