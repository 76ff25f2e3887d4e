"""What the test modules of concepts declare for the tests that walk the schema.

A module in `tests/graph/concepts` may define

    FIELDS           fields of its types by audience: {"members": {"Reaction": "id emoji"}}
    MUTATIONS        the credentials that may use the example of each mutation
    EXAMPLES         an example of each mutation
    REJECTIONS       rejected uses of each mutation
    add_to_office    an async function that adds rows to the office of writing tests
    add_rows         an async function that adds rows to the workspace of reading tests

so that a new concept needs no edit in shared test modules.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import tests.graph.concepts


def declared(name: str) -> list[Any]:
    """Return what the concepts' test modules declare under a name, one value for each module."""
    package = tests.graph.concepts
    modules = [
        import_module(f"{package.__name__}.{module.name}")
        for module in iter_modules(package.__path__)
    ]
    return [getattr(module, name) for module in modules if hasattr(module, name)]
