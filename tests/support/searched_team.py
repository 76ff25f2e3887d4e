"""A workspace with texts to search, and the query that searches it."""

from typing import Any

from models import Role, Task
from tests.support.client import Api
from tests.support.world import World

SEARCH = """
query ($slug: String!, $query: String!, $first: Int, $after: String) {
  workspace(slug: $slug) { search(query: $query, first: $first, after: $after) {
    nodes { task { key title } comment { body } snippet score }
    totalCount
    pageInfo { hasNextPage endCursor }
  } }
}
"""

#: Titles, bodies and comments.
TEXTS = [
    ("Handshake fails", "The server rejects the client key exchange.", ["Seen with OpenSSL."]),
    ("Key exchange in 1-RTT", "Describe the key schedule.", []),
    ("Exchange of keys", "The key is wrong; so is the exchange.", ["A handshake, again."]),
    ("Überprüfung der Länge", "Die LÄNGE ist_falsch, siehe example.com/laenge.", []),
    ("It is to be", "the of and", ["to be or not to be"]),
    ("Release 1.2.3", "Fixes C++ and the <b>bold</b> bug & more.", []),
]


class Team:
    """A workspace to search."""

    def __init__(self, slug: str, token: str, tasks: list[Task]) -> None:
        self.slug = slug
        self.token = token
        self.tasks = tasks


async def build_team(world: World) -> Team:
    workspace = await world.make_workspace()
    user = await world.make_member(workspace, role=Role.GUEST)
    project = await world.make_project(workspace, key="TLS")
    state = await world.make_state(workspace)
    tasks = []
    for number, (title, body, comments) in enumerate(TEXTS, start=1):
        task = await world.make_task(project, state, number=number, title=title, body=body)
        for text in comments:
            await world.make_comment(task, user, body=text)
        tasks.append(task)
    return Team(workspace.slug, await world.make_token(user), tasks)


async def search(api: Api, team: Team, query: str, **arguments: Any) -> list[dict[str, Any]]:
    answer = await api.ask(SEARCH, team.token, slug=team.slug, query=query, **arguments)
    found: dict[str, Any] = answer["workspace"]["search"]
    assert found["totalCount"] == len(found["nodes"])
    nodes: list[dict[str, Any]] = found["nodes"]
    return nodes
