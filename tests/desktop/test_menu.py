"""What the tray shows for what is known."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from homeport.condition import ENGINE, TUNNEL
from homeport.desktop.menu import BUTTONS, FIRST_VIEW, MOST_WAITING, Seen, Waiting, view_of
from homeport.desktop.view import Choice, Entry, Light, What

ONLINE = Seen(engine="online", tunnel="up", host="home.example.com", can_copy=True)


def all_entries(entries: tuple[Entry, ...]) -> list[Entry]:
    return [found for entry in entries for found in (entry, *all_entries(entry.below))]


def entry(seen: Seen, label: str) -> Entry:
    return next(each for each in all_entries(view_of(seen).menu) if each.label == label)


@pytest.mark.parametrize(
    ("seen", "light", "words"),
    [
        (Seen(), Light.STARTING, "Starting…"),
        (Seen(engine="stopped"), Light.STOPPED, "Stopped: ChatGPT gets no answer"),
        (Seen(engine="starting"), Light.STARTING, "Starting…"),
        (Seen(engine="stopping"), Light.STARTING, "Stopping…"),
        (Seen(engine="error", problem="Port 3002 is taken."), Light.ERROR, "Homeport could not start"),
        (ONLINE, Light.ONLINE, "Online at home.example.com"),
        (Seen(engine="online"), Light.ONLINE, "Online on this computer only"),
        (replace(ONLINE, paused=True), Light.STOPPED, "Tools are paused"),
        (replace(ONLINE, app_problem="No app.py."), Light.ATTENTION, "Online, but the app was not loaded"),
        (replace(ONLINE, tunnel="needs-token"), Light.ATTENTION, "Online on this computer only"),
        (replace(ONLINE, tunnel="downloading"), Light.STARTING, "Downloading the tunnel's program…"),
        (replace(ONLINE, tunnel="down"), Light.ATTENTION, "The tunnel is down: ChatGPT gets no answer"),
        (replace(ONLINE, tunnel="error", paused=True), Light.ERROR, "The tunnel failed: ChatGPT gets no answer"),
        (replace(ONLINE, waiting=(Waiting(1, "ChatGPT"),)), Light.ATTENTION, "Online at home.example.com"),
        (replace(ONLINE, paused=True, waiting=(Waiting(1, "ChatGPT"),)), Light.ATTENTION, "Tools are paused"),
    ],
)
def test_each_state_has_its_light_and_its_words(seen: Seen, light: Light, words: str) -> None:
    view = view_of(seen)
    assert view.light is light
    assert view.menu[0] == Entry(words, enabled=False)
    assert view.title.lower() == f"homeport: {words.rstrip('…')}".lower()


def test_the_tables_know_every_state_of_the_engine_and_of_a_tunnel() -> None:
    from homeport.engine.lifecycle import EngineState

    assert set(ENGINE) == set(BUTTONS) == {state.value for state in EngineState} | {"loading"}
    assert {light for light, _ in (*ENGINE.values(), *TUNNEL.values())} == {light.value for light in Light}
    assert set(TUNNEL) == {"off", "needs-token", "starting", "downloading", "up", "reconnecting", "down", "error"}


@pytest.mark.parametrize("engine", list(ENGINE))
def test_one_can_quit_in_every_state(engine: str) -> None:
    last = view_of(Seen(engine=engine)).menu[-1]
    assert last == Entry("Quit", Choice(What.QUIT))


def test_the_first_button_starts_what_is_stopped_and_stops_what_runs() -> None:
    assert entry(Seen(engine="stopped"), "Start").choice == Choice(What.START)
    assert entry(Seen(engine="error"), "Start").enabled
    assert entry(ONLINE, "Stop").choice == Choice(What.STOP)
    assert not entry(Seen(engine="stopping"), "Start").enabled
    assert not entry(Seen(), "Start").enabled


def test_a_problem_is_told_with_a_way_to_what_to_do() -> None:
    down = replace(ONLINE, tunnel="down", problem="The network is gone.")
    labels = [each.label for each in view_of(down).menu[:3]]
    assert labels == ["The tunnel is down: ChatGPT gets no answer", "The network is gone.", "See what to do…"]
    assert entry(down, "See what to do…").choice == Choice(What.OPEN_DASHBOARD)
    setup = entry(replace(ONLINE, tunnel="needs-token"), "Finish setting up, so that ChatGPT gets in…")
    assert setup.choice == Choice(What.OPEN_SETUP)


def test_a_request_can_be_denied_here_and_nothing_here_allows_it() -> None:
    seen = replace(ONLINE, waiting=(Waiting(4, "delete-item for ChatGPT", is_call=True), Waiting(7, "ChatGPT")))
    (waiting,) = [each for each in view_of(seen).menu if each.label == "Waiting for you (2)"]
    assert [each.label for each in waiting.below] == ["delete-item for ChatGPT", "ChatGPT"]
    assert [each.choice for each in waiting.below[0].below] == [
        Choice(What.OPEN_REQUESTS, 4),
        Choice(What.DENY_CALL, 4),
    ]
    assert [each.choice for each in waiting.below[1].below] == [
        Choice(What.OPEN_REQUESTS, 7),
        Choice(What.DENY_REQUEST, 7),
    ]
    assert not [what for what in What if {"allow", "approve"} & set(what.value.split())]


def test_a_crowd_does_not_make_the_menu_endless() -> None:
    seen = replace(ONLINE, waiting=tuple(Waiting(number, f"Client {number}") for number in range(30)))
    (waiting,) = [each for each in view_of(seen).menu if each.below]
    assert waiting.label == "Waiting for you (30)"
    assert len(waiting.below) == MOST_WAITING + 1
    assert waiting.below[-1] == Entry("And 22 more…", Choice(What.OPEN_REQUESTS))


def test_what_comes_from_outside_is_cleaned_and_has_an_end() -> None:
    seen = replace(
        ONLINE,
        tunnel="down",
        host="home\u202e.example.com",
        problem="a" * 500 + "\x1b[2J",
        waiting=(Waiting(1, "\u200bevil\nclient"), Waiting(2, "\u200b")),
    )
    for each in all_entries(view_of(seen).menu):
        assert len(each.label) < 100
        assert each.label.isprintable()
    (waiting,) = [each for each in view_of(seen).menu if each.below]
    assert waiting.below[1].label == "Request 2"


def test_what_does_not_apply_is_left_out() -> None:
    labels = [each.label for each in FIRST_VIEW.menu]
    assert "Start at login" not in labels
    assert "Preview widgets" not in labels
    assert entry(replace(ONLINE, app_folder=True), "Preview widgets").choice == Choice(What.OPEN_PREVIEW)
    assert entry(replace(ONLINE, at_login=True), "Start at login") == Entry(
        "Start at login", Choice(What.NOT_AT_LOGIN), checked=True
    )
    assert not entry(Seen(engine="stopped"), "Copy connector URL").enabled


def test_no_two_separators_follow_each_other_and_none_is_first_or_last() -> None:
    for engine in ENGINE:
        for waiting in ((), (Waiting(1, "ChatGPT"),)):
            kinds = [each.is_separator for each in view_of(Seen(engine=engine, waiting=waiting)).menu]
            assert not kinds[0]
            assert not kinds[-1]
            assert (True, True) not in itertools.pairwise(kinds)
