"""What a widget asks the host for, besides tools, in the words of each bridge."""

from __future__ import annotations

import pytest

from tests.browser.chromium import needs_chromium
from tests.widgets.kit.built import probe
from tests.widgets.kit.scene import Bridges, Chat, chat_with

pytestmark = needs_chromium

TELL = "kit.sendMessage('Cook the soup.')"
OPEN = "kit.openLink('https://recipes.example.com/soup')"
GROW = "kit.requestDisplayMode('fullscreen')"
INFORM = "kit.updateModelContext({text: 'Soup is open.', data: {id: '1'}})"

OVER_APPS = [
    (TELL, "ui/message", {"role": "user", "content": [{"type": "text", "text": "Cook the soup."}]}),
    (OPEN, "ui/open-link", {"url": "https://recipes.example.com/soup"}),
    (GROW, "ui/request-display-mode", {"mode": "fullscreen"}),
    (
        INFORM,
        "ui/update-model-context",
        {"content": [{"type": "text", "text": "Soup is open."}], "structuredContent": {"id": "1"}},
    ),
]
OVER_OPENAI = [
    (TELL, "sendFollowUpMessage", {"prompt": "Cook the soup."}),
    (OPEN, "openExternal", {"href": "https://recipes.example.com/soup"}),
    (GROW, "requestDisplayMode", {"mode": "fullscreen"}),
    (INFORM, "setWidgetState", {"modelContent": {"id": "1"}}),
]


async def error_of(chat: Chat, call: str) -> object:
    return await chat.frame.evaluate(f"{call}.then(() => 'no error', error => error.code ?? error.name)")


@pytest.mark.parametrize("bridges", ["apps", "both"])
async def test_over_mcp_apps(bridges: Bridges) -> None:
    async with chat_with(probe(), bridges) as chat:
        await chat.sent("ui/notifications/initialized")
        await chat.answer("ui/request-display-mode", {"mode": "fullscreen"})
        for call, method, params in OVER_APPS:
            await chat.frame.evaluate(call)
            assert await chat.sent(method) == [params]


async def test_over_window_openai() -> None:
    async with chat_with(probe(), "openai") as chat:
        for call, method, params in OVER_OPENAI:
            await chat.frame.evaluate(call)
            assert await chat.openai_calls(method) == [[params]]


async def test_the_display_mode_is_the_one_that_the_host_chose() -> None:
    async with chat_with(probe()) as chat:
        await chat.sent("ui/notifications/initialized")
        await chat.answer("ui/request-display-mode", {"mode": "inline"})
        assert await chat.frame.evaluate(GROW) == "inline"


async def test_a_display_mode_that_the_host_lacks_is_not_asked_for() -> None:
    async with chat_with(probe(), context={"availableDisplayModes": ["inline"]}) as chat:
        await chat.sent("ui/notifications/initialized")
        assert await error_of(chat, GROW) == "unsupported"
        assert await chat.sent("ui/request-display-mode", times=0) == []


async def test_a_refusal_and_an_unknown_method_are_told_apart() -> None:
    async with chat_with(probe()) as chat:
        await chat.sent("ui/notifications/initialized")
        await chat.answer("ui/open-link", {"error": {"code": -32000, "message": "Denied by the person."}})
        assert await error_of(chat, OPEN) == "refused"
        await chat.answer("ui/message", {"error": {"code": -32601, "message": "Method not found"}})
        assert await error_of(chat, TELL) == "unsupported"
        await chat.answer("ui/message", {"isError": True})
        assert await error_of(chat, TELL) == "refused"


async def test_what_window_openai_throws_is_a_refusal() -> None:
    async with chat_with(probe(), "openai") as chat:
        await chat.frame.evaluate("() => { openai.sendFollowUpMessage = () => { throw new Error('Not now.') } }")
        await chat.frame.evaluate("() => { openai.openExternal = () => Promise.reject('no') }")
        assert await error_of(chat, TELL) == "refused"
        assert await error_of(chat, OPEN) == "refused"


async def test_only_web_links_are_opened() -> None:
    async with chat_with(probe(), "both") as chat:
        await chat.sent("ui/notifications/initialized")
        for link in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "not a link"):
            assert await error_of(chat, f"kit.openLink({link!r})") in ("refused", "TypeError")
        assert await chat.sent("ui/open-link", times=0) == []
        assert await chat.openai_calls("openExternal") == []


async def test_the_way_back_of_a_link_is_for_chatgpt() -> None:
    async with chat_with(probe(), "both") as chat:
        await chat.sent("ui/notifications/initialized")
        await chat.frame.evaluate(
            "kit.openLink('https://shop.example.com/', {redirectUrl: 'https://chatgpt.com/back'})"
        )
        expected = {"href": "https://shop.example.com/", "redirectUrl": "https://chatgpt.com/back"}
        assert await chat.openai_calls("openExternal") == [[expected]]


async def test_a_capability_that_mcp_apps_lacks_is_asked_of_window_openai() -> None:
    async with chat_with(probe(), "both", silent=True) as chat:
        answer = {"protocolVersion": "2026-01-26", "hostInfo": {"name": "x"}, "hostCapabilities": {}, "hostContext": {}}
        await chat.answer_initialize(answer)
        await chat.sent("ui/notifications/initialized")
        await chat.frame.evaluate(TELL)
        assert await chat.openai_calls("sendFollowUpMessage") == [[{"prompt": "Cook the soup."}]]


async def test_closing_asks_the_host() -> None:
    async with chat_with(probe()) as chat:
        await chat.sent("ui/notifications/initialized")
        await chat.frame.evaluate("kit.close()")
        assert await chat.sent("ui/notifications/request-teardown") == [{}]
    async with chat_with(probe(), "both") as chat:
        await chat.sent("ui/notifications/initialized")
        await chat.frame.evaluate("kit.close()")
        assert await chat.openai_calls("requestClose") == [[]]
