"""Messages that no host should send: from elsewhere, out of shape, of the wrong type, or too many."""

from __future__ import annotations

import json
from typing import Any

from playwright.async_api import expect

from tests.browser.chromium import needs_chromium
from tests.widgets.kit.built import probe
from tests.widgets.kit.scene import Chat, chat_with, initialized, result

pytestmark = needs_chromium

RESULT = "ui/notifications/tool-result"
OUT_OF_SHAPE: list[Any] = [
    None,
    "text",
    7,
    [],
    {},
    {"jsonrpc": "1.0", "method": RESULT, "params": {"structuredContent": {"result": [{"title": "Wrong"}]}}},
    {"method": RESULT, "params": {"structuredContent": {"result": [{"title": "Wrong"}]}}},
    {"jsonrpc": "2.0"},
    {"jsonrpc": "2.0", "id": 1},
    {"jsonrpc": "2.0", "id": 999, "result": {}},
    {"jsonrpc": "2.0", "id": None, "error": None},
    {"jsonrpc": "2.0", "method": 7, "params": {}},
    {"jsonrpc": "2.0", "method": "ui/notifications/nobody-knows", "params": {}},
    {"jsonrpc": "2.0", "method": "ui/notifications/tool-input", "params": "text"},
    {"jsonrpc": "2.0", "method": "ui/notifications/tool-input-partial", "params": {"arguments": [1, 2]}},
    {"jsonrpc": "2.0", "method": "ui/notifications/tool-cancelled", "params": {"reason": {"html": "<b>"}}},
    {"jsonrpc": "2.0", "method": "__proto__", "params": {"__proto__": {"polluted": True}}},
    {"jsonrpc": "2.0", "method": RESULT, "params": {"content": "text", "structuredContent": [], "_meta": 3}},
    {
        "jsonrpc": "2.0",
        "method": RESULT,
        "params": {"isError": True, "content": [None, 7, {"type": "text", "text": 9}]},
    },
    {"jsonrpc": "2.0", "method": RESULT, "params": {"isError": True, "_meta": {"homeport/error": {"code": 5}}}},
]
CONTEXTS: list[dict[str, Any]] = [
    {"theme": "purple"},
    {"locale": "no such locale"},
    {"locale": 7},
    {"displayMode": "theatre"},
    {"availableDisplayModes": "fullscreen"},
    {"safeAreaInsets": {"top": -5, "left": "12px", "right": None}},
    {"containerDimensions": 7},
    {"styles": {"variables": {"color": "red", "--color-text-primary": {"a": 1}}}},
    {"styles": {"variables": {"--color-text-primary": "red; } * { display: none } x {"}}},
    {"styles": "text"},
]


async def shown(chat: Chat, name: str) -> Any:
    return json.loads(await chat.widget.get_by_test_id(name).inner_text())


async def works(chat: Chat) -> None:
    """The widget still takes a result."""
    await chat.send(RESULT, **result({"result": [{"id": "1", "title": "Soup"}]}))
    await expect(chat.widget.get_by_text("Soup", exact=True)).to_be_visible()


async def test_messages_out_of_shape_change_nothing_and_break_nothing() -> None:
    async with chat_with(probe()) as chat:
        await chat.sent("ui/notifications/initialized")
        for message in OUT_OF_SHAPE:
            await chat.post(message)
            await expect(chat.widget.get_by_text("Wrong")).to_have_count(0)
        await works(chat)
        assert await chat.frame.evaluate("({}).polluted") is None


async def test_a_context_that_makes_no_sense_leaves_the_last_good_one() -> None:
    async with chat_with(probe()) as chat:
        await chat.sent("ui/notifications/initialized")
        await works(chat)
        before = await shown(chat, "host")
        for place, changed in enumerate(CONTEXTS):
            await chat.send("ui/notifications/host-context-changed", **changed)
            await chat.send("ui/notifications/host-context-changed", timeZone=f"zone {place}")
            await expect(chat.widget.get_by_test_id("host")).to_contain_text(f"zone {place}")
            after = await shown(chat, "host")
            assert {**after, "context": {}} == {**before, "context": {}}, changed
            assert await chat.frame.evaluate("getComputedStyle(document.body).display") == "block"
        await expect(chat.widget.get_by_text("Soup", exact=True)).to_be_visible()


