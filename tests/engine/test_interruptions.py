"""A laptop that slept, a process that stood still, and a network that is another one are noticed; nothing else is."""

from __future__ import annotations

import pytest

from homeport.engine import interruptions
from homeport.engine.interruptions import ALIVE_EVERY, TICK, Interruptions, own_address


class Computer:
    """Its two clocks and its address, which the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.steady, self.address = 1_700_000_000.0, 50.0, "192.168.1.7"
        monkeypatch.setattr(interruptions, "own_address", lambda: self.address)
        self.look = Interruptions(lambda: self.wall, lambda: self.steady)

    def after(self, seconds: float, *, asleep: float = 0, watch: bool = False) -> bool:
        """Whether something is noticed after so long awake, and asleep, when one clock stands still."""
        self.steady += seconds
        self.wall += seconds + asleep
        return self.look.something_changed(watch_network=watch)


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> Computer:
    return Computer(monkeypatch)


def test_sleep_is_noticed_by_the_clock_on_the_wall(computer: Computer) -> None:
    assert not computer.after(TICK)
    assert computer.after(TICK, asleep=3600)
    assert not computer.after(TICK)


def test_a_process_that_stood_still_notices_it(computer: Computer) -> None:
    assert computer.after(20)
    assert not computer.after(TICK + 1)


def test_a_clock_that_is_set_back_or_a_little_late_look_is_nothing(computer: Computer) -> None:
    assert not computer.after(TICK, asleep=-7200)
    assert not computer.after(TICK, asleep=5)


def test_another_network_is_noticed_only_while_somebody_waits_for_one(computer: Computer) -> None:
    assert not computer.after(TICK, watch=True)
    computer.address = "none"
    assert not computer.after(TICK, watch=True)
    computer.address = "10.0.0.4"
    assert computer.after(TICK, watch=True)
    assert not computer.after(TICK, watch=True)
    computer.address = "10.0.0.5"
    assert not computer.after(TICK)
    assert not computer.after(TICK, watch=True)


def test_looks_and_questions_come_when_they_are_due(computer: Computer) -> None:
    assert computer.look.seconds_until(TICK) == TICK
    assert not computer.look.time_to_ask()
    computer.look.ask_soon()
    assert computer.look.time_to_ask()
    assert not computer.look.time_to_ask()
    computer.steady += ALIVE_EVERY
    assert computer.look.time_to_ask()
    assert computer.look.seconds_until(TICK) == 0


def test_the_own_address_is_one_of_this_computer_or_none() -> None:
    assert own_address() == "none" or own_address().count(".") == 3
