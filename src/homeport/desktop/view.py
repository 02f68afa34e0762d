"""What a tray shows, as data: the light of its icon, a line of words, and a menu. Knows no tray and no Engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Light(Enum):
    """The states of the icon; each is a drawing in `icons/`."""

    STOPPED = "stopped"
    STARTING = "starting"
    ONLINE = "online"
    ATTENTION = "attention"
    ERROR = "error"


class What(Enum):
    """What can be chosen in the menu. Nothing here lets anybody in: codes are typed in the dashboard."""

    START = "start"
    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"
    COPY_URL = "copy the connector URL"
    OPEN_DASHBOARD = "open the dashboard"
    OPEN_SETUP = "open the checklist"
    OPEN_REQUESTS = "open the waiting requests"
    OPEN_PREVIEW = "open the preview"
    DENY_REQUEST = "deny a request"
    DENY_CALL = "deny a tool call"
    START_AT_LOGIN = "start at login"
    NOT_AT_LOGIN = "not at login"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Choice:
    """One item that was chosen; `number` is that of a request or a call, 0 elsewhere."""

    what: What
    number: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu. Without a label it is a separator; `checked` is None where there is no check mark."""

    label: str = ""
    choice: Choice | None = None
    enabled: bool = True
    checked: bool | None = None
    below: tuple[Entry, ...] = ()

    @property
    def is_separator(self) -> bool:
        return not self.label


SEPARATOR = Entry()


@dataclass(frozen=True, slots=True)
class View:
    """All a tray shows at one moment. `title` is what hovering over the icon tells.

    `awake`: ChatGPT may call at any time now, whatever the light says, and the system must not slow the process down.
    """

    light: Light
    title: str
    menu: tuple[Entry, ...]
    awake: bool
