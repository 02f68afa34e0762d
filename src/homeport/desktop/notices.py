"""Which events are worth a notification, and in which words. Pure: a clock is handed in, and nothing is shown.

A notification tells that something waits and never holds what would answer it: no code, and nothing to allow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from homeport.events import (
    ApprovalRequested,
    CallAsked,
    Event,
    PublicUrlChanged,
    ToolListOutdated,
    TunnelLimitNear,
    TunnelStateChanged,
)
from homeport.foreign_text import clean

NoticePage = Literal["dashboard", "setup", "waiting", "tunnel"]

DOWN_SECONDS = 60.0
"""How long a tunnel may be away before somebody is told: most come back by themselves."""

OLD_LIST_SECONDS = 24 * 3600.0
"""For one client: ChatGPT keeps its list until somebody presses Refresh."""

AWAY = ("down", "error", "reconnecting")


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notification says, and the page that opens when it is clicked."""

    title: str
    text: str
    page: NoticePage


class Notices:
    """Give it each event. `notice` is called with what is to be shown, `later` to be reminded in some seconds."""

    def __init__(self, notice: Callable[[Notice], None], later: Callable[[float, Callable[[], None]], None]) -> None:
        self._notice = notice
        self._later = later
        self._old_lists: dict[str, float] = {}
        self._away: TunnelStateChanged | None = None
        self._told_away = False

    def heard(self, event: Event) -> None:
        """Subscribe this to the event bus."""
        match event:
            case ApprovalRequested(notify=True):
                self._notice(_request(event))
            case CallAsked(notify=True):
                self._notice(_call(event))
            case PublicUrlChanged(old=str(old), new=str(new)) if old != new:
                self._notice(_NEW_URL)
            case ToolListOutdated() if (
                event.at >= self._old_lists.get(event.client_id, float("-inf")) + OLD_LIST_SECONDS
            ):
                self._old_lists[event.client_id] = event.at
                self._notice(_old_list(event))
            case TunnelLimitNear():
                self._notice(_limit(event))
            case TunnelStateChanged():
                self._tunnel(event)

    def _tunnel(self, event: TunnelStateChanged) -> None:
        if event.state not in AWAY:
            if event.state not in ("starting", "downloading"):  # on its way is not yet back
                self._away, self._told_away = None, False
            return
        if self._away is None:
            self._later(DOWN_SECONDS, self._still_away)
        self._away = event

    def _still_away(self) -> None:
        if self._away is not None and not self._told_away:
            self._told_away = True
            self._notice(_away(self._away))


def _request(event: ApprovalRequested) -> Notice:
    name = clean(event.client) if event.verified else f"{clean(event.client)} (unverified name)"
    more = f" {event.waiting} wait." if event.waiting > 1 else ""
    return Notice(f"{name} wants in", f"Type the six digits its page shows in the dashboard.{more}", "waiting")


def _call(event: CallAsked) -> Notice:
    more = f" {event.waiting} wait." if event.waiting > 1 else ""
    return Notice(
        f"{clean(event.client)} wants to use {clean(event.tool)}",
        f"See in the dashboard what it would do, and answer there.{more}",
        "waiting",
    )


_NEW_URL = Notice(
    "The connector URL has changed",
    "In ChatGPT, open the plugin at chatgpt.com/plugins, remove it, and add it again with the new connector URL: "
    "Copy connector URL in the menu.",
    "setup",
)
"""Without the URL: the event has its origin only, and ChatGPT needs the path too."""


def _old_list(event: ToolListOutdated) -> Notice:
    return Notice(
        f"{clean(event.client)} works with an old tool list",
        "Open the plugin's page in ChatGPT and press Refresh.",
        "dashboard",
    )


def _limit(event: TunnelLimitNear) -> Notice:
    return Notice(
        f"{clean(event.provider)}: {event.used:,} of {event.limit:,} {clean(event.what)} are used",
        "When this month's are used up, ChatGPT gets no answer until the next month.",
        "tunnel",
    )


def _away(event: TunnelStateChanged) -> Notice:
    words = " ".join(filter(None, (clean(event.cause, 200), clean(event.action, 200))))
    return Notice("ChatGPT cannot reach this computer", words or "The tunnel is down. Homeport keeps trying.", "tunnel")
