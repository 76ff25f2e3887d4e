"""Requests that try to exhaust the server."""

import json

from tests.graph.operations.test_limits import doubling, nested


def query(text: str, **variables: object) -> bytes:
    return json.dumps({"query": text, "variables": variables}).encode()


def bombs() -> dict[str, bytes]:
    """The body of each attack, by its name: small requests for much work, or huge requests."""
    deep = "fields { type { " * 8 + "name" + " } }" * 8
    huge = "id"
    for _ in range(3):
        huge = f"subtasks(first: 100) {{ nodes {{ {huge} }} }}"
    return {
        "a fragment bomb of 522 bytes": query(doubling(13)),
        "a larger fragment bomb": query(doubling(500)),
        "a cycle of fragments": query(
            "{ viewer { ...a } } fragment a on User { ...b } fragment b on User { ...a }"
        ),
        "10,000 aliases": query(
            "{ viewer { " + " ".join(f"a{n}: id" for n in range(10_000)) + " } }"
        ),
        "unused fragments": query(
            "{ viewer { id } } " + " ".join(f"fragment f{n} on User {{ id }}" for n in range(900))
        ),
        "one field 900 times": query("{ viewer { " + "id " * 900 + "} }"),
        "unknown fields": query("{ viewer { " + " ".join(f"x{n}" for n in range(900)) + " } }"),
        "deep introspection": query(f"{{ __schema {{ types {{ {deep} }} }} }}"),
        "nested pages": query(f'{{ node(id: "x") {{ ... on Task {{ {huge} }} }} }}'),
        "deep objects": query(f"{{ viewer {{ {nested(60)} }} }}"),
        "a document of 1 MB": query("{ viewer { id } } #" + "x" * 1_000_000),
        "100,000 tokens": query("{ viewer { " + "a " * 100_000 + "} }"),
        "a document within a list of 4,000 levels": query(
            "{ nodes(ids: " + "[" * 4_000 + "]" * 4_000 + ") { id } }"
        ),
        "2,000 variables": query(
            "query (" + " ".join(f"$v{n}: Int" for n in range(2_000)) + ") { viewer { id } }"
        ),
        "variables of 300,000 values": query("{ __typename }", x=[0] * 300_000),
        "variables of 5,000 levels": b'{"query": "{ __typename }", "variables": {"x": '
        + b"[" * 5_000 + b"]" * 5_000 + b"}}",
        "a body of 6 MB": b'{"query": "' + b"x" * 6_000_000 + b'"}',
        "a number of 90,000 digits": query(
            "{ viewer { workspaces(first: " + "9" * 90_000 + ") { totalCount } } }"
        ),
        "numbers as variables": query(
            "query ($n: Int) { viewer { workspaces(first: $n) { totalCount } } }", n=10**18
        ),
        "60 mutations at once": query(
            "mutation { " + " ".join(f"a{n}: signOut {{ sequence }}" for n in range(60)) + " }"
        ),
        "a batch of operations": json.dumps([{"query": "{ viewer { id } }"}] * 1_000).encode(),
    }  # fmt: skip
