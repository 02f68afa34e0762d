"""What the terminal shows while Homeport runs: how it started, and one short line for what happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from homeport.cli.words import count
from homeport.engine.protocol import Status
from homeport.events import (
    AppFailed,
    AppLoaded,
    ApprovalDecided,
    CallAsked,
    CallDecided,
    ClientSeen,
    EngineStateChanged,
    Event,
    GrantRevoked,
    PastedWithoutPath,
    PublicUrlChanged,
    RedirectHostWaiting,
    SelfCheckFailed,
    ToolCalled,
    ToolchainStep,
    ToolListOutdated,
    ToolsPaused,
    TunnelLimitNear,
    TunnelStateChanged,
    WidgetBuilt,
    WidgetFailed,
)
from homeport.foreign_text import clean
from homeport.settings.as_typed import as_typed, command_prefix


def startup_text(status: Status, *, asks_here: bool) -> str:
    """What runs, what to do next, and how to stop. `asks_here`: this terminal takes the codes."""
    tools = " and ".join(f"{clean(app.name)} with {count(app.tools, 'tool')}" for app in status.apps) or "no app"
    problems = [app.problem for app in status.apps if app.problem]
    lines = [f"Homeport {status.version} runs: {tools}.", ""]
    if problems:
        lines = [f"Homeport {status.version} runs, but its tools are not loaded:", *map(_warning, problems), ""]
    lines += _for_chatgpt(status, asks_here) if status.public_url else _without_public_url(status)
    if others := [warning for warning in status.warnings if warning not in problems]:
        lines += ["", *map(_warning, others)]
    lines += ["", "Stop with Ctrl+C." if asks_here else "Stop with Ctrl+C or `homeport stop --quit`."]
    return as_typed("\n".join(lines))


def offline_text(status: Status) -> str:
    """What is said where Homeport runs and is not online: as it was when it ended, or since it could not start."""
    now = f"could not start: {clean(status.problem, 400)}" if status.problem else "is stopped, as it was when it ended."
    return as_typed(
        f"Homeport {status.version} {now}\nStart it in the tray or the dashboard, or with `homeport start`."
    )


def _warning(text: str) -> str:
    return f"! {clean(text, 400)}"


def _for_chatgpt(status: Status, asks_here: bool) -> list[str]:
    where = "type them here" if asks_here else "run `homeport approve` with them"
    return [
        f"  Connector URL   {status.connector_url}",
        "",
        "  1. Open https://chatgpt.com/plugins, press +, then Add custom MCP server.",
        "     (Older accounts: turn on Developer mode in Settings first.)",
        "  2. Paste the connector URL as Server URL, choose OAuth, and create it.",
        f"  3. The page that opens shows six digits: {where}.",
    ]


def _without_public_url(status: Status) -> list[str]:
    if status.tunnel_state.provider not in ("none", "fixed"):
        return _with_a_tunnel_to_come(status)
    return [
        f"  Local URL       {status.connector_url}",
        "",
        "  Programs on this computer can use it now. ChatGPT needs a public https address:",
        f"  1. Point a tunnel or reverse proxy of yours at {_for_a_proxy(status)}; it must keep the Host header.",
        f"  2. Start again with its address: homeport --public-url https://homeport.example.com{_port(status)}",
    ]


def _with_a_tunnel_to_come(status: Status) -> list[str]:
    """The tunnel starts beside Homeport, or waits for something that only the person has."""
    tunnel = status.tunnel_state
    lines = [f"  Local URL       {status.connector_url}", ""]
    if tunnel.state in ("off", "starting", "downloading", "up"):
        return [*lines, "  The public URL is on its way, and is shown here when it is there."]
    if tunnel.state != "needs-token" or tunnel.provider != "ngrok":
        return [*lines, f"  There is no public URL: {clean(tunnel.cause, 400)}", f"  {clean(tunnel.action, 400)}"]
    return [
        *lines,
        f"  Programs on this computer can use it now. For ChatGPT: {clean(tunnel.cause, 200)}",
        "  1. Copy it from https://dashboard.ngrok.com/get-started/your-authtoken (a free account is enough).",
        "  2. Give it to Homeport in another terminal: homeport secrets set ngrok",
        "     Or in the browser, where a checklist leads through all of it: homeport open",
        "",
        f"  You have a tunnel or proxy of your own? Point it at {_for_a_proxy(status)}, keep the Host header,",
        f"  and start with {command_prefix()} --public-url https://homeport.example.com{_port(status)}",
    ]


def _for_a_proxy(status: Status) -> str:
    """The address that is listened at, in numbers: a proxy may take `localhost` for another one."""
    return status.local_url.replace("//localhost:", "//127.0.0.1:")


def _port(status: Status) -> str:
    """The option that keeps the port a tunnel was pointed at: with a public URL it would be the default one again."""
    port = status.local_url.rsplit(":", 1)[-1]
    return "" if port == "3002" else f" --port {port}"


def line_for(event: Event) -> str | None:
    """An event as one short line; None for those that say nothing to a person at a terminal."""
    line = _line_for(event)
    return None if line is None else as_typed(line)


def _line_for(event: Event) -> str | None:
    match event:
        case EngineStateChanged(state=state, cause=cause):
            return f"Homeport is {state}" + (f": {clean(cause, 400)}" if cause else "")
        case PublicUrlChanged(old=None, new=str(new)):
            return f"The public URL is {new} now. `homeport url` prints the connector URL for ChatGPT."
        case PublicUrlChanged(old=str(old), new=str(new)):
            return (
                f"The public URL is {new} now, and {old} no longer leads here. In ChatGPT, open the plugin at "
                "chatgpt.com/plugins, remove it, and add it again with the new connector URL: homeport url"
            )
        case PublicUrlChanged():
            return "There is no public URL now: ChatGPT cannot reach this computer."
        case TunnelStateChanged(state="downloading", progress=progress):
            return clean(progress, 200) or None
        case TunnelStateChanged(state="up", public_url=public_url, cause=""):
            return f"The tunnel is up: {public_url} leads here."
        case TunnelStateChanged(cause=cause, action=action) if cause:
            return f"Tunnel: {clean(cause, 400)} {clean(action, 400)}"
        case TunnelLimitNear(provider=provider, used=used, limit=limit, what=what):
            return (
                f"Tunnel: {used:,} of the {limit:,} {what} that {clean(provider)} gives a free account in a month are "
                "used. When all are, ChatGPT is not answered before the next month."
            )
        case ApprovalDecided(outcome=outcome, client=client, person=person):
            return f"{clean(client)}: {clean(outcome)}" + (f", as {clean(person)}" if person else "")
        case ClientSeen(client=client, kind=kind):
            return f"New client: {clean(client)} ({'verified host' if kind == 'cimd' else 'unverified name'})"
        case RedirectHostWaiting(host=host, client=client):
            return (
                f"{clean(client)} wants to redirect to {clean(host, 255)}. "
                f"If you know it: homeport clients allow {clean(host, 255)}"
            )
        case GrantRevoked(reason=reason):
            return f"Access ended: {clean(reason, 200)}"
        case CallAsked(number=number, tool=tool, client=client, person=person):
            return (
                f"{clean(client)} wants to use {clean(tool)} for {clean(person)}. Look at it, then allow or deny it: "
                f"homeport calls allow {number}"
            )
        case CallDecided(number=number, tool=tool, outcome=outcome):
            return f"Call {number} of {clean(tool)}: {clean(outcome)}"
        case ToolsPaused(paused=paused):
            return "The tools are paused." if paused else "The tools run again."
        case ToolCalled(tool=tool, outcome=outcome, milliseconds=milliseconds):
            return f"{clean(tool)}: {clean(outcome)}, {milliseconds:.0f} ms"
        case ToolListOutdated(client=client):
            return f"{clean(client)} works with an old list of tools: press Refresh in its settings."
        case AppLoaded(app=app, tools=tools):
            return f"{clean(app)} is loaded, {count(tools, 'tool')}"
        case AppFailed(app=app, message=message):
            return f"{clean(app)} has an error and is not loaded anew: {clean(message, 400)}"
        case WidgetBuilt(widget=widget, milliseconds=milliseconds):
            return f"{clean(widget)} is built, {milliseconds:.0f} ms"
        case ToolchainStep(words=words):
            return clean(words, 200)
        case WidgetFailed(kind="types", message=message):
            return f"Types: {clean(message, 400)}"
        case WidgetFailed(widget=widget, message=message):
            return f"{clean(widget)} is not built anew: {clean(message, 400)}"
        case SelfCheckFailed(cause=cause, fix=fix):
            return f"ChatGPT would not get through: {clean(cause, 500)} {clean(fix, 500)} (homeport doctor)"
        case PastedWithoutPath():
            return "Somebody posts to the address without its path: paste the whole connector URL, with its end."
        case _:
            return None


class LimitedLines:
    """Events as lines, for the terminal and the log alike: what strangers can cause is said a few times a minute, so
    that they can neither scroll away what matters nor fill the disk.
    """

    STRANGERS_A_MINUTE = 6

    def __init__(self) -> None:
        self._minute = float("-inf")
        self._strangers = 0

    def line_for(self, event: Event) -> str | None:
        """The event's line, None where there is none or where it would be one too many."""
        if not isinstance(event, (ClientSeen, RedirectHostWaiting, PastedWithoutPath)):
            return line_for(event)
        if event.at >= self._minute + 60:
            self._minute, self._strangers = event.at, 0
        self._strangers += 1
        if self._strangers <= self.STRANGERS_A_MINUTE:
            return line_for(event)
        if self._strangers == self.STRANGERS_A_MINUTE + 1:
            return as_typed("And more like these within this minute: see `homeport clients`")
        return None


class LiveLines:
    """Says what happens as it happens, tool calls a few a moment: a busy client is not slowed by what is shown."""

    MOMENT_SECONDS = 0.25
    CALLS_A_MOMENT = 5

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._calls: list[ToolCalled] = []
        self._more = 0
        self._lines = LimitedLines()

    def heard(self, event: Event) -> None:
        """Subscribe this to the event bus."""
        if not isinstance(event, ToolCalled):
            self._show(event)
        elif len(self._calls) < self.CALLS_A_MOMENT:
            if not self._calls:
                asyncio.get_running_loop().call_later(self.MOMENT_SECONDS, self.show_calls)
            self._calls.append(event)
        else:
            self._more += 1

    def show_calls(self) -> None:
        """Say the calls that wait to be shown."""
        calls, more = self._calls, self._more
        self._calls, self._more = [], 0
        for call in calls:
            self._show(call)
        if more:
            self._say(f"          and {count(more, 'more tool call')}")

    def _show(self, event: Event) -> None:
        if line := self._lines.line_for(event):
            self._say(f"{time.strftime('%H:%M:%S', time.localtime(event.at))}  {line}")
