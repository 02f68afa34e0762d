"""Items for the list view, and the tools that act on them, as the built-in app has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from homeport import bundles
from homeport.items.item import RESULTING_STATE
from tests.widgets.kit.scene import Answer, Bridges, Chat, Tool, chat_with, refusal, result


def item(title: str, description: str = "", tags: tuple[str, ...] = (), state: str = "open") -> dict[str, Any]:
    return {"id": title.split()[-1], "title": title, "description": description, "tags": list(tags), "state": state}


ITEMS = [
    item("Try Homeport", "Ask ChatGPT to show your items, then to complete this one.", ("start",), "done"),
    item("Write a tool", "A tool is a typed Python function. docs/tools.md shows how.", ("start", "code")),
    item("Invite somebody", "A friend who connects gets items of their own.", ("people",)),
    item("Book the ferry", "The morning boat takes bicycles; the evening boat does not. " * 4, ("travel", "spring")),
    item("Water the tomatoes"),
    item("Read about grammars", tags=("reading",)),
    item("Keep an old plan", state="archived"),
    item("Return the books", "Three of them.", ("town",)),
]


class Server:
    """Acts on the items; a test may hold its answers back, or let it refuse."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self.items = {each["id"]: dict(each) for each in items}
        self.refusal: Answer | None = None

    async def get(self, arguments: dict[str, Any]) -> Answer:
        return result({"items": list(self.items.values())})

    async def act(self, arguments: dict[str, Any]) -> Answer:
        if self.refusal:
            return self.refusal
        changed = self.items[arguments["item_id"]]
        changed["state"] = RESULTING_STATE[arguments["action"]]
        return result(changed)

    def refuse(self) -> None:
        self.refusal = refusal("conflict", "Somebody else changed this item.")


# The host page holds the answers to the tool calls of MCP Apps until it is told to let them go.
HOLD = """() => {
    const callTool = window.callTool;
    window.callTool = (...call) => new Promise((done) => { window.letGo = done }).then(() => callTool(...call));
}"""


@asynccontextmanager
async def list_view(
    bridges: Bridges = "apps", *, items: list[dict[str, Any]] | None = None, **scene: Any
) -> AsyncIterator[tuple[Chat, Server]]:
    """The list view as it is shipped, with the result of get-items in it."""
    server = Server(ITEMS if items is None else items)
    tools: dict[str, Tool] = {"get-items": server.get, "perform-item-action": server.act}
    async with chat_with(bundles.page("list-view"), bridges, tools=tools, **scene) as chat:
        await chat.show_result(await server.get({}))
        yield chat, server
