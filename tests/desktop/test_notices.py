"""Which events are worth a notification."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from homeport.desktop.notices import DOWN_SECONDS, OLD_LIST_SECONDS, Notice, Notices
from homeport.events import (
    ApprovalRequested,
    CallAsked,
    EngineStateChanged,
    Event,
    PublicUrlChanged,
    ToolListOutdated,
    TunnelLimitNear,
    TunnelStateChanged,
)


class Told:
    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self._notices = Notices(self.notices.append, lambda seconds, look: self.timers.append((seconds, look)))

    def hears(self, *events: Event) -> list[Notice]:
        """What is told for these."""
        before = len(self.notices)
        for event in events:
            self._notices.heard(event)
        return self.notices[before:]

    def minute_passes(self) -> list[Notice]:
        before, timers = len(self.notices), self.timers
        self.timers = []
        for seconds, look in timers:
            assert seconds == DOWN_SECONDS
            look()
        return self.notices[before:]


def request(*, verified: bool = True, waiting: int = 1, notify: bool = True, client: str = "ChatGPT") -> Event:
    return ApprovalRequested(0, 1, "sign_in", client, "chatgpt.com", waiting, verified, notify)


def tunnel(state: str, cause: str = "") -> Event:
    return TunnelStateChanged(0, "ngrok", state, cause, "Look at the network." if cause else "")


def test_who_wants_in_is_told_with_how_far_their_name_can_be_trusted() -> None:
    (notice,) = Told().hears(request())
    assert notice == Notice("ChatGPT wants in", "Type the six digits its page shows in the dashboard.", "waiting")
    (notice,) = Told().hears(request(verified=False, waiting=3))
    assert notice.title == "ChatGPT (unverified name) wants in"
    assert notice.text.endswith("3 wait.")


def test_one_too_many_is_not_told() -> None:
    assert Told().hears(request(notify=False), CallAsked(0, 1, "add-item", "ChatGPT", "me", 1, notify=False)) == []


def test_a_call_that_asks_is_told_without_what_would_allow_it() -> None:
    (notice,) = Told().hears(CallAsked(0, 1, "delete-item", "ChatGPT", "me", 1))
    assert notice.title == "ChatGPT wants to use delete-item"
    assert notice.page == "waiting"


@pytest.mark.parametrize(
    ("old", "new", "told"), [("https://a", "https://b", 1), (None, "https://b", 0), ("https://a", None, 0)]
)
def test_another_url_is_told_and_the_first_one_is_not(old: str | None, new: str | None, told: int) -> None:
    assert len(Told().hears(PublicUrlChanged(0, old, new))) == told


def test_what_to_do_about_another_url_is_told_without_a_url_that_chatgpt_would_not_take() -> None:
    (notice,) = Told().hears(PublicUrlChanged(0, "https://a", "https://b"))
    assert notice.text.endswith("add it again with the new connector URL: Copy connector URL in the menu.")
    assert "https://" not in notice.text
    assert notice.page == "setup"


def test_an_old_tool_list_is_told_once_a_day_for_each_client() -> None:
    told = Told()
    assert len(told.hears(ToolListOutdated(0, "a", "ChatGPT"), ToolListOutdated(9, "a", "ChatGPT"))) == 1
    assert len(told.hears(ToolListOutdated(10, "b", "Claude"))) == 1
    assert len(told.hears(ToolListOutdated(OLD_LIST_SECONDS, "a", "ChatGPT"))) == 1


def test_a_tunnel_that_comes_back_within_a_minute_is_not_told() -> None:
    told = Told()
    assert told.hears(tunnel("down", "No network."), tunnel("reconnecting"), tunnel("up")) == []
    assert told.minute_passes() == []


def test_a_tunnel_that_stays_down_is_told_once_with_its_cause() -> None:
    told = Told()
    assert told.hears(tunnel("reconnecting"), tunnel("starting"), tunnel("down", "No network.")) == []
    assert told.minute_passes() == [
        Notice("ChatGPT cannot reach this computer", "No network. Look at the network.", "tunnel")
    ]
    assert told.hears(tunnel("reconnecting"), tunnel("down", "No network.")) == []
    assert told.minute_passes() == []
    told.hears(tunnel("up"), tunnel("error", "The token was revoked."))
    assert [notice.text for notice in told.minute_passes()] == ["The token was revoked. Look at the network."]


def test_a_limit_that_comes_near_is_told() -> None:
    (notice,) = Told().hears(TunnelLimitNear(0, "ngrok", 16_000, 20_000, "requests"))
    assert notice.title == "ngrok: 16,000 of 20,000 requests are used"


def test_what_comes_from_outside_is_cleaned() -> None:
    (notice,) = Told().hears(request(client="\u202eChat\x1bGPT\n"))
    assert notice.title.isprintable()


def test_what_the_icon_shows_needs_no_notification() -> None:
    assert Told().hears(EngineStateChanged(0, "online"), EngineStateChanged(0, "stopped")) == []
