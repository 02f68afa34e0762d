"""What the doctor says in MCP, in both eras of the protocol, and its judgement of lists and widget pages. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from homeport.doctor import hop
from homeport.doctor.answer import Answer, NoAnswer, Outcome, no_answer_words
from homeport.doctor.challenge import challenge_of, same_resource
from homeport.doctor.hop import Hop
from homeport.doctor.reach import unknown_name
from homeport.doctor.strangers import stranger_in
from homeport.foreign_text import clean

LEGACY: Final = "2025-06-18"
MODERN: Final = "2026-07-28"
WIDGET_TYPE = "text/html;profile=mcp-app"
OLD_WIDGET_TYPE = "text/html+skybridge"
LONGEST_NAME = 64
"""Characters that ChatGPT allows a tool's name."""

Era = Literal["tools-2025", "tools-2026"]
YEARS: dict[Era, str] = {"tools-2025": "2025", "tools-2026": "2026"}

_CLIENT = {"name": "homeport-doctor", "version": "1"}
_ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": _CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
}
_UNSUPPORTED = -32022
"""JSON-RPC error of 2026-07-28: this server does not speak the version that was named."""


@dataclass(frozen=True, slots=True)
class Post:
    """One message to an MCP endpoint."""

    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ToolList:
    """The tools of one list: names, and the addresses of the widgets that show their results."""

    names: tuple[str, ...]
    widgets: tuple[str, ...]
    complaints: tuple[str, ...] = field(default=())


def initialize() -> Post:
    params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": _CLIENT}
    return _post("initialize", params, {})


def initialized(session: str) -> Post:
    message = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    return Post(_legacy(session), json.dumps(message).encode())


def list_tools(era: Era, session: str = "") -> Post:
    return _in_era(era, "tools/list", {}, session)


def read_page(era: Era, uri: str, session: str = "") -> Post:
    return _in_era(era, "resources/read", {"uri": uri}, session, name=uri)


def with_token(post: Post, token: str) -> Post:
    return Post({**post.headers, "authorization": f"Bearer {token}"}, post.body) if token else post


def wants_session(outcome: Outcome) -> bool:
    """Whether the server may answer once a session was begun: before 2026 that was for it to demand."""
    return isinstance(outcome, Answer) and outcome.status in (400, 404) and "result" not in (outcome.message() or {})


def judge_list(era: Era, outcome: Outcome, *, token: str, url: str, now: float) -> tuple[Hop, ToolList | None]:
    """The answer to tools/list; a skipped hop means that the server does not speak this era."""
    if isinstance(outcome, NoAnswer):
        said = f"tools/list gets no answer: {no_answer_words(outcome)}."
        return hop.failed(era, said, "Look whether the server hangs when it lists its tools."), None
    if (stranger := stranger_in(outcome)) is not None:
        return hop.failed(era, stranger.what, stranger.fix), None
    message = outcome.message() or {}
    result, error = message.get("result"), message.get("error")
    if isinstance(result, dict) and isinstance(result.get("tools"), list):
        found = _read_list(result["tools"])
        return _judge_tools(era, found), found
    if era == "tools-2026" and _speaks_not(outcome, error):
        return hop.skipped(era, "Not spoken here: ChatGPT uses the protocol of 2025 with this server."), None
    if outcome.status == 421:
        return hop.failed(era, *unknown_name(outcome)), None
    if outcome.status in (401, 403) and token:
        return hop.failed(era, *_token_refused(outcome, token, url, now)), None
    said = f" It says: {outcome.complaint}" if outcome.complaint else ""
    return hop.failed(
        era,
        f"tools/list fails: {outcome.shown}.{said}",
        "The server's log says why. ChatGPT shows no tools at all then.",
    ), None


