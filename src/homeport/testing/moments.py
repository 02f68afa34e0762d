"""The moment a widget is opened in: a saved simulation and what the test says otherwise. Opens nothing."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from homeport.apps.app import App
from homeport.apps.tools import ToolDefinition
from homeport.apps.widget_files import FOLDER
from homeport.control.preview.simulations import Simulation, SimulationError, Simulations, State, in_words
from homeport.errors import NotFoundError
from homeport.testing.chat import Chat

WITH_RESULT = ("result", "slow")
WITH_REASON = ("failed", "cancelled")
"""Where the text is a reason."""


def folder_of(app: App) -> Path:
    """The folder of an app that a test has imported: the one its tools are written in. Raises NotFoundError."""
    for tool in app.tools.values():
        module = sys.modules.get(tool.function.__module__)
        file = getattr(module, "__file__", None) or inspect.getsourcefile(tool.function)
        if file is not None:
            for folder in Path(file).resolve().parents:
                if (folder / FOLDER).is_dir():
                    return folder
    raise NotFoundError(f"{app!r} is in no folder with widgets.", hint="Give the folder instead of the app.")


def shown_by(app: App, widget: str, tool: str = "") -> ToolDefinition:
    """The tool whose result the widget shows: `tool`, or the first one of the app. Raises NotFoundError."""
    showing = [each for each in app.tools.values() if each.widget is not None and each.widget.name == widget]
    if not showing:
        known = ", ".join(app.widgets) or "none"
        raise NotFoundError(f"No tool of {app.name} shows a widget {widget!r}.", hint=f"It has these widgets: {known}.")
    chosen = [each for each in showing if each.name == tool or tool in each.was] if tool else showing
    if not chosen:
        others = ", ".join(each.name for each in showing)
        raise NotFoundError(f"{tool!r} does not show the widget {widget!r}.", hint=f"These tools do: {others}.")
    return chosen[0]


def simulation_in(
    folder: Path | None, app: App, widget: str, name: str, changes: Mapping[str, Any]
) -> tuple[Simulation, ToolDefinition]:
    """The simulation `name` (empty: none) with `changes` laid over its fields, and the tool it is about.

    Raises NotFoundError and SimulationError.
    """
    saved: dict[str, Any] = {}
    if name:
        if folder is None:
            raise NotFoundError(f"There is no folder to find previews/{name}.json in.")
        saved = Simulations(folder / "previews").load(name).model_dump(exclude_unset=True)
    tool = shown_by(app, widget, str(changes.get("tool") or saved.get("tool") or ""))
    if changes.get("state") in WITH_REASON and saved.get("state") not in WITH_REASON:
        # The text of a result is no reason why there is none.
        saved.pop("text", None)
    try:
        return Simulation.model_validate({**saved, **changes, "tool": tool.name}), tool
    except ValidationError as error:
        raise SimulationError(f"The widget cannot be opened like this: {in_words(error)}.") from None


async def with_result(simulation: Simulation, chat: Chat) -> Simulation:
    """The simulation with an output: where it has none and needs one, its tool is called in the chat."""
    if simulation.output is not None or simulation.state not in WITH_RESULT:
        return simulation
    result = await chat.show_result(simulation.tool, simulation.input, {})
    failed = result.get("isError") is True
    state: State = "failed" if failed else simulation.state
    words = "\n".join(block["text"] for block in result["content"] if block.get("type") == "text")
    found = {"output": result.get("structuredContent"), "text": words, "meta": result.get("_meta") or {}}
    return simulation.model_copy(update={**found, "state": state})
