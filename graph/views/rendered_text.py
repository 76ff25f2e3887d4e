"""Texts in Markdown as HTML, with links to the tasks and users that they mention."""

import asyncio
from functools import partial
from html import escape
from typing import Any

import models
from graph.context import Info
from graph.engine.declarations import Resolved
from graph.kit.declare import resolver_field
from graph.kit.loading.texts import register_reader
from graph.kit.relations.batches import CompositeKeyBatch, RowBatch
from graph.rules.markdown import Parts, Reference, render_markdown
from graph.rules.task_key import TaskByKeyBatch, parse_task_key
from graph.rules.web_pages import member_page, task_page
from models.base import Base

#: The longest text, in characters, that is rendered without leaving the event loop.
SHORT_TEXT = 2_000
USER_BY_HANDLE = CompositeKeyBatch(models.User, ("handle",))


def html_field(model: type[Base], name: str) -> Any:
    """Return the field that shows a text in Markdown as HTML.

    Its name is the name of the text's column and HTML.
    """

    async def resolve(root: Any, info: Info) -> str:
        text: str = getattr(root, name)
        parts = await rendered(text, info)
        references = {part for part in parts if isinstance(part, Reference)}
        if not references:
            return "".join(map(str, parts))
        workspace_id = root.workspace_id
        # Without one another's result, so that one statement finds all of a kind.
        workspace, *rows = await asyncio.gather(
            info.context.load(RowBatch(models.Workspace), workspace_id),
            *(find(reference, workspace_id, info) for reference in references),
        )
        links = {
            reference: link(reference, row, workspace.slug, info)
            for reference, row in zip(references, rows, strict=True)
            if row is not None
        }
        return "".join(
            links.get(part, str(part)) if isinstance(part, Reference) else part for part in parts
        )

    register_reader(model, name, f"{name}HTML")
    description = (
        f"`{name}` as sanitized HTML. Mentions of users (`@ada`) and tasks (`TLS-123`) that the "
        "viewer can see are links."
    )
    columns = ("id", "workspace_id", name)
    field = resolver_field(resolve, description, plan=Resolved(columns))
    field.graphql_name = f"{name}HTML"
    return field


async def rendered(text: str, info: Info) -> Parts:
    """Render a text. The thread that long texts are rendered in is charged for."""
    if len(text) <= SHORT_TEXT:
        return render_markdown(text)
    context = info.context
    async with context.one_at_a_time:
        return await context.compute(partial(render_markdown, text))


async def find(reference: Reference, workspace_id: Any, info: Info) -> Any:
    """Return the task or the user of a reference; None if the viewer can see none."""
    if reference.kind == "handle":
        return await info.context.load(USER_BY_HANDLE, (reference.name,))
    key = parse_task_key(reference.name)
    return None if key is None else await info.context.load(TaskByKeyBatch(), (workspace_id, *key))


def link(reference: Reference, row: Any, slug: str, info: Info) -> str:
    """Return a link; front ends recognize it by its class and its `data` attribute."""
    web_url = info.context.server.web_url
    if reference.kind == "key":
        kind, address, title = "task", task_page(web_url, slug, reference.name), row.title
    else:
        kind, address, title = "user", member_page(web_url, slug, row.handle), row.name
    values = {
        "class": f"{kind}-reference",
        f"data-{reference.kind}": reference.name,
        "href": address,
        "title": title,
    }
    attributes = " ".join(f'{name}="{escape(value)}"' for name, value in values.items())
    return f"<a {attributes}>{reference}</a>"
