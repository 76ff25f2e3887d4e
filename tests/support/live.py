"""What tests of subscriptions share: a document, and writes."""

from graph.app import TaskloomApp
from tests.support.office import Office

SELECTED = """
  subscription ($workspace: String!, $after: Int) {
    changes(workspace: $workspace, after: $after) {
      sequence kind subjectType subjectId actor { handle } viewerCanRevert
      fields { name before after }
      subject { __typename id ... on Task { key title state { name } } }
    }
  }
"""


def stop_polling(app: TaskloomApp) -> None:
    """Stop the poll, whose statements would be counted."""
    app.state.server.live._watchers[0].cancel()


async def rename(office: Office, title: str, name: str = "task") -> int:
    payload = await office.must_write("taskUpdate", input={"id": office.gid(name), "title": title})
    sequence: int = payload["sequence"]
    return sequence
