"""What the preview asks of where an app and its widgets come from: the newest page, what is broken, what changes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from homeport.apps.builder import FolderWidgets
from homeport.apps.live_widgets import live_uri
from homeport.engine.rooms import Rooms
from homeport.engine.served import AppSource
from homeport.foreign_text import clean
from homeport.mcp_server.resources import widget_at


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the newest version of something is not shown, or what its types say. `line` 0: no place is known."""

    kind: str
    file: str
    line: int
    column: int
    message: str


def problems(source: AppSource) -> list[Problem]:
    """What is wrong with the app now, then with its widgets."""
    found = [Problem("app", "", 0, 0, source.problem)] if source.problem else []
    if isinstance(pages := source.pages, FolderWidgets):
        found += [Problem(p.kind, clean(p.file, 400), p.line, p.column, _lines(p.message)) for p in pages.problems()]
    return found


def watch(source: AppSource, changed: Callable[[str], None]) -> Callable[[], None]:
    """Call `changed` with the name of each widget that is another one now, and with "" for other problems than before,
    until the result is called."""
    ending = ExitStack()
    pages = source.pages
    ending.callback(pages.subscribe(changed))
    if isinstance(pages, FolderWidgets):
        ending.callback(pages.subscribe_problems(lambda: changed("")))
    return ending.close


def newest_uri(rooms: Rooms, path: str, uri: str) -> str:
    """Where today's page of the widget is whose address, of today or another day, this is; any other one as it is."""
    widgets, name = rooms.widgets.get(path), widget_at(uri)
    if widgets is None or name is None:
        return uri
    live = live_uri(name)
    newest = widgets.newest(live)
    return uri if newest == live else newest


def _lines(message: str) -> str:
    return "\n".join(clean(line, 600) for line in message.splitlines()[:30])
