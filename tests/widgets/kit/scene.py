"""A chat that shows one widget: a strict host page of our own in Chromium, over MCP Apps, window.openai, or both.

The widget is in a sandboxed frame of another origin under the content policy that ChatGPT gives a widget which asks for
nothing. A scene fails at its end on anything the browser complained about and on every breach of the protocol.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Frame, Page, Route, ViewportSize

from tests.browser.chromium import chromium_window, complaints_of

HERE = Path(__file__).parent
CHAT = "https://chat.example.com/"
WIDGET = "https://widget.example.org/"

Bridges = Literal["apps", "openai", "both", "none"]
Answer = dict[str, Any]
Tool = Callable[[dict[str, Any]], Awaitable[Answer]]

# What ChatGPT enforces where a widget declares no domains, without its 'self': one file needs nothing from anywhere.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; media-src data:; "
    "connect-src 'none'; frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'"
)
SANDBOX = "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox"

CONTEXT = {
    "theme": "light",
    "locale": "en-US",
    "displayMode": "inline",
    "availableDisplayModes": ["inline", "fullscreen", "pip"],
    "containerDimensions": {"height": 400, "maxWidth": 768},
}
CAPABILITIES: dict[str, object] = {"serverTools": {}, "openLinks": {}, "updateModelContext": {}, "message": {}}
OPENAI_VALUES = {
    "toolInput": None,
    "toolOutput": None,
    "toolResponseMetadata": None,
    "widgetState": None,
    "theme": "light",
    "locale": "en-US",
    "displayMode": "inline",
    "maxHeight": 400,
    "safeArea": {"insets": {"top": 0, "right": 0, "bottom": 0, "left": 0}},
}
OPENAI_METHODS = (
    "callTool",
    "sendFollowUpMessage",
    "setWidgetState",
    "requestDisplayMode",
    "requestClose",
    "openExternal",
    "notifyIntrinsicHeight",
)


def initialized(**context: object) -> Answer:
    """The answer to ui/initialize."""
    return {
        "protocolVersion": "2026-01-26",
        "hostInfo": {"name": "strict-host", "version": "1.0.0"},
        "hostCapabilities": CAPABILITIES,
        "hostContext": {**CONTEXT, **context},
    }


def result(data: dict[str, Any], text: str = "text", **meta: object) -> Answer:
    return {"content": [{"type": "text", "text": text}], "structuredContent": data, "_meta": meta}


def refusal(code: str, message: str) -> Answer:
    """A tool's no, as Homeport sends it."""
    words = [{"type": "text", "text": f"{code}: {message}"}]
    return {"content": words, "isError": True, "_meta": {"homeport/error": {"code": code, "message": message}}}


