"""The built-in app as a chat sees it."""

from __future__ import annotations

import ast
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from homeport import Person, ToolError
from homeport.items import SqlItems, app, items_app
from homeport.store import open_database
from homeport.testing import Chat


@asynccontextmanager
async def chatting(
    folder: Path, person: str = "owner:1", *, scopes: frozenset[str] | None = None
) -> AsyncIterator[Chat]:
    database = await open_database(f"sqlite://{folder}/homeport.sqlite3")
    try:
        async with Chat(
            items_app(SqlItems(database)), person=Person(person), scopes=scopes or {"read", "write"}
        ) as chat:
            yield chat
    finally:
        await database.close()


async def test_its_tools_and_what_they_may_do(tmp_path: Path) -> None:
    async with chatting(tmp_path) as chat:
        tools = await chat.list_tools()
    assert {tool["name"]: tool["annotations"] for tool in tools} == {
        "get-items": hints("Show items", reads=True),
        "add-item": hints("Add an item"),
        "perform-item-action": hints("Change an item", idempotent=True),
        "search": hints("Search items", reads=True),
        "fetch": hints("Read an item", reads=True),
    }


def hints(title: str, *, reads: bool = False, idempotent: bool = False) -> dict[str, object]:
    return {
        "title": title,
        "readOnlyHint": reads,
        "destructiveHint": False,
        "idempotentHint": reads or idempotent,
        "openWorldHint": False,
    }


async def test_a_person_adds_finds_completes_and_archives(tmp_path: Path) -> None:
    async with chatting(tmp_path) as chat:
        added = await chat.call("add-item", title="Carrot soup", description="An hour.", tags=["dinner"])
        assert added["state"] == "open"
        found = await chat.call("get-items", filter="carrot")
        assert found == {"items": [added]}
        done = await chat.call("perform-item-action", item_id=added["id"], action="complete")
        assert done == {**added, "state": "done"}
        assert (await chat.call("perform-item-action", item_id=added["id"], action="archive"))["state"] == "archived"


async def test_search_and_fetch_have_the_shapes_that_chatgpt_knows(tmp_path: Path) -> None:
    async with chatting(tmp_path) as chat:
        added = await chat.call("add-item", title="Carrot soup", description="An hour.", tags=["dinner", "quick"])
        address = f"homeport:items/{added['id']}"
        assert await chat.call("search", query="carrot") == {
            "results": [{"id": added["id"], "title": "Carrot soup", "url": address}]
        }
        assert await chat.call("search", query="no such words") == {"results": []}
        assert await chat.call("fetch", id=added["id"]) == {
            "id": added["id"],
            "title": "Carrot soup",
            "text": "An hour.",
            "url": address,
            "metadata": {"state": "open", "tags": "dinner, quick"},
        }


async def test_a_model_without_widgets_reads_the_ids_it_needs_for_the_next_call(tmp_path: Path) -> None:
    async with chatting(tmp_path) as chat:
        added = await chat.call("add-item", title="Carrot soup", tags=["dinner"])
        assert await text_of(chat, "get-items", filter="carrot") == f"- Carrot soup (open, dinner; id {added['id']})"
        for tool, arguments in (("search", {"query": "carrot"}), ("fetch", {"id": added["id"]})):
            # OpenAI documents one text content that is the JSON itself.
            assert json.loads(await text_of(chat, tool, **arguments)) == await chat.call(tool, **arguments)


async def text_of(chat: Chat, tool: str, **arguments: object) -> str:
    (content,) = (await chat.call_result(tool, **arguments))["content"]
    text: str = content["text"]
    return text


async def test_an_item_without_a_description_reads_as_its_title(tmp_path: Path) -> None:
    async with chatting(tmp_path) as chat:
        added = await chat.call("add-item", title="Carrot soup")
        assert (await chat.call("fetch", id=added["id"]))["text"] == "Carrot soup"


async def test_each_person_has_items_of_their_own(tmp_path: Path) -> None:
    async with chatting(tmp_path) as chat:
        mine = await chat.call("add-item", title="Mine")
    async with chatting(tmp_path, "owner:2") as chat:
        assert len((await chat.call("get-items"))["items"]) == 3
        with pytest.raises(ToolError, match="no item with this id") as refused:
            await chat.call("fetch", id=mine["id"])
        assert refused.value.code == "not_found"


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("add-item", {"title": ""}, "title should have at least 1 character"),
        ("add-item", {"title": "x" * 201}, "title should have at most 200 characters"),
        ("add-item", {"title": "x", "description": "x" * 4_001}, "description should have at most 4000 characters"),
        ("add-item", {"title": "x", "tags": ["x"] * 11}, "tags should have at most 10 items"),
        ("add-item", {"title": "x", "tags": ["x" * 41]}, "tags[0] should have at most 40 characters"),
        ("add-item", {"title": "x", "tags": [""]}, "tags[0] should have at least 1 character"),
        ("get-items", {"filter": "x" * 201}, "filter should have at most 200 characters"),
        ("perform-item-action", {"item_id": "x", "action": "delete"}, "action should be 'complete', 'reopen' or"),
        ("perform-item-action", {"item_id": "x" * 65, "action": "archive"}, "item_id should match pattern"),
        ("fetch", {"id": "a\0b"}, "id should match pattern"),
        ("fetch", {"id": ""}, "id should match pattern"),
    ],
)
async def test_arguments_have_limits(tmp_path: Path, tool: str, arguments: dict[str, object], words: str) -> None:
    async with chatting(tmp_path) as chat:
        with pytest.raises(ToolError) as refused:
            await chat.call(tool, **arguments)
    assert refused.value.code == "invalid_arguments"
    assert words in refused.value.message


async def test_who_may_only_read_adds_nothing(tmp_path: Path) -> None:
    async with chatting(tmp_path, scopes=frozenset({"read"})) as chat:
        with pytest.raises(ToolError) as refused:
            await chat.call("add-item", title="Mine")
        assert refused.value.code == "insufficient_scope"
        assert len((await chat.call("get-items"))["items"]) == 3


def test_its_tools_are_written_with_what_every_author_has() -> None:
    tree = ast.parse(Path(app.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name for name in imported if name and name.startswith("homeport")} == {"homeport", "homeport.items.item"}
