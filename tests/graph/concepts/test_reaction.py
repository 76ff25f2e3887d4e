"""Reactions to comments."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from graph.kit.writing.mutation import MutationAttempt
from models import Reaction
from models.base import Base
from models.database import Database
from tests.support.client import Statements
from tests.support.examples import Example
from tests.support.log_replay import replay, stored
from tests.support.office import Office, dump, gid, input_of
from tests.support.refusals.case import refuses
from tests.support.world import NOON, World

pytestmark = pytest.mark.usefixtures("roles_read_once")

FIELDS = {
    "members": {
        "Comment": "reactions",
        "Reaction": "id emoji createdAt user comment",
        "ReactionConnection": "nodes edges pageInfo totalCount count",
        "ReactionCount": "emoji count",
        "ReactionEdge": "cursor node",
    },
    "by_role": {
        "Comment": "reactionCounts",
        "Reaction": "viewerCanDelete",
        "ReactionCount": "viewerHasReacted",
    },
}
MUTATIONS = {
    "reactionAdd": frozenset({"guest", "member", "admin", "owner", "bound"}),
    # Only the guest has the reaction of the example.
    "reactionRemove": frozenset({"guest"}),
}
EXAMPLES = [
    Example("reactionAdd", input_of(commentId="@remark", emoji="🎉")),
    Example("reactionRemove", input_of(commentId="@remark", emoji="👍"), "guest"),
]
REJECTIONS = [
    refuses("reactionAdd", input_of(commentId="@remark", emoji="no"), "INVALID input.emoji"),
    refuses("reactionAdd", input_of(commentId="@remark", emoji=" "), "REQUIRED input.emoji"),
    refuses("reactionAdd", input_of(commentId="@remark", emoji="👍👍"), "INVALID input.emoji"),
    # A skin tone alone is a part of an emoji.
    refuses("reactionAdd", input_of(commentId="@remark", emoji="🏻"), "INVALID input.emoji"),
    refuses(
        "reactionAdd",
        input_of(commentId="@foreign_remark", emoji="👍"),
        "NOT_FOUND input.commentId",
    ),
    refuses(
        "reactionAdd", input_of(commentId="@trashed_remark", emoji="👍"), "INVALID input.commentId"
    ),
    refuses("reactionAdd", input_of(commentId="@remark", emoji="👍"), "FORBIDDEN ", who="reader"),
    refuses("reactionRemove", input_of(commentId="@remark", emoji="👍"), "NOT_FOUND input.emoji"),
    refuses(
        "reactionRemove",
        input_of(commentId="@foreign_remark", emoji="👍"),
        "NOT_FOUND input.commentId",
    ),
]


async def add_to_office(world: World, rows: dict[str, Any]) -> None:
    rows["trashed_remark"] = await world.make_comment(rows["trashed"], rows["member"])
    await make_reaction(world, rows["remark"], rows["guest"])


async def add_rows(world: World, rows: dict[str, list[Base]]) -> None:
    users: list[Any] = rows["User"]
    rows["Reaction"] = [await make_reaction(world, rows["Comment"][0], user) for user in users[:2]]


async def make_reaction(world: World, comment: Any, user: Any, emoji: str = "👍") -> Reaction:
    columns = {"workspace_id": comment.workspace_id, "comment_id": comment.id, "created_at": NOON}
    reaction = Reaction(user_id=user.id, emoji=emoji, **columns)
    await world.save(reaction)
    return reaction


COUNTS = "reactionCounts { emoji count viewerHasReacted }"


async def counts(office: Office, who: str) -> list[tuple[str, int, bool]]:
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Comment {{ {COUNTS} }} }} }}"
    data = await office.api.ask(query, office.tokens[who], id=office.gid("remark"))
    return [tuple(one.values()) for one in data["node"]["reactionCounts"]]


async def react(office: Office, emoji: str, who: str) -> dict[str, Any]:
    reaction = {"commentId": office.gid("remark"), "emoji": emoji}
    return await office.must_write("reactionAdd", "reaction { id emoji }", who, input=reaction)


async def test_reactions_are_counted_by_emoji_in_the_order_of_their_first_use(
    office: Office,
) -> None:
    for emoji, who in (("🚀", "member"), ("👍", "owner"), ("🚀", "guest")):
        await react(office, emoji, who)
    assert await counts(office, "guest") == [("👍", 2, True), ("🚀", 2, True)]
    assert await counts(office, "owner") == [("👍", 2, True), ("🚀", 2, False)]
    assert await counts(office, "admin") == [("👍", 2, False), ("🚀", 2, False)]


async def test_the_counts_of_many_comments_take_one_statement(office: Office, world: World) -> None:
    for _ in range(3):
        comment = await world.make_comment(office.task, office.member)
        await make_reaction(world, comment, office.guest)
    query = f"""query ($id: ID!) {{ node(id: $id) {{ ... on Task {{
      comments {{ nodes {{
        {COUNTS} reactions(first: 1) {{ nodes {{ emoji user {{ handle }} }} }}
      }} }}
    }} }} }}"""
    with Statements(office.api.database) as statements:
        data = await office.api.ask(query, office.tokens["member"], id=office.gid("task"))
    comments = data["node"]["comments"]["nodes"]
    like = {"emoji": "👍", "count": 1, "viewerHasReacted": False}
    page = {"nodes": [{"emoji": "👍", "user": {"handle": "guest"}}]}
    assert comments == [{"reactionCounts": [like], "reactions": page}] * 4
    # Authentication, the task, its comments, the counts, the reactions, their users. On
    # PostgreSQL, one statement reads the task, its comments and their reactions and users.
    assert len(statements) == (3 if office.api.database.kind == "postgresql" else 6)


async def test_a_user_reacts_once_with_each_emoji(office: Office, database: Database) -> None:
    first = await react(office, "❤️", "member")
    before = await dump(database)
    # The same emoji without its variation selector.
    assert (await react(office, "❤", "member"))["reaction"] == first["reaction"]
    assert await dump(database) == before
    assert first["reaction"]["emoji"] == "❤️"


async def test_a_removed_reaction_leaves_and_can_be_restored_by_its_user(office: Office) -> None:
    reaction = {"commentId": office.gid("remark"), "emoji": "👍"}
    removed = await office.must_write(
        "reactionRemove", "sequence reaction { emoji }", "guest", input=reaction
    )
    assert removed["reaction"] == {"emoji": "👍"}
    assert await counts(office, "guest") == []
    change = {"workspace": "office", "sequence": removed["sequence"]}
    payload = await office.write("changeRevert", "errors { code }", "admin", **change)
    assert payload["errors"] == [{"code": "FORBIDDEN"}]
    await office.must_write("changeRevert", "sequence", "guest", **change)
    assert await counts(office, "guest") == [("👍", 1, True)]


async def test_comments_are_filtered_by_their_reactions(office: Office, world: World) -> None:
    await world.make_comment(office.task, office.member)
    query = """query ($id: ID!, $filter: CommentFilter) { node(id: $id) { ... on Task {
      comments(filter: $filter) { totalCount }
    } } }"""
    for reactions, count in (
        ({"some": {"emoji": {"eq": "👍"}, "user": {"handle": {"eq": "guest"}}}}, 1),
        ({"some": {"emoji": {"eq": "🚀"}}}, 0),
        ({"length": {"eq": 0}}, 1),
    ):
        data = await office.api.ask(
            query, office.tokens["guest"], id=office.gid("task"), filter={"reactions": reactions}
        )
        assert data["node"]["comments"] == {"totalCount": count}


async def test_filter_finds_an_emoji_in_each_of_its_forms(office: Office) -> None:
    await react(office, "❤️", "member")
    query = """query ($id: ID!, $filter: ReactionFilter) { node(id: $id) { ... on Comment {
      reactions(filter: $filter) { nodes { emoji } }
    } } }"""
    for emoji in ({"eq": "❤"}, {"eq": "❤️"}, {"in": ["❤"]}, {"startsWith": "❤"}, {"neq": "👍"}):
        variables = {"id": office.gid("remark"), "filter": {"emoji": emoji}}
        data = await office.api.ask(query, office.tokens["member"], **variables)
        assert data["node"]["reactions"]["nodes"] == [{"emoji": "❤️"}], emoji


async def test_removal_is_not_reverted_after_reacting_again(
    office: Office, database: Database
) -> None:
    own = {"commentId": office.gid("remark"), "emoji": "👍"}
    removed = await office.must_write("reactionRemove", "sequence", "guest", input=own)
    await office.must_write("reactionAdd", "sequence", "guest", input=own)
    before = await dump(database)
    change = {"workspace": "office", "sequence": removed["sequence"]}
    payload = await office.write("changeRevert", "errors { code message path }", "guest", **change)
    message = (
        "Another reaction has the same commentId, userId, emoji now. The change cannot be reverted."
    )
    assert payload["errors"] == [{"code": "UNIQUE", "message": message, "path": ["sequence"]}]
    assert await dump(database) == before


async def test_restored_comment_has_its_reactions_again(office: Office, database: Database) -> None:
    await react(office, "🚀", "member")
    await react(office, "🎉", "admin")
    removed = {"commentId": office.gid("remark"), "emoji": "🎉"}
    await office.must_write("reactionRemove", who="admin", input=removed)
    before = await counts(office, "guest")
    assert before == [("👍", 1, True), ("🚀", 1, False)]
    deleted = await office.must_write("commentDelete", id=office.gid("remark"))
    change = {"workspace": "office", "sequence": deleted["sequence"]}
    await office.must_write("changeRevert", "sequence", **change)
    assert await counts(office, "guest") == before
    restored = await office.changes(deleted["sequence"])
    assert [(one["kind"], one["subjectType"]) for one in restored] == [
        ("RESTORED", "Comment"),
        ("RESTORED", "Reaction"),
        ("RESTORED", "Reaction"),
    ]
    assert await replay(office) == await stored(database, office)


async def test_deleting_a_comment_logs_the_deletion_of_its_reactions(office: Office) -> None:
    before = await office.sequence()
    await office.must_write("commentDelete", "sequence", id=office.gid("remark"))
    changes = [(one["kind"], one["subjectType"]) for one in await office.changes(before)]
    assert changes == [("DELETED", "Reaction"), ("DELETED", "Comment")]


async def test_purging_a_task_logs_the_reactions_of_its_comments(office: Office) -> None:
    before = await office.sequence()
    task = {"id": office.gid("task"), "permanently": True}
    await office.must_write("taskDelete", "sequence", "admin", **task)
    purged = [one["subjectType"] for one in await office.changes(before) if one["kind"] == "PURGED"]
    assert purged == ["Reaction", "Comment", "Task"]


async def test_reactions_of_a_user_who_left_have_no_user(office: Office) -> None:
    member = {"workspaceId": office.gid("workspace"), "userId": office.gid("guest")}
    await office.must_write("memberRemove", "sequence", "owner", input=member)
    query = """query ($id: ID!) { node(id: $id) { ... on Comment {
      reactions { nodes { emoji user { handle } } }
    } } }"""
    data = await office.api.ask(query, office.tokens["owner"], id=office.gid("remark"))
    assert data["node"]["reactions"]["nodes"] == [{"emoji": "👍", "user": None}]


async def test_a_comment_has_at_most_twenty_different_emoji(office: Office) -> None:
    emoji = [chr(0x1F600 + place) for place in range(19)]
    for each in emoji:
        await office.must_write(
            "reactionAdd", input={"commentId": office.gid("remark"), "emoji": each}
        )
    before = await office.sequence()
    add = {"commentId": office.gid("remark"), "emoji": "🎉"}
    payload = await office.write("reactionAdd", "errors { code message path } sequence", input=add)
    message = "This comment has 20 different emoji already. React with one of them."
    assert payload["errors"] == [
        {"code": "TOO_MANY", "message": message, "path": ["input", "emoji"]}
    ]
    assert await office.sequence() == before
    await office.must_write("reactionAdd", input=add | {"emoji": "👍"})
    assert len(await counts(office, "member")) == 20


async def test_an_emoji_newer_than_pythons_tables_is_accepted(office: Office) -> None:
    add = {"commentId": office.gid("remark"), "emoji": "🫩"}
    await office.must_write("reactionAdd", input=add)


async def test_the_same_reaction_at_once_is_added_once(office: Office) -> None:
    add = {"commentId": office.gid("remark"), "emoji": "🎉"}
    before = await office.sequence()
    selection = "sequence reaction { id }"
    payloads = await asyncio.gather(
        *(office.must_write("reactionAdd", selection, input=add) for _ in range(8))
    )
    assert len({payload["reaction"]["id"] for payload in payloads}) == 1
    assert await office.sequence() == before + 1


async def test_the_statements_of_a_deletion_do_not_grow_with_the_reactions(
    office: Office, world: World
) -> None:
    async def delete_with(emoji: list[str]) -> int:
        comment = await world.make_comment(office.rows["task"], office.rows["member"])
        for each in emoji:
            await make_reaction(world, comment, office.rows["guest"], each)
        with Statements(office.api.database) as statements:
            await office.must_write("commentDelete", "sequence", id=gid(comment))
            return len(statements)

    assert await delete_with(["👍", "🎉"]) == await delete_with(["👍", "🎉", "🚀", "👀", "😄"])


async def test_a_removal_is_not_reverted_on_a_task_in_the_trash(office: Office) -> None:
    removed = await office.must_write(
        "reactionRemove",
        "sequence",
        "guest",
        input={"commentId": office.gid("remark"), "emoji": "👍"},
    )
    await office.must_write("taskDelete", id=office.gid("task"))
    before = await office.sequence()
    revert = {"workspace": "office", "sequence": removed["sequence"]}
    payload = await office.write("changeRevert", "errors { code path } sequence", "guest", **revert)
    assert payload["errors"] == [{"code": "CONFLICT", "path": ["sequence"]}]
    assert await office.sequence() == before


async def test_reacting_does_not_deadlock_with_a_permanent_deletion(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments = [
        await world.make_comment(office.rows["task"], office.rows["member"]) for _ in range(8)
    ]
    retried = []

    def should_retry(attempt: MutationAttempt, error: DBAPIError) -> bool:
        retried.append(str(error))
        return False

    monkeypatch.setattr(MutationAttempt, "should_retry", should_retry)

    async def react(comment: Any) -> None:
        for number in range(12):
            emoji = chr(0x1F600 + number)
            await office.write("reactionAdd", input={"commentId": gid(comment), "emoji": emoji})

    async def purge() -> dict[str, Any]:
        await asyncio.sleep(0.1)
        task = office.gid("task")
        return await office.write("taskDelete", who="admin", id=task, permanently=True)

    payload, *_ = await asyncio.gather(purge(), *(react(comment) for comment in comments))
    assert retried == []
    assert payload["errors"] == []