async def test_values_of_window_openai_that_make_no_sense_break_nothing() -> None:
    values: dict[str, object] = {
        "toolInput": "text",
        "toolOutput": 7,
        "toolResponseMetadata": [],
        "widgetState": "text",
        "theme": 1,
        "locale": {},
        "displayMode": None,
        "maxHeight": "tall",
        "safeArea": None,
    }
    async with chat_with(probe(), "both", values=values) as chat:
        await chat.sent("ui/notifications/initialized")
        assert (await shown(chat, "state"))["count"] == 0
        await works(chat)


async def test_a_message_from_another_window_is_not_heard() -> None:
    async with chat_with(probe()) as chat:
        await chat.sent("ui/notifications/initialized")
        forged = {"jsonrpc": "2.0", "method": RESULT, "params": result({"result": [{"id": "1", "title": "Forged"}]})}
        await chat.page.evaluate(
            """async message => {
                const other = document.createElement("iframe");
                document.body.append(other);
                other.contentWindow.eval(`parent.frames[0].postMessage(${JSON.stringify(message)}, "*")`);
                other.remove();
            }""",
            forged,
        )
        await chat.frame.evaluate("message => postMessage(message, '*')", forged)
        await works(chat)
        await expect(chat.widget.get_by_text("Forged")).to_have_count(0)


async def test_requests_of_the_host_are_answered_and_unknown_ones_refused() -> None:
    async with chat_with(probe()) as chat:
        await chat.sent("ui/notifications/initialized")
        await chat.page.evaluate("host.ask(70, 'ping', {}); host.ask('a', 'ui/resource-teardown', {reason: 'x'})")
        await chat.page.evaluate("host.ask(71, 'tools/call', {name: 'x'})")
        await chat.page.wait_for_function("host.log.filter(message => 'id' in message && !message.method).length === 3")
        answers = [message for message in await chat.log() if "method" not in message]
        assert answers == [
            {"jsonrpc": "2.0", "id": 70, "result": {}},
            {"jsonrpc": "2.0", "id": "a", "result": {}},
            {"jsonrpc": "2.0", "id": 71, "error": {"code": -32601, "message": "Method not found"}},
        ]


async def test_nothing_is_sent_before_the_host_has_answered() -> None:
    async with chat_with(probe(), silent=True) as chat:
        await chat.sent("ui/initialize")
        await chat.widget.get_by_role("button", name="Count").click()
        await chat.frame.evaluate("void kit.sendMessage('x'); void kit.close(); document.body.append('x'.repeat(9999))")
        await expect(chat.widget.get_by_test_id("state")).to_contain_text('"count":1')
        [asked] = await chat.log()
        assert asked["params"]["protocolVersion"] == "2026-01-26"
        await chat.answer_initialize(initialized())
        await chat.sent("ui/message")


async def test_a_flood_of_messages_ends_in_the_last_one() -> None:
    async with chat_with(probe()) as chat:
        await chat.sent("ui/notifications/initialized")
        await chat.page.evaluate(
            """() => { for (let count = 0; count < 20000; count++)
                host.send("ui/notifications/tool-input-partial", {arguments: {words: String(count)}}) }"""
        )
        await expect(chat.widget.get_by_test_id("input")).to_contain_text('"19999"')
        await works(chat)


async def test_it_works_in_a_sandbox_without_an_origin() -> None:
    async with chat_with(probe(), sandbox="allow-scripts") as chat:
        await chat.sent("ui/notifications/initialized")
        await works(chat)
