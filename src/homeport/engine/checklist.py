"""What a first user does, step by step, each with what is wrong and what to do now. Pure: what was seen is handed in.

The steps tick themselves; nothing is done until Homeport has seen it happen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from homeport.apps.app import App
from homeport.engine.first_times import DISCOVERY, RUNNING, SIGN_IN, STEPS, TOOL_CALL, TUNNEL, WIDGET
from homeport.engine.protocol import Checklist, ConnectorForm, Status, Step
from homeport.events import ToolCalled
from homeport.foreign_text import clean

TITLES = {
    RUNNING: ("Start Homeport", "Homeport runs"),
    TUNNEL: ("Give it a public address", "It has a public address"),
    DISCOVERY: ("Add it to ChatGPT", "ChatGPT has found it"),
    SIGN_IN: ("Sign in from ChatGPT", "You have signed in from ChatGPT"),
    TOOL_CALL: ("Let ChatGPT use a tool", "ChatGPT has used a tool"),
    WIDGET["called"]: ("Use a tool that has a view", "A tool with a view was used"),
    WIDGET["fetched"]: ("Let ChatGPT load the view", "ChatGPT has loaded the view"),
    WIDGET["started"]: ("Press something in the view", "The view works"),
}
"""What is to do, and what was done."""

_SHUT = ("needs-token", "down", "error")
_NO_PROBLEM = ("ok", "owner_asked", "owner_denied", "paused")


@dataclass(frozen=True, slots=True)
class Seen:
    """What Homeport knows: when each step was first seen, and how things are now."""

    status: Status
    first: Mapping[str, int]
    waiting_codes: int = 0
    waiting_hosts: Sequence[str] = ()
    last_call: ToolCalled | None = None
    path_missed: bool = False
    denied: bool = False
    has_widgets: bool = True
    can_start: bool = True
    """Whether anything could show that a widget's page runs."""
    moved: bool = False
    """Whether ChatGPT knows another public address than today's, and not this one."""
    prompt: str = field(default="")


def steps(seen: Seen) -> list[Step]:
    """Those of the widget are left out where no tool has one, and the last where it could never be seen."""
    found: list[Step] = []
    current = True
    for name in STEPS:
        if name in WIDGET.values() and not seen.has_widgets:
            continue
        if name == WIDGET["started"] and not seen.can_start:
            continue
        to_do, done = TITLES[name]
        if _done(name, seen):
            found.append(Step(name, done, "done", seen.first.get(name, 0), "", ""))
            continue
        problem, action = _words(name, seen) if current else ("", "")
        state = "later" if not current else "failed" if problem else "now"
        found.append(Step(name, to_do, state, seen.first.get(name, 0), problem, action))
        current = False
    return found


def form(app: App | None, url: str) -> ConnectorForm:
    """ChatGPT's fields for `app`."""
    name = clean(app.name) if app is not None else "Homeport"
    about = clean(app.instructions, 200) if app is not None and app.instructions else "Tools on my own computer."
    return ConnectorForm(name, about, url, "OAuth")


def checklist(seen: Seen, app: App | None) -> Checklist:
    return Checklist(steps(seen), seen.prompt or prompt_for(app), form(app, seen.status.connector_url))


def prompt_for(app: App | None) -> str:
    """What to type into ChatGPT to see that it works: for a tool with a widget where there is one."""
    if app is None:
        return ""
    name = clean(app.name)
    if "get-items" in app.tools:
        return f"Show me my items with {name}."
    shown = next((tool for tool in app.tools.values() if tool.widget is not None and tool.effect == "read"), None)
    tool = shown or next((tool for tool in app.tools.values() if tool.effect == "read"), None)
    if tool is None:
        return f"What can you do with {name}?"
    return f"Use {name}: {clean(tool.title, 100)}."


def _done(name: str, seen: Seen) -> bool:
    if name == RUNNING:
        return seen.status.state == "online"
    if name == TUNNEL:
        # A tunnel that failed keeps its last address: nobody gets through it.
        return bool(seen.status.public_url) and seen.status.tunnel_state.state not in _SHUT
    return name in seen.first


def _words(name: str, seen: Seen) -> tuple[str, str]:
    """What is wrong with the step that is due (empty: nothing, it only has not happened), and what to do."""
    status = seen.status
    if name == RUNNING:
        if status.state in ("starting", "stopping"):
            return "", "This takes a moment."
        return status.problem, "Look at the log, then press Start." if status.problem else "Press Start."
    if name == TUNNEL:
        tunnel = status.tunnel_state
        if tunnel.state == "needs-token":
            return "", tunnel.action or "Paste the tunnel's token."
        if tunnel.state in ("error", "down"):
            return tunnel.cause, tunnel.action
        if tunnel.state in ("starting", "downloading", "reconnecting"):
            return "", tunnel.progress or "This takes a moment."
        return "", tunnel.action or "Choose how ChatGPT reaches this computer."
    if name == DISCOVERY:
        if seen.path_missed:
            return (
                f"Something calls {status.public_url} without the path of the connector.",
                f"Give ChatGPT the whole server URL, {status.connector_url}",
            )
        if seen.moved:
            return (
                "The address has changed, and ChatGPT knows the one from before.",
                "Open the plugin at chatgpt.com/plugins, remove it, and add it again with the connector URL of now.",
            )
        return "", "Open chatgpt.com/plugins, press +, then Add custom MCP server, and paste the connector URL."
    if name == SIGN_IN:
        if seen.waiting_codes:
            return "", "Type the code that the other page shows."
        if seen.waiting_hosts:
            host = seen.waiting_hosts[0]
            return (
                f"A client wants to return to {host}, which is not allowed.",
                "If you know that address, allow it on the page People.",
            )
        if seen.denied:
            return (
                "The last request for access was denied.",
                "If it was you, press Install or Connect in ChatGPT again: a page opens that shows a new code.",
            )
        action = "Finish the form in ChatGPT and install the plugin: a page opens that shows a code."
        return "", " ".join(filter(None, (action, status.tunnel_state.interstitial)))
    call = seen.last_call
    if status.paused:
        return "The tools are paused.", "Press Resume."
    if status.calls_waiting:
        return "", "A call waits for your yes: look at it and allow it."
    if name == TOOL_CALL and call is not None and call.outcome not in _NO_PROBLEM:
        return (
            f"The last call of {call.tool} ended with {call.outcome}.",
            "Look at the activity, then try again.",
        )
    return "", _WIDGET_ACTIONS.get(name, "Start a new conversation, choose the plugin with @, and paste the prompt.")


_WIDGET_ACTIONS = {
    WIDGET["called"]: "Paste the prompt: it uses a tool that has a view.",
    WIDGET["fetched"]: "ChatGPT may still have the view from before, or an old list of tools: press Refresh on the "
    "plugin's page, then use the tool in a new conversation.",
    WIDGET["started"]: "Press something in the view. ChatGPT tells nobody that a view runs: this counts once a tool is "
    "used that the view itself can use.",
}
