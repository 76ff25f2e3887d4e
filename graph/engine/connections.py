"""Planning of connections: the pages of to-many relationships, and their counts."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, get_named_type

from graph.engine.declarations import ToMany
from graph.engine.field_to_plan import FieldToPlan
from graph.engine.places import Expression, NotPlannable, Place, Shape, Source, Step, StepKind
from graph.kit.paging.keyset import Order
from graph.kit.paging.order_input import list_order
from graph.kit.relations.connection import DEFAULT_COUNT_LIMIT
from graph.kit.relations.fields import parse_paging

if TYPE_CHECKING:
    from graph.engine.planner import Planner


class ConnectionPlanner:
    """Plans the connections of an operation."""

    def __init__(self, planner: "Planner") -> None:
        self.planner = planner

    def plan(self, asked: FieldToPlan, declared: ToMany) -> Expression:
        """Plan a connection; what is not selected of it is not read."""
        key = self.planner.leaves.key(asked.place, "id")
        parts: list[tuple[str, Expression]] = []
        page = _Page(self.planner, asked, declared, key)
        selected = self.planner.selections.fields(asked.kind, asked.selection_sets)
        for answer_key, nodes in selected.items():
            parts.append((answer_key, self._part(page, answer_key, nodes)))
        page.check()
        return lambda: written(parts)

    def _part(self, page: "_Page", key: str, nodes: list[FieldNode]) -> Expression:
        name = nodes[0].name.value
        if name == "nodes":
            return page.nodes(nodes)
        if name == "edges":
            return page.edges(nodes)
        if name == "pageInfo":
            return page.page_info(nodes)
        if name == "totalCount":
            return page.total_count()
        if name == "count":
            return page.count(nodes)
        kind = page.asked.kind.name
        if name == "__typename":
            return lambda: repr(kind)
        raise NotPlannable(f"{page.asked.path}.{key}: not known of connections")


class _Page:
    """One connection of the document, at one place."""

    def __init__(
        self, planner: "Planner", asked: FieldToPlan, declared: ToMany, key: Expression
    ) -> None:
        self.planner = planner
        self.asked = asked
        self.declared = declared
        self.key = key
        self.model = declared.relation.property.mapper.class_
        self._step: Step | None = None
        self._has_steps = False

    @property
    def step(self) -> Step:
        """The step that reads the page, once for all parts that show its rows."""
        if self._step is None:
            self._step = self._new_step(StepKind.PAGE, None)
            self._step.terms = tuple(term.name for term in self._order().terms)
        return self._step

    def check(self) -> None:
        """Check the arguments, even if nothing is selected that needs them."""
        if not self._has_steps:
            self._new_step(StepKind.CHECK, None)

    def _new_step(self, kind: StepKind, limit_text: str | None) -> Step:
        asked = self.asked
        self._has_steps = True
        source = Source(asked.place, ("id",), [], shown_if=self.declared.shown_if)
        step = self.planner.step(
            kind,
            self.model,
            source,
            declared=self.declared,
            arguments=asked.arguments,
            key_width=1,
            merge_key=(kind, self.declared, asked.arguments.text, limit_text),
        )
        asked.place.has_children = True
        return step

    def _order(self) -> Order:
        """The order of the page, which the plan depends on: cursors consist of its columns."""
        order = self.declared.order or list_order(self.model)
        if isinstance(order, Order):
            return order
        self.planner.selections.argument(self.asked.nodes[0], "orderBy")
        values = self.asked.arguments.values(self.planner.coerced)
        return parse_paging(order, values)[0]

    def _rows(self, kind: Any) -> Place:
        asked, step = self.asked, self.step
        target = self.planner.place(
            asked.path, kind, Shape.MANY, asked.place, model=self.model, step=step
        )
        step.sources[0].targets.append(target)
        asked.place.shown.append((target, self.key))
        return target

    def nodes(self, nodes: list[FieldNode]) -> Expression:
        target = self._rows(_item_kind(self.asked.kind, "nodes"))
        self.planner.select(target, _selection_sets(nodes))
        return lambda: f"P[{target.number}].get({self.key()}, E)"

    def edges(self, nodes: list[FieldNode]) -> Expression:
        kind = _item_kind(self.asked.kind, "edges")
        node_kind = get_named_type(kind.fields["node"].type)
        target = self._rows(node_kind)
        outputs: list[tuple[str, Expression]] = []
        for key, inner in self.planner.selections.fields(kind, _selection_sets(nodes)).items():
            outputs.append((key, self._edge_part(target, kind, inner)))
        target.outputs = outputs
        return lambda: f"P[{target.number}].get({self.key()}, E)"

    def _edge_part(self, target: Place, kind: Any, nodes: list[FieldNode]) -> Expression:
        name = nodes[0].name.value
        if name == "cursor":
            self._need_cursors()
            step = self.step
            return lambda: f"B[{step.final.number}].cursor(r)"
        if name == "node":
            # The node is another view of the edge's row.
            before, target.outputs = target.outputs, []
            self.planner.select(target, _selection_sets(nodes))
            parts, target.outputs = target.outputs, before
            return lambda: written(parts)
        if name == "__typename":
            return lambda: repr(kind.name)
        raise NotPlannable(f"{self.asked.path}.edges.{name}: not known of edges")

    def _need_cursors(self) -> None:
        for name in self.step.terms:
            self.step.need(name)

    def page_info(self, nodes: list[FieldNode]) -> Expression:
        kind = get_named_type(self.asked.kind.fields["pageInfo"].type)
        step = self.step
        bound: Callable[[], str] = lambda: f"B[{step.final.number}]"  # noqa: E731
        rows: Callable[[], str] = lambda: f"R[{step.final.number}].get({self.key()})"  # noqa: E731
        more: Callable[[], str] = lambda: f"{self.key()} in M[{step.final.number}]"  # noqa: E731
        expressions: dict[str, Expression] = {
            "__typename": lambda: repr(kind.name),
            "hasNextPage": lambda: f"{bound()}.has_next({more()})",
            "hasPreviousPage": lambda: f"{bound()}.has_previous({more()})",
            "startCursor": lambda: f"{bound()}.end_cursor({rows()}, 0)",
            "endCursor": lambda: f"{bound()}.end_cursor({rows()}, -1)",
        }
        parts = []
        for key, inner in self.planner.selections.fields(kind, _selection_sets(nodes)).items():
            name = inner[0].name.value
            if name in ("startCursor", "endCursor"):
                self._need_cursors()
            parts.append((key, expressions[name]))
        return lambda: written(parts)

    def total_count(self) -> Expression:
        step = self._new_step(StepKind.COUNT, None)
        return lambda: f"R[{step.final.number}].get({self.key()}, 0)"

    def count(self, nodes: list[FieldNode]) -> Expression:
        """Plan a count up to a limit, which the plan depends on."""
        limit = self.planner.selections.argument(nodes[0], "limit")
        limit = DEFAULT_COUNT_LIMIT if limit is None else limit
        if type(limit) is not int or not 1 <= limit <= 1_000_000:
            raise NotPlannable(f"{self.asked.path}.count: the limit is invalid")
        step = self._new_step(StepKind.COUNT, str(limit))
        step.limit = limit
        kind: Any = get_named_type(self.asked.kind.fields["count"].type)
        found: Callable[[], str] = lambda: f"R[{step.final.number}].get({self.key()}, 0)"  # noqa: E731
        expressions: dict[str, Expression] = {
            "__typename": lambda: repr(kind.name),
            "value": lambda: f"min({found()}, {limit})",
            "isExact": lambda: f"{found()} <= {limit}",
        }
        selected = self.planner.selections.fields(kind, _selection_sets(nodes))
        parts = [(key, expressions[inner[0].name.value]) for key, inner in selected.items()]
        return lambda: written(parts)


def written(parts: list[tuple[str, Expression]]) -> str:
    """Return the expression of an object with these fields."""
    return "{" + ", ".join(f"{key!r}: {part()}" for key, part in parts) + "}"


def _item_kind(kind: Any, field: str) -> Any:
    return get_named_type(kind.fields[field].type)


def _selection_sets(nodes: list[FieldNode]) -> list[Any]:
    return [node.selection_set for node in nodes if node.selection_set is not None]
