"""Texts in Markdown as HTML, with links to the tasks and users that they mention."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.sql.expression import Select

import models
from graph.context import Context, Info
from graph.engine.declarations import Resolved
from graph.kit.declare import resolver_field
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.texts import register_reader
from graph.kit.relations.batches import CompositeKeyBatch, RowBatch
from graph.operations.parser_thread import RENDERER_THREAD
from graph.rules.markdown import Parts, Reference, render_markdown
from graph.rules.task_key import TaskByKeyBatch, parse_task_key
from graph.rules.web_pages import member_page, task_page
from models.base import Base

#: The cost of rendering a text, and finding what it mentions.
HTML_COST = 2
#: The fields that show texts as HTML, by the names of their types and their own.
HTML_FIELDS: list[tuple[str, str]] = []
#: The longest text, in characters, that is rendered without leaving the event loop.
SHORT_TEXT = 500
#: The characters of long texts that the thread renders before it takes another caller's.
PORTION = 20_000
#: The most characters of a title that a link has.
MAX_TITLE = 100


@dataclass(frozen=True)
class MemberByHandleBatch(CompositeKeyBatch[models.User]):
    """Members by workspace and handle."""

    model: type[models.User] = models.User
    columns: tuple[str, ...] = ()

    def key_columns(self) -> list[Any]:
        return [models.Membership.workspace_id, models.User.handle]

    def rows(self, scope: ReadScope, *columns: Any) -> Select[Any]:
        return super().rows(scope, *columns).join(models.User.memberships)


def html_field(model: type[Base], name: str) -> Any:
    """Return the field that shows a text in Markdown as HTML.

    Its name is the name of the text's column and HTML.
    """

    async def resolve(root: Any, info: Info) -> str:
        text: str = getattr(root, name)
        html = await linked(await rendered(text, info.context), root.workspace_id, info.context)
        # The HTML may be several times longer than the text, which is counted already.
        info.context.texts.count_values([html])
        return html

    field_name = f"{name}HTML"
    HTML_FIELDS.append((model.__name__, field_name))
    register_reader(model, name, field_name)
    description = (
        f"`{name}` as sanitized HTML. Mentions of members (`@ada`) and tasks (`TLS-123`) are links."
    )
    field = resolver_field(resolve, description, plan=Resolved(("id", "workspace_id", name)))
    field.graphql_name = field_name
    return field


async def linked(parts: Parts, workspace_id: Any, context: Context) -> str:
    """Return HTML whose references are links, if the viewer can see what they name."""
    references = {part for part in parts if isinstance(part, Reference)}
    if not references:
        return "".join(map(str, parts))
    # All at once, so that one statement finds all of a kind.
    workspace, *rows = await asyncio.gather(
        context.load(RowBatch(models.Workspace), workspace_id),
        *(find(reference, workspace_id, context) for reference in references),
    )
    links = {
        reference: link(reference, row, workspace.slug, context.server.web_url)
        for reference, row in zip(references, rows, strict=True)
        if row is not None
    }
    return "".join(
        links.get(part, str(part)) if isinstance(part, Reference) else part for part in parts
    )


async def find(reference: Reference, workspace_id: Any, context: Context) -> Any:
    """Return the task or the user of a reference; None if the viewer can see none."""
    if reference.kind == "handle":
        return await context.load(MemberByHandleBatch(), (workspace_id, reference.name))
    key = parse_task_key(reference.name)
    return None if key is None else await context.load(TaskByKeyBatch(), (workspace_id, *key))


def link(reference: Reference, row: Any, slug: str, web_url: str) -> str:
    """Return a link; front ends recognize it by its class and its `data` attribute."""
    if reference.kind == "key":
        kind, address, title = "task", task_page(web_url, slug, reference.name), row.title
    else:
        kind, address, title = "user", member_page(web_url, slug, row.handle), row.name
    values = {
        "class": f"{kind}-reference",
        f"data-{reference.kind}": reference.name,
        "href": address,
        "title": title[:MAX_TITLE],
    }
    attributes = " ".join(f'{name}="{escape(value)}"' for name, value in values.items())
    return f"<a {attributes}>{reference}</a>"


#: The long texts of each operation that wait to be rendered, with what takes the results.
_WAITING: WeakKeyDictionary[Context, list[tuple[str, asyncio.Future[Parts]]]]
_WAITING = WeakKeyDictionary()


async def rendered(text: str, context: Context) -> Parts:
    """Render a text. The time of the thread that renders long texts is charged for.

    The long texts of a list are ready at the same time, so that one statement finds what all of
    them mention.
    """
    if len(text) <= SHORT_TEXT:
        return render_markdown(text)
    result: asyncio.Future[Parts] = asyncio.get_running_loop().create_future()
    if context in _WAITING:
        _WAITING[context].append((text, result))
    else:
        _WAITING[context] = [(text, result)]
        # The other texts of the list join meanwhile.
        await asyncio.sleep(0)
        await _render_all(_WAITING.pop(context), context)
    return await result


async def _render_all(
    waiting: Sequence[tuple[str, asyncio.Future[Parts]]], context: Context
) -> None:
    """Render texts, and set their results or the exception."""
    parts: list[Parts] = []
    try:
        async with context.one_at_a_time:
            for texts in portions([text for text, _ in waiting]):
                parts += await context.compute(partial(render_texts, texts), RENDERER_THREAD)
    except BaseException as error:
        for _, future in waiting:
            if isinstance(error, asyncio.CancelledError) or future.done():
                future.cancel()
            else:
                future.set_exception(error)
                # It is raised here, even if nobody awaits this future any more.
                future.exception()
        raise
    for (_, future), result in zip(waiting, parts, strict=True):
        if not future.done():
            future.set_result(result)


def render_texts(texts: Sequence[str]) -> list[Parts]:
    return [render_markdown(text) for text in texts]


def portions(texts: Sequence[str]) -> Iterator[list[str]]:
    """Split texts into portions for the thread, in their order."""
    portion: list[str] = []
    for text in texts:
        portion.append(text)
        if sum(map(len, portion)) >= PORTION:
            yield portion
            portion = []
    if portion:
        yield portion
