"""Registering documents: manifests of tools, and folders."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from models import RegisteredDocument
from models.columns.digest import digest
from models.database import Database
from tests.support.command import taskloom
from tests.support.database_kinds import one_database  # noqa: F401


def manifests(texts: list[str]) -> dict[str, Any]:
    """The manifests that tools write for documents, by the names of the tools."""
    by_hash = {digest(text).hex(): text for text in texts}
    apollo = [
        {"id": document_id, "body": text, "name": "A", "type": "query"}
        for document_id, text in by_hash.items()
    ]
    return {
        "apollo": {
            "format": "apollo-persisted-query-manifest", "version": 1, "operations": apollo,
        },
        "codegen": by_hash,
    }  # fmt: skip


@pytest.mark.parametrize("tool", ["apollo", "codegen"])
async def test_manifests_and_folders_are_registered(
    url: str, database: Database, tmp_path: Path, tool: str
) -> None:
    texts = ["query Me { viewer { handle } }", "query Node($id: ID!) { node(id: $id) { id } }"]
    folder = tmp_path / "documents" / "inner"
    folder.mkdir(parents=True)
    (folder / "all.json").write_text(json.dumps(manifests(texts)[tool]))
    (folder / "more.gql").write_text("{ __typename }")
    (folder / "README.md").write_text("no document")
    done = await taskloom(url, "documents", "add", str(tmp_path / "documents"))
    expected = [
        (digest(texts[0]).hex(), f"{folder / 'all.json'}: Me"),
        (digest(texts[1]).hex(), f"{folder / 'all.json'}: Node"),
        (digest("{ __typename }").hex(), str(folder / "more.gql")),
    ]
    assert done.out == "".join(f"{document_id}  {name}\n" for document_id, name in expected)
    async with database.reads() as session:
        stored = (await session.scalars(select(RegisteredDocument.text))).all()
    assert sorted(stored) == sorted([*texts, "{ __typename }"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "is not a manifest that Apollo, Relay or GraphQL Code Generator writes"),
        ("{", "is not a manifest that"),
        ('{"x": 1}', "is not a manifest that"),
        ('{"format": "apollo-persisted-query-manifest"}', "is not a manifest that"),
        ('{"abc": "{ __typename }"}', "'abc' is not the SHA-256 of its document"),
        (json.dumps(manifests(["query A { nothing }"])["codegen"]), ": A:1: Cannot query field"),
    ],
)
async def test_invalid_manifests_are_refused(
    url: str, database: Database, tmp_path: Path, content: str, message: str
) -> None:
    file = tmp_path / "documents.json"
    file.write_text(content)
    done = await taskloom(url, "documents", "add", str(file))
    assert done.code == 1
    assert message in " ".join(done.notes.split())
    async with database.reads() as session:
        assert await session.scalar(select(func.count(RegisteredDocument.digest))) == 0


async def test_folder_without_documents_is_refused(url: str, tmp_path: Path) -> None:
    done = await taskloom(url, "documents", "add", str(tmp_path))
    assert done.code == 1
    assert "has no files that end in .graphql, .gql or .json" in " ".join(done.notes.split())
