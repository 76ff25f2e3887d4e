"""Requests for traces: who may have one, and in which form.

    X-Taskloom-Trace: 1            `extensions.trace`
    X-Taskloom-Trace: explain      the same, with the database's plan of each statement
    X-Taskloom-Executor: reference the reference executor executes the operation (with a trace)
    X-GraphQL-Explain: plan,sql    `extensions.explain`, as Ruru shows it

A trace shows how the server works. It is therefore for those who administer all workspaces that
their credential reaches, and only of queries, which read nothing but what the viewer may see. The
database's plans are estimated from the rows of all workspaces. They, and traces of mutations, are
only for servers whose settings allow traces to everybody.
"""

from collections.abc import Collection, Mapping
from itertools import chain
from typing import Any

from graph.kit.trace import Trace
from graph.operations.requests import OperationResult
from graph.settings import Settings
from models import Viewer

TRACE, EXECUTOR, EXPLAIN = "x-taskloom-trace", "x-taskloom-executor", "x-graphql-explain"
REFUSED = (
    "Traces are for owners and admins of all workspaces that the credential reaches. Use a token "
    "that is limited to a workspace that you administer, or ask the operator to set TASKLOOM_TRACE."
)


def requested_trace(
    headers: Mapping[str, str], viewer: Viewer, settings: Settings
) -> tuple[Trace | None, str | None]:
    """Return the trace that a request asks for, or why it may have none. Both None if not asked."""
    asked, explained = _asked(headers)
    if not asked and not explained:
        return None, None
    if not may_trace(viewer, settings):
        return None, REFUSED
    is_reference = headers.get(EXECUTOR, "").strip().lower() == "reference"
    is_open = settings.trace == "everybody"
    explains = is_open and (asked == "explain" or "sql" in explained)
    return Trace(explains=explains, by_reference=is_reference, of_queries=not is_open), None


def _asked(headers: Mapping[str, str]) -> tuple[str, frozenset[str]]:
    """Return in which forms a trace is asked for; other values ask for none."""
    trace = headers.get(TRACE, "").strip().lower()
    kinds = {kind.strip().lower() for kind in headers.get(EXPLAIN, "").split(",")}
    return trace if trace in ("1", "explain") else "", frozenset(kinds & {"plan", "sql"})


def may_trace(viewer: Viewer, settings: Settings) -> bool:
    if settings.trace == "everybody":
        return True
    if settings.trace == "nobody" or not viewer.roles:
        return False
    return viewer.administered == viewer.roles.keys()


def show_trace(result: OperationResult, headers: Mapping[str, str], refusal: str | None) -> None:
    """Leave the extensions that were asked for in a result."""
    asked, explained = _asked(headers)
    if not asked and not explained:
        return
    extensions = dict(result.extensions or {})
    trace = extensions.pop("trace", None) if refusal is None else {"refused": refusal}
    if trace is not None:
        if asked:
            extensions["trace"] = trace
        if explained:
            extensions["explain"] = trace if "refused" in trace else as_explain(trace, explained)
    result.extensions = extensions or None


def as_explain(trace: Mapping[str, Any], kinds: Collection[str]) -> dict[str, Any]:
    """Return a trace as `extensions.explain` of Grafast, which Ruru shows."""
    operations: list[dict[str, Any]] = []
    if "plan" in kinds and trace["plan"] is not None:
        operations.append({"type": "plan", "title": "Plan", "plan": as_grafast_plan(trace["plan"])})
    if "sql" in kinds:
        for statement in trace["statements"]:
            operations.append(
                {
                    "type": "sql",
                    "title": f"Statement {statement['id'] + 1}: {statement['durationMs']} ms",
                    "query": statement["sql"],
                    "explain": as_text(statement["explain"]),
                }
            )
    return {"operations": operations}


def as_grafast_plan(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan in the JSON of Grafast's plans: a stage is a bucket."""
    buckets: list[dict[str, Any]] = []
    stages = [[step for unit in stage for step in unit["steps"]] for stage in plan["stages"]]
    parents: dict[str, int] = {}
    for step in chain.from_iterable(stages):
        for path in step["paths"]:
            parents.setdefault(path, step["number"])
    for number, steps in enumerate(stages):
        buckets.append(
            {
                "id": number,
                "reason": {"type": f"stage {number + 1}" if number else "root"},
                "parentSideEffectStepId": None,
                "copyStepIds": [],
                "childIds": [number + 1] if number + 1 < len(stages) else [],
                "rootStepId": None,
                "phases": [],
                "steps": [_grafast_step(step, number, parents) for step in steps],
            }
        )
    return {"version": "v1", "rootBucketId": 0, "buckets": buckets}


def _grafast_step(
    step: Mapping[str, Any], bucket: int, parents: Mapping[str, int]
) -> dict[str, Any]:
    found = {_parent(path, parents) for path in step["paths"]} - {None}
    return {
        "id": step["number"],
        "stepClass": "".join(word.capitalize() for word in step["kind"].split()) + "Step",
        "metaString": " ".join([step["model"] or "", ", ".join(step["paths"])]).strip(),
        "bucketId": bucket,
        "dependencyIds": sorted(found),
        "dependencyForbiddenFlags": [0 for _ in found],
        "dependencyOnReject": [None for _ in found],
        "polymorphicPaths": None,
        "isSyncAndSafe": False,
        "supportsUnbatched": False,
        "hasSideEffects": False,
        "isUnary": False,
        "extra": {},
    }


def _parent(path: str, parents: Mapping[str, int]) -> int | None:
    """Return the step of the nearest object above a path."""
    while path:
        path = path.rpartition(".")[0]
        if path in parents:
            return parents[path]
    return None


def as_text(explanation: Any, depth: int = 0) -> str:
    """Return the plan of a statement as indented text."""
    if isinstance(explanation, list):
        return "\n".join(as_text(one, depth) for one in explanation)
    if not isinstance(explanation, dict):
        return ""
    if "detail" in explanation:
        return str(explanation["detail"])
    if "table" in explanation:
        return ", ".join(f"{key}: {value}" for key, value in explanation.items() if value)
    node = explanation.get("Plan", explanation)
    if "Node Type" not in node:
        return str(node)
    of = node.get("Index Name") or node.get("Relation Name") or node.get("CTE Name") or ""
    own = "  " * depth + f"{node['Node Type']} {of}".rstrip() + f" (cost={node['Total Cost']})"
    return "\n".join([own, *(as_text(one, depth + 1) for one in node.get("Plans", ()))])
