"""What the tray shows for what is known: its light, its words, and the menu's items. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.condition import condition
from homeport.desktop.view import SEPARATOR, Choice, Entry, Light, View, What
from homeport.foreign_text import clean

MOST_WAITING = 8
"""Requests shown one by one; strangers can ask as often as they like, and a menu has an end."""

LINE_CHARACTERS = 72


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request to be let in, or a tool call that asks: what of it a menu tells."""

    number: int
    words: str
    is_call: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of Homeport. `engine` and `tunnel` are states of both; `problem` explains either.

    `at_login` is None where this system offers no start at login.
    """

    engine: str = "loading"
    problem: str = ""
    tunnel: str = "off"
    host: str = ""
    can_copy: bool = False
    paused: bool = False
    app_problem: str = ""
    waiting: tuple[Waiting, ...] = ()
    more_waiting: int = 0
    app_folder: bool = False
    at_login: bool | None = False


@dataclass(frozen=True, slots=True)
class Button:
    """The first one, as it is in one state of the Engine."""

    what: What
    pressable: bool


BUTTONS = {
    "loading": Button(What.START, False),
    "stopped": Button(What.START, True),
    "starting": Button(What.STOP, True),
    "online": Button(What.STOP, True),
    "stopping": Button(What.START, False),
    "error": Button(What.START, True),
}

AWAKE = ("starting", "online")
"""The Engine's states in which ChatGPT may call, or a tunnel is on its way: also while tools are paused."""


def view_of(seen: Seen) -> View:
    """What the tray shows. Everything that comes from outside is cleaned here."""
    light, words = _light_and_words(seen)
    title = f"Homeport: {words[:1].lower()}{words[1:].rstrip('…')}"
    return View(light, title, _menu(seen, words), awake=seen.engine in AWAKE)


def _light_and_words(seen: Seen) -> tuple[Light, str]:
    found, words = condition(seen.engine, seen.tunnel, seen.host, app_problem=seen.app_problem, paused=seen.paused)
    light = Light(found)
    return Light.ATTENTION if seen.waiting and light is not Light.ERROR else light, words


def _menu(seen: Seen, words: str) -> tuple[Entry, ...]:
    button = BUTTONS.get(seen.engine, BUTTONS["error"])
    parts: list[list[Entry]] = [
        [Entry(words, enabled=False), *_what_to_do(seen)],
        [_waiting(seen)] if seen.waiting else [],
        [
            Entry("Stop" if button.what is What.STOP else "Start", Choice(button.what), enabled=button.pressable),
            Entry(
                "Pause tools",
                Choice(What.RESUME if seen.paused else What.PAUSE),
                enabled=seen.engine == "online",
                checked=seen.paused,
            ),
            Entry("Copy connector URL", Choice(What.COPY_URL), enabled=seen.can_copy),
        ],
        [
            Entry("Open dashboard", Choice(What.OPEN_DASHBOARD), enabled=seen.engine != "loading"),
            *([Entry("Preview widgets", Choice(What.OPEN_PREVIEW))] if seen.app_folder else []),
        ],
        [_at_login(seen.at_login)] if seen.at_login is not None else [],
        [Entry("Quit", Choice(What.QUIT))],
    ]
    menu: list[Entry] = []
    for part in filter(None, parts):
        menu += [SEPARATOR, *part] if menu else part
    return tuple(menu)


def _what_to_do(seen: Seen) -> list[Entry]:
    """The cause in its own words, and the page that says more."""
    if seen.engine == "online" and seen.tunnel == "needs-token":
        return [Entry("Finish setting up, so that ChatGPT gets in…", Choice(What.OPEN_SETUP))]
    problem = clean(seen.problem or seen.app_problem, LINE_CHARACTERS)
    if not problem:
        return []
    return [Entry(problem, enabled=False), Entry("See what to do…", Choice(What.OPEN_DASHBOARD))]


def _waiting(seen: Seen) -> Entry:
    shown = [_one_waiting(each) for each in seen.waiting[:MOST_WAITING]]
    more = len(seen.waiting) - len(shown) + seen.more_waiting
    if more:
        shown.append(Entry(f"And {more} more…", Choice(What.OPEN_REQUESTS)))
    count = len(seen.waiting) + seen.more_waiting
    return Entry(f"Waiting for you ({count})", below=tuple(shown))


def _one_waiting(waiting: Waiting) -> Entry:
    answer = "Answer in the dashboard…" if waiting.is_call else "Type its code in the dashboard…"
    deny = What.DENY_CALL if waiting.is_call else What.DENY_REQUEST
    below = (
        Entry(answer, Choice(What.OPEN_REQUESTS, waiting.number)),
        Entry("Deny", Choice(deny, waiting.number)),
    )
    return Entry(clean(waiting.words, LINE_CHARACTERS) or f"Request {waiting.number}", below=below)


def _at_login(now: bool) -> Entry:
    return Entry("Start at login", Choice(What.NOT_AT_LOGIN if now else What.START_AT_LOGIN), checked=now)


FIRST_VIEW = view_of(Seen(at_login=None))
"""What is shown before anything is known."""
