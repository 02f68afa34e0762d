"""The built-in app over a backend's API, each call in memory. test_backend_over_http.py goes the whole way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from homeport import Person, ToolError
from homeport.items import BackendItems, items_app
from homeport.testing import Chat
from tests.backend.reference import ReferenceBackend, Reply, Seen


def named(seen: Seen) -> str | None:
    return seen.headers.get("x-privy-user-id")


@asynccontextmanager
async def chatting(backend: ReferenceBackend, person: str = "alice") -> AsyncIterator[Chat]:
    async with Chat(items_app(BackendItems), person=Person(person), backend=backend) as chat:
        yield chat


async def test_a_person_adds_finds_completes_and_reads_an_item() -> None:
    async with chatting(ReferenceBackend(named, base="")) as chat:
        added = await chat.call("add-item", title="Carrot soup", description="An hour.", tags=["dinner"])
        assert added == {
            "id": "1",
            "title": "Carrot soup",
            "description": "An hour.",
            "tags": ["dinner"],
            "state": "open",
        }
        await chat.call("add-item", title="Bread")
        assert await chat.call("get-items", filter="carrot") == {"items": [added]}
        assert len((await chat.call("get-items"))["items"]) == 2
        assert (await chat.call("perform-item-action", item_id="1", action="complete"))["state"] == "done"
        assert (await chat.call("search", query="bread"))["results"][0]["title"] == "Bread"
        assert (await chat.call("fetch", id="1"))["metadata"] == {"state": "done", "tags": "dinner"}


async def test_items_are_the_persons_own() -> None:
    backend = ReferenceBackend(named, base="")
    async with chatting(backend) as chat:
        await chat.call("add-item", title="Secret")
    async with chatting(backend, "bob") as chat:
        assert await chat.call("get-items") == {"items": []}
        with pytest.raises(ToolError) as refused:
            await chat.call("fetch", id="1")
        assert refused.value.code == "not_found"
        with pytest.raises(ToolError) as refused:
            await chat.call("perform-item-action", item_id="1", action="archive")
        assert refused.value.code == "not_found"


async def test_what_is_asked_of_the_backend() -> None:
    backend = ReferenceBackend(named, base="")
    async with chatting(backend) as chat:
        await chat.call("get-items")
        await chat.call("get-items", filter="a b")
        await chat.call("add-item", title="Soup")
        await chat.call("perform-item-action", item_id="1", action="archive")
    assert [(seen.method, seen.target) for seen in backend.seen] == [
        ("GET", "/items"),
        ("GET", "/items?filter=a%20b"),
        ("POST", "/items"),
        ("POST", "/items/1/actions"),
    ]
    assert backend.seen[2].json == {"title": "Soup", "description": "", "tags": []}
    assert backend.seen[3].json == {"action": "archive"}
    assert "idempotency-key" in backend.seen[3].headers
    assert "idempotency-key" not in backend.seen[2].headers


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_list_may_be_bare_or_wrapped_and_its_items_short(wrapped: bool) -> None:
    backend = ReferenceBackend(named, base="")
    items = [{"id": 7, "title": "Soup", "color": "red"}, {"id": "x", "title": "", "tags": None, "state": "archived"}]
    backend.replies(Reply(200, {"items": items, "more": False} if wrapped else items))
    async with chatting(backend) as chat:
        assert (await chat.call("get-items"))["items"] == [
            {"id": "7", "title": "Soup", "description": "", "tags": [], "state": "open"},
            {"id": "x", "title": "", "description": "", "tags": [], "state": "archived"},
        ]


async def test_an_item_of_another_shape_is_named() -> None:
    backend = ReferenceBackend(named, base="")
    backend.replies(Reply(200, [{"id": 1}, {"id": 2, "title": "x", "state": "burnt"}]))
    async with chatting(backend) as chat:
        with pytest.raises(ToolError) as refused:
            await chat.call("get-items")
    assert refused.value.message == (
        "The backend's answer is not what this tool expects: "
        "items[0].title is missing; items[1].state should be 'open', 'done' or 'archived'."
    )
