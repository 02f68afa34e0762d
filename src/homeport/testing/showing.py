"""What a test may say of the moment in which it opens a widget. Types only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict, Unpack

from homeport.apps.widgets import WidgetPages
from homeport.control.preview.simulations import State
from homeport.testing.chat import Chat

if TYPE_CHECKING:
    from homeport.testing.opened import OpenWidget


class HostChange(TypedDict, total=False):
    """Where a widget is shown. A `device` brings its width and height along; pixels."""

    theme: Literal["light", "dark"]
    locale: str
    display_mode: Literal["inline", "fullscreen", "pip"]
    device: Literal["desktop", "phone"]
    width: int
    height: int


class Showing(HostChange, total=False):
    """A widget, and what has happened to it. Each key counts more than what a simulation says of it.

    `simulation`: the file previews/NAME.json of the app's folder. `tool`: which one is shown, where several could be.
    `input`, `output`, `text` and `meta`: what it was given and gave; without an output it is called. `state`: how far
    the call is: "result", "pending", "streaming", "slow", "cancelled", "failed", or "reloaded" without a result.
    `widget_state`: what the widget has kept. `answers`: whole results, by tool, in place of the widget's own calls.
    `profile`: "chatgpt", or "mcp-apps" for a host without window.openai. `call`: who answers calls, a new Chat if left
    out. `pages`: where pages come from, the app's folder if left out. `allow`: parts of findings that fail no test.
    """

    simulation: str
    tool: str
    input: Mapping[str, Any]
    output: Mapping[str, Any]
    text: str
    meta: Mapping[str, Any]
    state: State
    widget_state: Any
    answers: Mapping[str, Mapping[str, Any]]
    profile: Literal["chatgpt", "mcp-apps"]
    call: Chat
    pages: WidgetPages
    allow: Collection[str]


class WidgetOpener(Protocol):
    """The fixture `open_widget`."""

    def __call__(self, widget: str, **showing: Unpack[Showing]) -> AbstractAsyncContextManager[OpenWidget]: ...


STORY = ("tool", "input", "output", "text", "meta", "state", "widget_state", "answers")
"""The keys that are fields of a simulation, too."""

_HOST = {"display_mode": "displayMode"}


def host_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of the host, in the words of the page."""
    names = (*HostChange.__annotations__, "profile")
    return {_HOST.get(name, name): said[name] for name in names if name in said}
