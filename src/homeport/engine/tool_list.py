"""The tools that are served, with the owner's rule for each and where it was set; and how a rule is changed."""

from __future__ import annotations

from homeport.apps.app import OWN_TOOL, App
from homeport.apps.tools import ToolDefinition
from homeport.engine import owner_file
from homeport.engine.protocol import ToolSummary
from homeport.engine.rooms import Rooms
from homeport.errors import NotFoundError
from homeport.foreign_text import clean
from homeport.mcp_server.rules import Verdict, default_rule
from homeport.settings import LoadedSettings


def tools(rooms: Rooms) -> list[ToolSummary]:
    loaded = rooms.live.current()
    return [
        _summary(rooms, app, tool, loaded)
        for app in rooms.served.apps()
        for tool in app.tools.values()
        if tool.name != OWN_TOOL
    ]


def set_rule(rooms: Rooms, tool: str, rule: str) -> None:
    """Write the rule into the data folder's homeport.toml; "default" takes it out. It counts at once.

    Raises NotFoundError, or SettingsError where the rules come from somewhere else.
    """
    rules = rooms.live.current().settings.rules
    found = next((known for app in rooms.served.apps() if (known := app.find(tool)) is not None), None)
    if found is None and not (rule == "default" and tool in rules):
        raise NotFoundError(f"There is no tool {clean(tool)!r}.", hint="Look at the list of tools: it may be new.")
    name = found.name if found is not None else tool
    owner_file.set_rule(rooms.live.current(), name, None if rule == "default" else rule)
    rooms.live.look()


def _summary(rooms: Rooms, app: App, tool: ToolDefinition, loaded: LoadedSettings) -> ToolSummary:
    given = loaded.settings.rules.get(tool.name)
    standing = default_rule(tool.name, tool.effect)
    return ToolSummary(
        app=clean(app.name),
        name=tool.name,
        title=clean(tool.title, 200),
        description=tool.description,
        effect=tool.effect,
        read_only=tool.effect == "read",
        destructive=tool.effect == "destroy",
        open_world=tool.open_world,
        idempotent=tool.idempotent or tool.effect == "read",
        scope=tool.scope or "",
        input_schema=dict(tool.input_schema),
        output_schema=dict(tool.output_schema),
        widget=tool.widget.name if tool.widget is not None else "",
        rule=_in_force(given or standing, loaded),
        default_rule=_in_force(standing, loaded),
        rule_from=str(loaded.source("rules")) if given else "",
    )


def _in_force(verdict: Verdict, loaded: LoadedSettings) -> Verdict:
    """Where nobody sits at the computer nobody can be asked."""
    return "block" if verdict == "ask" and loaded.serve else verdict
