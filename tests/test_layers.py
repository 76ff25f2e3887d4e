"""Rules of the code base, checked on its syntax trees: layers, visibility, length."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.check

ROOT = Path(__file__).parent.parent
#: From the lowest layer to the highest. A module may import from its own layer and from lower ones.
#: The longest prefix decides; a module that matches none fails the test.
LAYERS = [
    "models",
    "graph.settings",
    "graph.engine.declarations",
    "graph.kit",
    "graph.engine graph.operations graph.auth",
    "graph.live",
    "graph.context graph.types",
    "graph.rules",
    "graph.views",
    "graph.concepts",
    "graph.schema",
    "graph.http",
    "graph.background",
    "graph.app",
    "graph.cli",
]
FRAMEWORKS = {"strawberry", "fastapi", "starlette", "graphql", "uvicorn", "typer", "rich"}
#: The modules of `models` that are shared by all layers. Each other module is a concept.
SHARED_MODELS = {"__init__", "base", "viewer", "purge"}
CONCEPTS = {path.stem for path in (ROOT / "models").glob("*.py")} - SHARED_MODELS - {"credential"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("models", "graph"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), ast.parse(path.read_text())


def imports(tree: ast.Module) -> Iterator[str]:
    """The imports of a module, except those under `if TYPE_CHECKING`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(module: str) -> int | None:
    """The layer of one of our modules, by its longest prefix; None for a third-party module."""
    if module.split(".", maxsplit=1)[0] not in ("graph", "models"):
        return None
    if module == "graph":
        return len(LAYERS)
    found = [
        (len(prefix), place)
        for place, prefixes in enumerate(LAYERS)
        for prefix in prefixes.split()
        if module == prefix or module.startswith(f"{prefix}.")
    ]
    if not found:
        raise AssertionError(f"{module} has no layer: move it into a folder, or add it to LAYERS")
    return max(found)[1]


def test_imports_go_down_the_layers() -> None:
    violations = []
    for module, tree in modules():
        own = layer(module)
        for imported in imports(tree):
            other = layer(imported)
            if own is not None and other is not None and other > own:
                violations.append(f"{module} imports {imported}")
            if module.startswith("models") and imported.split(".")[0] in FRAMEWORKS:
                violations.append(f"{module} imports {imported}")
    assert violations == []


def concept_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[2] if parts[:2] == ["graph", "concepts"] and len(parts) > 2 else None


def test_concepts_do_not_import_each_other() -> None:
    violations = []
    for module, tree in modules():
        own = concept_of(module)
        for imported in imports(tree):
            other = concept_of(imported)
            if own is not None and other is not None and own != other:
                violations.append(f"{module} imports {imported}")
    assert violations == []


def test_kit_names_no_concept() -> None:
    violations = []
    for module, tree in modules():
        if not module.startswith("graph.kit"):
            continue
        for imported in imports(tree):
            if imported.startswith("models") and set(imported.split(".")) & CONCEPTS:
                violations.append(f"{module} imports {imported}")
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in {name.title() for name in CONCEPTS}:
                violations.append(f"{module} names {node.id}")
    assert violations == []


def test_every_query_is_limited_to_visible_rows() -> None:
    """A `select` that is not limited to visible rows needs a comment `# scope:` with the reason."""
    violations = []
    for path in sorted((ROOT / "graph").rglob("*.py")):
        parts = path.relative_to(ROOT).parts
        # Commands act for the operator of the server, who may see everything.
        if parts[1] == "cli" or parts[1:] == ("kit", "loading", "scope.py"):
            continue
        lines = path.read_text().splitlines()
        for node in ast.walk(ast.parse("\n".join(lines))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            if isinstance(node.func, ast.Attribute):
                called = {"get": "", "get_one": "get_one"}.get(node.func.attr, "")
            if called not in {"select", "text", "get_one", "exists"}:
                continue
            near = lines[max(0, node.lineno - 3) : node.lineno]
            if not any("# scope:" in line for line in near):
                violations.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert violations == []


def test_modules_have_at_most_400_lines() -> None:
    """Migrations may be longer."""
    long = [
        f"{path.relative_to(ROOT)}: {lines}"
        for folder in ("models", "graph", "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "versions" not in path.parts and (lines := len(path.read_text().splitlines())) > 400
    ]
    assert long == []