class Chat:
    """The host page, what it has been told, and the widget in it."""

    def __init__(self, page: Page, html: str, bridges: Bridges, values: dict[str, Any], methods: Sequence[str]) -> None:
        self.page = page
        self.widget = page.frame_locator("iframe")
        self.tools: dict[str, Tool] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.kept: Any = None
        self._html = html
        self._bridges = bridges
        self._values = values
        self._methods = methods
        self._visits = 0

    @property
    def frame(self) -> Frame:
        """The frame of the widget, for scripts of the test."""
        return next(filter(_is_widget, self.page.frames))

    async def serve(self, route: Route) -> None:
        html = self._html
        if self._bridges in ("openai", "both"):
            settings = {"values": {**self._values, "widgetState": self.kept}, "methods": list(self._methods)}
            emulation = (HERE / "openai.js").read_text(encoding="utf-8").replace("SETTINGS", json.dumps(settings))
            html = html.replace("<head>", f"<head><script>{emulation}</script>", 1)
        await route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> Answer:
        self.calls.append((name, arguments))
        return await self.tools[name](arguments)

    def keep(self, state: str) -> None:
        self.kept = json.loads(state)

    async def open(self, sandbox: str) -> None:
        async with self.page.expect_event("framenavigated", _is_widget):
            await self.page.evaluate("([url, sandbox]) => host.open(url, sandbox)", [WIDGET, sandbox])
        await self.frame.wait_for_load_state()

    async def reload(self) -> None:
        """Load the widget again, as a chat does when the conversation is opened anew."""
        self._visits += 1
        async with self.page.expect_event("framenavigated", _is_widget):
            await self.page.evaluate("url => host.reload(url)", f"{WIDGET}?{self._visits}")
        await self.frame.wait_for_load_state()

    async def answer(self, method: str, answer: Answer | None) -> None:
        await self.page.evaluate("([method, answer]) => { host.answers[method] = answer }", [method, answer])

    async def answer_initialize(self, answer: Answer) -> None:
        """The late answer of a silent host."""
        await self.sent("ui/initialize")
        [asked] = [message for message in await self.log() if message.get("method") == "ui/initialize"]
        await self.page.evaluate("host.stage = 'answered'")
        await self.post({"jsonrpc": "2.0", "id": asked["id"], "result": answer})

    async def send(self, method: str, **params: object) -> None:
        await self.page.evaluate("([method, params]) => host.send(method, params)", [method, params])

    async def post(self, message: object) -> None:
        await self.page.evaluate("message => host.post(message)", message)

    async def log(self) -> list[Any]:
        messages: list[Any] = await self.page.evaluate("host.log")
        return messages

    async def sent(self, method: str, *, times: int = 1) -> list[Any]:
        """The parameters of the widget's messages of this method, once there are so many."""
        count = "([method, times]) => host.log.filter(message => message?.method === method).length >= times"
        await self.page.wait_for_function(count, arg=[method, times])
        return [message.get("params") for message in await self.log() if message.get("method") == method]

    async def context(self, **changed: object) -> None:
        """Tell the widget of a change of the host, in the way that its host has."""
        if self._bridges == "openai":
            await self.frame.evaluate("globals => setOpenaiGlobals(globals)", changed)
        else:
            await self.send("ui/notifications/host-context-changed", **changed)

    async def show_result(self, answer: Answer, arguments: dict[str, Any] | None = None) -> None:
        """A call that has succeeded, in the way that its host has; with both ways, over both."""
        if self._bridges in ("apps", "both"):
            await self.sent("ui/notifications/initialized")
            await self.send("ui/notifications/tool-input", arguments=arguments or {})
            await self.send("ui/notifications/tool-result", **answer)
        if self._bridges in ("openai", "both"):
            envelope = {"status": "complete", "mcp_tool_result": answer, "call_tool_result": answer}
            globals = {"toolInput": arguments or {}, "toolOutput": answer.get("structuredContent")}
            await self.frame.evaluate(
                "globals => setOpenaiGlobals(globals)", {**globals, "toolResponseMetadata": envelope}
            )

    async def openai_calls(self, name: str) -> list[Any]:
        calls: list[Any] = await self.frame.evaluate("name => openaiCalls.filter(call => call.name === name)", name)
        return [call["args"] for call in calls]


@asynccontextmanager
async def chat_with(
    html: str,
    bridges: Bridges = "apps",
    *,
    context: Mapping[str, object] | None = None,
    values: Mapping[str, object] | None = None,
    methods: Sequence[str] = OPENAI_METHODS,
    viewport: ViewportSize | None = None,
    sandbox: str = SANDBOX,
    silent: bool = False,
    clock: bool = False,
    tools: dict[str, Tool] | None = None,
) -> AsyncIterator[Chat]:
    """The widget in a chat. A `silent` host does not answer ui/initialize by itself; a `clock` goes as tests say."""
    async with chromium_window() as window:
        page = await window.new_page()
        if viewport:
            await page.set_viewport_size(viewport)
        if clock:
            await page.clock.install()
        complaints = complaints_of(page)
        chat = Chat(page, html, bridges, {**OPENAI_VALUES, **(values or {})}, methods)
        chat.tools.update(tools or {})
        chat.kept = (values or {}).get("widgetState")
        await page.expose_function("callTool", chat.call_tool)
        await page.expose_function("keepWidgetState", chat.keep)
        await page.route(f"{WIDGET}**", chat.serve)
        await page.route(CHAT, lambda route: route.fulfill(path=HERE / "host.html", content_type="text/html"))
        await page.goto(CHAT)
        if bridges in ("apps", "both") and not silent:
            await chat.answer("ui/initialize", initialized(**(context or {})))
        for method in ("ui/update-model-context", "ui/message", "ui/open-link"):
            await chat.answer(method, {})
        await chat.open(sandbox)
        yield chat
        faults = await page.evaluate("host.faults")
        assert (complaints, faults) == ([], [])


def _is_widget(frame: Frame) -> bool:
    return frame.url.startswith(WIDGET)
