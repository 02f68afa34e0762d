"""What the page of a widget under test asks for, answered without a server: the page, its sandbox, and tool calls.

The addresses are looked up nowhere, and nothing of them leaves the browser.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from homeport import bundles
from homeport.control.guard import SANDBOX_PATH
from homeport.control.preview.policy import WidgetPolicy
from homeport.control.preview.stage import widget_may_call
from homeport.mcp_server.protocol import RpcError
from homeport.testing.chat import Chat

if TYPE_CHECKING:
    from playwright.async_api import Route

# Two origins, as in the preview: a widget must not be able to reach what holds it.
PAGE = "http://127.0.0.1"
SANDBOX = "http://localhost"

SANDBOX_ADDRESS = f"{SANDBOX}{SANDBOX_PATH}"

_PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")  # one, and transparent
_EMPTY = {"image": ("image/gif", _PIXEL), "stylesheet": ("text/css", b""), "script": ("text/javascript", b"")}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the widget has called, and what it was given: a whole result, as on the wire."""

    tool: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any]


class Stage:
    """Answers for one page. `calls` are the widget's, in their order."""

    def __init__(self, chat: Chat, policy: WidgetPolicy) -> None:
        self._chat = chat
        self._policy = policy
        self._page = bundles.page("testing")
        self.calls: list[ToolCall] = []

    async def answer(self, route: Route) -> None:
        """Everything that the browser loads comes by here."""
        request = route.request
        origin, path = _split(request.url)
        if origin == PAGE and path == "/":
            await route.fulfill(body=self._page, content_type="text/html; charset=utf-8")
        elif origin == SANDBOX and path == SANDBOX_PATH:
            headers = {"content-security-policy": self._policy.header(PAGE), "content-type": "text/html; charset=utf-8"}
            await route.fulfill(body=_sandbox_document(), headers=headers)
        elif origin == PAGE and path.startswith("/api/preview/"):
            await self._act(route, path.removeprefix("/api/preview/"), request.post_data_json or {})
        elif origin in (PAGE, SANDBOX) or request.resource_type not in _EMPTY:
            await route.abort("addressunreachable")
        else:
            # What its policy allows a widget is not there in a test: no network decides how one ends.
            kind, body = _EMPTY[request.resource_type]
            await route.fulfill(body=body, headers={"content-type": kind, "access-control-allow-origin": "*"})

    async def _act(self, route: Route, deed: str, asked: Mapping[str, Any]) -> None:
        try:
            if deed == "call":
                await self._call(route, asked["tool"], asked["arguments"], asked["meta"])
            elif deed == "relay":
                await _give(route, await self._chat.ask(asked["method"], asked["params"]))
            else:
                await _refuse(route, f"{deed} is nothing that a widget can ask for.")
        except RpcError as error:
            await _refuse(route, error.message)

    async def _call(self, route: Route, tool: str, arguments: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        listed = next((each for each in await self._chat.list_tools() if each["name"] == tool), None)
        if listed is None:
            return await _refuse(route, f"No tool of {self._chat.app.name} is called {tool!r}.")
        if not widget_may_call(listed):
            return await _refuse(
                route, f'{tool} is for the model only. Offer it to both: @app.tool(..., widget_access="model+app").'
            )
        result = await self._chat.show_result(tool, arguments, meta)
        self.calls.append(ToolCall(tool, arguments, result))
        return await _give(route, {"result": result, "milliseconds": 0, "bytes": 0})


async def _give(route: Route, answer: Mapping[str, Any]) -> None:
    await route.fulfill(body=json.dumps(answer), content_type="application/json")


async def _refuse(route: Route, words: str) -> None:
    await route.fulfill(status=409, body=json.dumps({"message": words}), content_type="application/json")


def _sandbox_document() -> str:
    source = resources.files("homeport.control.preview") / "sandbox.html"
    return source.read_text(encoding="utf-8").replace("{{page}}", PAGE)


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", parts.path
