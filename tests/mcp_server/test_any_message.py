"""Whatever a client with a token may send: an answer below 500 that is JSON, and nothing of ours that breaks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.mcp_server.scene import Answer, open_door

NAMES = ["add", "plus", "note", "forget", "publish", "who", "gone", ""]
METHODS = [
    "initialize",
    "notifications/cancelled",
    "ping",
    "server/discover",
    "subscriptions/listen",
    "tools/call",
    "tools/list",
    "prompts/get",
    "\ud800",
]
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.sampled_from(["\ud800"])
)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
metas = st.fixed_dictionaries(
    {},
    optional={
        **{key: values | st.just(good) for key, good in ENVELOPE.items()},
        "io.modelcontextprotocol/logLevel": values,
        "openai/locale": values,
        "openai/userLocation": values | st.fixed_dictionaries({"timezone": values}),
    },
)
params = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(NAMES) | values,
        "arguments": st.dictionaries(st.sampled_from(["a", "b", "text"]) | st.text(), values) | values,
        "_meta": st.just(ENVELOPE) | metas | values,
        "cursor": values,
        "notifications": values,
        "protocolVersion": values,
    },
)
messages = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0"), "method": st.sampled_from(METHODS) | st.text()},
    optional={"id": st.integers() | st.text() | values, "params": params | values},
)
versions = st.sampled_from([None, "2025-03-26", "2025-11-25", "2026-07-28", "2099-01-01", ""])
tokens = st.sampled_from(["anybody", "reader", "chatgpt", "writer"])


LISTENING = {"jsonrpc": "2.0", "id": 0, "method": "subscriptions/listen", "params": {"_meta": ENVELOPE}}


@settings(max_examples=400, deadline=None)
@example(LISTENING, "2026-07-28", "anybody", True)
@given(messages, versions, tokens, st.booleans())
def test_every_message_has_an_answer(message: dict[str, Any], version: str | None, token: str, routed: bool) -> None:
    headers = {} if version is None else {"mcp_protocol_version": version}
    if routed and message["method"].isascii() and message["method"].isprintable():
        headers["mcp_method"] = message["method"]
        name = message["params"].get("name") if isinstance(message.get("params"), dict) else None
        if isinstance(name, str) and name.isascii() and name.isprintable():
            headers["mcp_name"] = name
    answer = asyncio.run(_answer(json.dumps(message).encode(), token, headers))
    assert answer.status < 500, answer
    if answer.status == 202:
        assert answer.body == b""
        assert "id" not in message
    else:
        assert answer.body, answer
        assert json.loads(answer.body)


async def _answer(body: bytes, token: str, headers: dict[str, str]) -> Answer:
    async with open_door() as door:
        # Without streams: those have no end, and their own tests.
        return await door.post(body, token=token, accept="application/json", **headers)
