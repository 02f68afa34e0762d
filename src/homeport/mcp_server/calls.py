"""One tools/call from its name to its result: scope, pause, rule, tool, result, activity. Knows no HTTP and no SDK.

Whatever goes wrong inside a tool is a result the model can read; only what the person must consent to or sign in for
anew is the transport's to answer.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.apps.app import App
from homeport.apps.backend import Backend
from homeport.apps.backend_errors import SignInExpired
from homeport.apps.errors import ToolError
from homeport.apps.results import Context
from homeport.apps.schema import InvalidArguments
from homeport.apps.tools import ToolDefinition
from homeport.auth.scopes import effective
from homeport.clock import Clock, Randomness, system_clock, system_randomness
from homeport.events import ToolCalled
from homeport.foreign_text import clean
from homeport.mcp_server.asking import OwnerAsked, Refusal
from homeport.mcp_server.callers import PREVIEW_CLIENT, Caller
from homeport.mcp_server.messages import encode
from homeport.mcp_server.pause import Pause
from homeport.mcp_server.redaction import redact
from homeport.mcp_server.rules import Rule, default_rule, refusal

ERROR_META = "homeport/error"
WWW_AUTHENTICATE_META = "mcp/www_authenticate"

logger = logging.getLogger(__name__)


class ScopeMissing(Exception):
    """The token is good and lacks a scope: `needed` are all scopes of the call."""

    def __init__(self, call: ToolCall, needed: frozenset[str]) -> None:
        super().__init__(f"needs {' '.join(sorted(needed))}")
        self.call = call
        self.needed = needed


class SignInNeeded(Exception):
    """The person must sign in again before this call can work; `words` say why, for the model."""

    def __init__(self, call: ToolCall, needed: frozenset[str], words: str) -> None:
        super().__init__(words)
        self.call = call
        self.needed = needed
        self.words = words


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a client asks: a tool by name, its arguments, who asks, and the context the tool may want."""

    name: str
    arguments: Mapping[str, Any]
    caller: Caller
    context: Context | None = None
    stamp: Mapping[str, Any] = field(default_factory=dict)
    """Fields of every result in this era, `_meta` merged."""


