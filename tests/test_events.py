"""The event bus: in order, to everybody, and one subscriber's fault is nobody else's."""

from __future__ import annotations

import dataclasses
import logging

import pytest

from homeport import events
from homeport.events import AppLoaded, Event, EventBus, PastedWithoutPath


def test_events_reach_every_subscriber_in_order() -> None:
    bus = EventBus()
    heard: list[tuple[str, float]] = []
    bus.subscribe(lambda event: heard.append(("first", event.at)))
    bus.subscribe(lambda event: heard.append(("second", event.at)))
    bus.publish(PastedWithoutPath(at=1))
    bus.publish(PastedWithoutPath(at=2))
    assert heard == [("first", 1), ("second", 1), ("first", 2), ("second", 2)]


def test_who_unsubscribes_hears_no_more_and_may_do_so_twice() -> None:
    bus = EventBus()
    heard: list[Event] = []
    unsubscribe = bus.subscribe(heard.append)
    unsubscribe()
    unsubscribe()
    bus.publish(PastedWithoutPath(at=1))
    assert heard == []


def test_unsubscribing_twice_does_not_end_somebody_elses_subscription() -> None:
    bus = EventBus()
    heard: list[Event] = []
    first = bus.subscribe(heard.append)
    first()
    bus.subscribe(heard.append)
    first()
    bus.publish(PastedWithoutPath(at=1))
    assert len(heard) == 1


def test_a_subscriber_that_fails_is_logged_and_hurts_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    bus = EventBus()
    heard: list[Event] = []

    def fails(event: Event) -> None:
        raise RuntimeError("the tray is gone")

    bus.subscribe(fails)
    bus.subscribe(heard.append)
    with caplog.at_level(logging.ERROR):
        bus.publish(PastedWithoutPath(at=1))
    assert len(heard) == 1
    assert "PastedWithoutPath" in caplog.text
    assert "the tray is gone" in caplog.text


def test_who_subscribes_or_leaves_while_an_event_is_told_disturbs_nobody() -> None:
    bus = EventBus()
    heard: list[str] = []

    def leaves(event: Event) -> None:
        heard.append("leaves")
        unsubscribe()
        bus.subscribe(lambda event: heard.append("late"))

    unsubscribe = bus.subscribe(leaves)
    bus.subscribe(lambda event: heard.append("stays"))
    bus.publish(PastedWithoutPath(at=1))
    assert heard == ["leaves", "stays"]
    bus.publish(PastedWithoutPath(at=2))
    assert heard == ["leaves", "stays", "stays", "late"]


def test_an_event_may_cause_another_one() -> None:
    bus = EventBus()
    heard: list[type[Event]] = []
    bus.subscribe(
        lambda event: bus.publish(AppLoaded(event.at, "x", 1)) if isinstance(event, PastedWithoutPath) else None
    )
    bus.subscribe(lambda event: heard.append(type(event)))
    bus.publish(PastedWithoutPath(at=1))
    assert heard == [AppLoaded, PastedWithoutPath]


def test_events_are_frozen_and_hold_nothing_that_could_be_a_secret() -> None:
    kinds = [kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)]
    assert len(kinds) > 10
    for kind in kinds:
        assert dataclasses.is_dataclass(kind)
        fields = [field.name for field in dataclasses.fields(kind)]
        assert fields[0] == "at"
        assert not {"code", "token", "secret", "cookie", "salt"} & set(fields), kind
        assert "__slots__" in vars(kind)