def judge_without_token(era: Era, outcome: Outcome) -> Hop:
    """What a list in this era answers to a stranger, where the server asks to sign in."""
    if isinstance(outcome, NoAnswer):
        return hop.failed(era, f"No answer: {no_answer_words(outcome)}.", "Look whether the server hangs.")
    if outcome.status == 401 and challenge_of(outcome):
        return hop.ok(era, "It asks to sign in, too. The list itself needs a token, which the doctor has none of.")
    message = outcome.message() or {}
    if "result" in message:
        return hop.failed(
            era,
            f"The tools are listed without signing in in the protocol of {YEARS[era]}, while another one asks for it.",
            "Put the check of the token in front of the whole endpoint, before the message is read.",
        )
    if _speaks_not(outcome, message.get("error")):
        return hop.skipped(era, "Not spoken here, as far as one can tell without a token.")
    return hop.warning(
        era,
        f"Without a token it answers {outcome.shown}, and not 401.",
        "Check the token before anything else of the request: ChatGPT learns to sign in by the 401.",
    )


def same_tools(legacy: ToolList | None, modern: ToolList | None) -> Hop | None:
    """A failed hop where the eras list different tools."""
    if legacy is None or modern is None or set(legacy.names) == set(modern.names):
        return None
    different = ", ".join(sorted({*legacy.names} ^ {*modern.names})[:5])
    return hop.failed(
        "tools-2026",
        f"The protocols of 2025 and 2026 list different tools: {clean(different, 200)}.",
        "List the same tools in both: which one ChatGPT speaks is its own choice.",
    )


def judge_page(uri: str, outcome: Outcome) -> Hop:
    """A widget's page, as resources/read gives it."""
    shown = clean(uri, 120)
    if isinstance(outcome, NoAnswer):
        return hop.failed("widgets", f"{shown}: {no_answer_words(outcome)}.", "Look whether the server hangs.")
    if (stranger := stranger_in(outcome)) is not None:
        return hop.failed("widgets", stranger.what, stranger.fix)
    message = outcome.message() or {}
    result = message.get("result")
    contents = result.get("contents") if isinstance(result, dict) else None
    if not isinstance(contents, list) or not contents or not isinstance(contents[0], dict):
        said = f" It says: {outcome.complaint}" if outcome.complaint else ""
        return hop.failed(
            "widgets",
            f"A tool shows its result in {shown}, but that page cannot be read: {outcome.shown}.{said}",
            "Build the widgets (Homeport: `homeport build`), and let the tool name an address that exists.",
        )
    media_type, text = str(contents[0].get("mimeType", "")), _text_of(contents[0])
    if media_type.replace(" ", "") == OLD_WIDGET_TYPE:
        return hop.warning(
            "widgets",
            f"{shown} is of the older type {OLD_WIDGET_TYPE}.",
            f"Use {WIDGET_TYPE}, which ChatGPT and other hosts show today.",
        )
    if media_type.replace(" ", "") != WIDGET_TYPE:
        return hop.failed(
            "widgets",
            f"{shown} is of the type {clean(media_type, 80) or 'nothing'}: ChatGPT shows it as no widget.",
            f"Its mimeType must be {WIDGET_TYPE}",
        )
    if not text.strip():
        return hop.failed("widgets", f"{shown} is empty.", "Build the widgets again (Homeport: `homeport build`).")
    if re.search(r"""<script[^>]+src=["'](?!data:)""", text):
        return hop.warning(
            "widgets",
            f"{shown} loads scripts by address; a tunnel's warning page in their place leaves the widget empty.",
            "Put scripts and styles into the page itself.",
        )
    return hop.ok("widgets", f"{shown}, {len(text.encode()):,} bytes")


def _in_era(era: Era, method: str, params: dict[str, Any], session: str, *, name: str = "") -> Post:
    if era == "tools-2025":
        return _post(method, params, _legacy(session))
    routing = {"mcp-protocol-version": MODERN, "mcp-method": method} | ({"mcp-name": name} if name else {})
    return _post(method, {**params, "_meta": _ENVELOPE}, routing)


def _legacy(session: str) -> dict[str, str]:
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    return {**headers, "mcp-protocol-version": LEGACY} | ({"mcp-session-id": session} if session else {})


