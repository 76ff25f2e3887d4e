"""The files that the guides to clients and to live changes print.

A block of a guide is a file if the line above it has only a path in backticks, with an empty line
between them. The path is relative to the folder of an application.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "clients.md"
LIVE = ROOT / "docs" / "live.md"
SCHEMA = ROOT / "schema.graphql"
FILE = re.compile(r"^`([\w./-]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(?:ts|json|python)$", re.MULTILINE)
MANIFESTS = re.compile(r"documents add ((?:[\w./-]+|\s|\\\n)+)\n```")
TAGGED = re.compile(r"\bgraphql\(`(.*?)`\)", re.DOTALL)
OPERATION = re.compile(r"(?:query|mutation) (\w+)")


def printed_files() -> dict[str, str]:
    """The texts of the files by their paths."""
    files: dict[str, str] = {}
    for path in (PAGE, LIVE):
        page = path.read_text()
        found = dict(FILE.findall(page))
        assert len(found) == len(BLOCK.findall(page)), "a block has no path of its own"
        files |= found
    return files


def printed_manifests() -> list[str]:
    """The files and folders that the guide's tools write for `taskloom documents add`."""
    command = MANIFESTS.search(PAGE.read_text())
    assert command is not None
    return command[1].replace("\\", "").split()


def write_files(folder: Path) -> None:
    """Write the files and the schema."""
    for path, text in printed_files().items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "schema.graphql").write_text(SCHEMA.read_text())


def write_documents(folder: Path) -> list[Path]:
    """Write the operations that are TypeScript calls of `graphql`, in a folder for each client."""
    folders = []
    for path, text in printed_files().items():
        for document in TAGGED.findall(text):
            name = OPERATION.search(document)
            assert name is not None
            client = folder / Path(path).parent.name
            client.mkdir(parents=True, exist_ok=True)
            (client / f"{name[1]}.graphql").write_text(document)
            folders.append(client)
    return sorted(set(folders))
