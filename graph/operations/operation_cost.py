"""The sums of an operation's cost."""

from collections import Counter
from dataclasses import dataclass, field

from graph.operations.filter_cost import UnindexedConditions

#: The least that a request costs. The endpoint charges it before it looks for the document.
REQUEST_COST = 1


@dataclass
class OperationCost:
    #: The cost of each path of fields, such as `viewer.workspaces.nodes`.
    paths: Counter[str] = field(default_factory=Counter)
    #: Objects that the operation could return.
    nodes: int = 0
    #: The part that is not refunded however few objects are returned: statements and writes.
    nonrefundable: int = 0
    #: Values in the arguments of fields, as often as they are read.
    argument_values: int = 0
    #: The fields that the operation selects, with the names of their types.
    fields: set[tuple[str, str]] = field(default_factory=set)
    #: The conditions of filters that no index answers.
    unindexed: UnindexedConditions = field(default_factory=UnindexedConditions)
    #: Bytes that the response could have, besides the contents of strings.
    response_size: int = 0

    def add(self, path: str, *, nodes: int = 0, work: int = 0) -> None:
        """Add the cost of a path: the objects it returns, and its nonrefundable work."""
        self.paths[path] += nodes + work
        self.nodes += nodes
        self.nonrefundable += work

    @property
    def total(self) -> int:
        return max(REQUEST_COST, self.paths.total())