def _post(method: str, params: dict[str, Any], headers: dict[str, str]) -> Post:
    always = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return Post({**always, **headers}, json.dumps(message).encode())


def _read_list(tools: list[Any]) -> ToolList:
    names: list[str] = []
    widgets: list[str] = []
    complaints: list[str] = []
    for tool in tools:
        name = tool.get("name") if isinstance(tool, dict) else None
        if not isinstance(tool, dict) or not isinstance(name, str) or not name:
            complaints.append("a tool has no name")
            continue
        names.append(name)
        if len(name) > LONGEST_NAME:
            complaints.append(f"the name {clean(name, 40)} is longer than {LONGEST_NAME} characters")
        schema = tool.get("inputSchema")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            complaints.append(f"{clean(name)} has no inputSchema of the type object")
        meta = tool["_meta"] if isinstance(tool.get("_meta"), dict) else {}
        ui = meta["ui"] if isinstance(meta.get("ui"), dict) else {}
        address = ui.get("resourceUri") or meta.get("openai/outputTemplate")
        if isinstance(address, str) and address not in widgets:
            widgets.append(address)
    return ToolList(tuple(names), tuple(widgets), tuple(complaints))


def _judge_tools(era: Era, found: ToolList) -> Hop:
    if found.complaints:
        return hop.failed(
            era, f"ChatGPT refuses this list: {'; '.join(found.complaints[:3])}.", "Correct that in the server's code."
        )
    if not found.names:
        return hop.warning(
            era,
            "The list of tools is empty.",
            "Look whether the server's app could be loaded; ChatGPT has nothing to call.",
        )
    number = len(found.names)
    listed = ", ".join(clean(name) for name in found.names[:5]) + (", ..." if number > 5 else "")
    return hop.ok(era, f"{number} {'tool' if number == 1 else 'tools'}: {listed}")


def _speaks_not(outcome: Answer, error: object) -> bool:
    """Whether the answer says that the version of 2026 is not spoken: with its own error, or as older servers do."""
    code = error.get("code") if isinstance(error, dict) else None
    if code == _UNSUPPORTED:
        return True
    return outcome.status in (400, 404, 406) or code in (-32600, -32601, -32602)


def _token_refused(outcome: Answer, token: str, url: str, now: float) -> tuple[str, str]:
    """Why a token was refused, as far as token and challenge tell."""
    challenge = challenge_of(outcome)
    said = clean(challenge.get("error_description", "") or outcome.complaint, 200)
    said = f" The server says: {said}" if said else ""
    claims = _claims(token)
    expires, audience = claims.get("exp"), claims.get("aud")
    if challenge.get("error") == "insufficient_scope":
        return (
            f"The token lacks a scope for listing tools: {clean(challenge.get('scope', ''), 120)}.{said}",
            "Listing needs no more than to be signed in: demand scopes when a tool is called.",
        )
    if isinstance(expires, (int, float)) and expires <= now:
        return (
            f"The access token has expired.{said}",
            "Sign in again in ChatGPT. If it was given a moment ago, compare the clocks of both computers.",
        )
    audiences = audience if isinstance(audience, list) else [audience]
    if audience is not None and not any(same_resource(str(each), url) for each in audiences):
        return (
            f"The access token is for {clean(str(audience), 200)}, and not for {clean(url, 200)}.{said}",
            "Let the authorization server put the resource parameter of the request into `aud` (RFC 8707), and the "
            "server expect its own connector URL there.",
        )
    return (
        f"The access token that was given a moment ago is refused.{said}",
        "Look whether the keys of the authorization server and of this server are one pair (for Homeport: "
        "JWT_PRIVATE_KEY and JWT_PUBLIC_KEY), and whether issuer and audience are set the same in both.",
    )


def _claims(token: str) -> Mapping[str, Any]:
    """What a JWT says, unverified, to explain a refusal; nothing for what is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        value = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _text_of(contents: Mapping[str, Any]) -> str:
    if isinstance(contents.get("blob"), str):
        try:
            return base64.b64decode(contents["blob"]).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return ""
    return str(contents.get("text", ""))