class ToolCalls:
    """Calls the tools of the current app under the owner's rules and notes each call.

    Without `asked` nobody can be asked, and the rule `ask` blocks.
    """

    def __init__(
        self,
        *,
        app: Callable[[], App],
        record: Callable[[ToolCalled], None],
        backend: Callable[[Caller], Backend] | None = None,
        rule: Rule = default_rule,
        pause: Pause | None = None,
        asked: OwnerAsked | None = None,
        clock: Clock = system_clock,
        timer: Callable[[], float] = time.perf_counter,
        random: Randomness = system_randomness,
    ) -> None:
        self._app = app
        self._record = record
        self._backend = backend
        self._rule = rule
        self._pause = pause
        self._asked = asked
        self._clock = clock
        self._timer = timer
        self._random = random

    def demand_scopes(self, call: ToolCall) -> None:
        """Raises ScopeMissing, noted with the HTTP status it will be answered with. An unknown tool needs none."""
        tool = self._app().find(call.name)
        if tool is None or tool.scopes <= call.caller.scopes or tool.scopes <= effective(call.caller.scopes):
            return
        self._note(call, tool, 0.0, "insufficient_scope", http=200 if call.caller.chatgpt else 403)
        raise ScopeMissing(call, tool.scopes)

    async def call(self, call: ToolCall) -> bytes:
        """The result as JSON. Raises SignInNeeded and cancellation only; `demand_scopes` was asked before."""
        app = self._app()
        tool = app.find(call.name)
        if tool is None:
            self._note(call, None, 0.0, "unknown_tool")
            return _error(call, "unknown_tool", _gone(call.name, app.name))
        if self._rule(tool.name, tool.effect) != "allow" or (self._pause is not None and self._pause.paused):
            try:
                refused = await self._refusal(call, tool)
            except asyncio.CancelledError:
                self._note(call, tool, 0.0, "cancelled")
                raise
            if refused:
                self._note(call, tool, 0.0, refused[0])
                return _error(call, *refused)
        began = self._timer()
        outcome, http = "cancelled", 200
        try:
            outcome, result = await self._run(call, tool)
            return result
        except SignInNeeded:
            outcome, http = SignInExpired.code, 200 if call.caller.chatgpt else 401
            raise
        finally:
            self._note(call, tool, (self._timer() - began) * 1000, outcome, http=http)

    async def _refusal(self, call: ToolCall, tool: ToolDefinition) -> Refusal | None:
        """Why this call does not run: the owner has paused the tools, blocked this one, or not allowed this call."""
        if (refused := self._standing_refusal(call, tool)) is not None or self._rule(tool.name, tool.effect) == "allow":
            return refused
        assert self._asked is not None
        try:
            refused = await self._asked.refusal(tool, call.arguments, call.caller)
        except InvalidArguments as error:
            return "invalid_arguments", str(error)
        # Much may have changed while the owner thought about it.
        if refused is None and self._app().find(call.name) is not tool:
            return "tool_changed", "This tool was changed while its owner was asked. Nothing was done. Call again."
        return refused or self._standing_refusal(call, tool)

    def _standing_refusal(self, call: ToolCall, tool: ToolDefinition) -> Refusal | None:
        """What no yes to a single call changes."""
        if self._pause is not None and self._pause.paused:
            return "paused", self._pause.words()
        verdict = self._rule(tool.name, tool.effect)
        # The preview is the owner's own: it shows what a client meets, and asks nobody.
        if verdict == "ask" and self._asked is not None and call.caller.client_id != PREVIEW_CLIENT:
            return None
        words = refusal(tool, verdict)
        return None if words is None else ("blocked", words)

    async def _run(self, call: ToolCall, tool: ToolDefinition) -> tuple[str, bytes]:
        """The outcome's name, and the result as JSON."""
        backend = self._backend(call.caller) if tool.wants_backend and self._backend is not None else None
        context = call.context or _context(call)
        try:
            given = await tool.call(call.arguments, person=call.caller.person, context=context, backend=backend)
            text = encode(given.data).decode() if given.text is None else given.text
            result = {
                "content": [{"type": "text", "text": text}],
                "structuredContent": given.data,
                "isError": False,
                **call.stamp,
            }
            if given.meta:
                result["_meta"] = {**given.meta, **call.stamp.get("_meta", {})}
            return "ok", encode(result)
        except InvalidArguments as error:
            return "invalid_arguments", _error(call, "invalid_arguments", str(error))
        except SignInExpired as error:
            raise SignInNeeded(call, call.caller.scopes | tool.scopes, error.message) from None
        except ToolError as error:
            return error.code, _error(call, error.code, str(error), f"{error.code}: {error}")
        except (Exception, SystemExit, asyncio.CancelledError) as error:
            # A tool that exits must not end Homeport, and one that was cancelled by nobody has failed.
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and (task is None or task.cancelling()):
                raise
            number = self._random(4).hex()
            logger.exception("The tool %s failed; its client was told the number %s", tool.name, number)
            words = f"Something went wrong inside this tool. Homeport's log knows more about it under {number}."
            return "internal_error", _error(call, "internal_error", words)

    def _note(
        self, call: ToolCall, tool: ToolDefinition | None, milliseconds: float, outcome: str, *, http: int = 200
    ) -> None:
        self._record(
            ToolCalled(
                at=self._clock(),
                grant_id=call.caller.grant_id,
                client_id=call.caller.client_id,
                person_id=call.caller.person.id,
                tool=tool.name if tool else clean(call.name),
                http=http,
                rpc=0,
                outcome=outcome,
                milliseconds=milliseconds,
                arguments=redact(call.arguments, tool.input_schema["properties"] if tool else ()),
            )
        )


def sign_in_again(call: ToolCall, challenge: str, description: str) -> bytes:
    """The result that makes ChatGPT show its sign-in: it reads no HTTP 401 or 403 of a tools/call."""
    meta = {WWW_AUTHENTICATE_META: [challenge], **call.stamp.get("_meta", {})}
    return encode({"content": [{"type": "text", "text": description}], "isError": True, **call.stamp, "_meta": meta})


def _error(call: ToolCall, code: str, message: str, text: str | None = None) -> bytes:
    """A result that says no. The model reads `text` only; `_meta` is for programs, such as an app's own tests."""
    meta = {ERROR_META: {"code": code, "message": message}, **call.stamp.get("_meta", {})}
    words = [{"type": "text", "text": text or message}]
    try:
        return encode({"content": words, "isError": True, **call.stamp, "_meta": meta})
    except ValueError:
        # Half a character (a lone surrogate) in an app's message cannot be sent.
        return _error(call, code, message.encode("utf-8", "replace").decode())


def _gone(name: str, app: str) -> str:
    return (
        f"{clean(name) or 'This'} is no longer a tool of {app}. "
        "Press Refresh on the plugin's page in ChatGPT, then try again."
    )


def _context(call: ToolCall) -> Context:
    return Context(client=call.caller.client_name)
