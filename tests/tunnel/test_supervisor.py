"""What follows when a tunnel comes up, is lost, ends or is refused: every state, with the test's own clock and luck."""

from __future__ import annotations

import pytest

from homeport.tunnel import Again, Do, Happening, Heard, Supervisor, TunnelFault, TunnelState
from homeport.tunnel.supervisor import LONGEST_PAUSE, NETWORK_PATIENCE, TRANSITIONS


def fault(again: Again, *, tokenless: bool = False) -> TunnelFault:
    return TunnelFault("It broke.", action="Mend it.", again=again, tokenless=tokenless)


def ended(again: Again = Again.SOON) -> Heard:
    return Heard(Happening.ENDED, fault(again))


class Supervised:
    """A supervisor and its clock. `luck` is between 0 and 65,535."""

    def __init__(self, luck: int = 65_535) -> None:
        self.now = 1000.0
        self.supervisor = Supervisor(timer=lambda: self.now, random=lambda size: luck.to_bytes(size, "big"))
        assert self.supervisor.heard(Heard(Happening.BEGIN)) is Do.START

    def up(self, *, stable: bool = True) -> Supervised:
        self.supervisor.came_up(stable=stable)
        return self

    def hears(self, heard: Heard) -> Do:
        return self.supervisor.heard(heard)

    def fails(self, again: Again = Again.SOON) -> float:
        """The pause before the next try, which then begins."""
        assert self.hears(ended(again)) is Do.NOTHING
        pause = self.supervisor.seconds_left
        assert pause is not None
        self.now += pause
        assert self.supervisor.overdue() is Do.START
        return pause

    @property
    def state(self) -> TunnelState:
        return self.supervisor.standing.state


@pytest.mark.parametrize(
    ("again", "tokenless", "state"),
    [
        (Again.SOON, False, TunnelState.DOWN),
        (Again.NETWORK, False, TunnelState.DOWN),
        (Again.HOURLY, False, TunnelState.ERROR),
        (Again.NEVER, False, TunnelState.ERROR),
        (Again.NEVER, True, TunnelState.NEEDS_TOKEN),
    ],
)
def test_a_fault_decides_the_state_and_its_words_are_shown(again: Again, tokenless: bool, state: TunnelState) -> None:
    one = Supervised()
    one.hears(Heard(Happening.ENDED, fault(again, tokenless=tokenless)))
    assert one.state is state
    assert (one.supervisor.standing.cause, one.supervisor.standing.action) == ("It broke.", "Mend it.")


def test_what_helps_only_when_something_changes_is_not_tried_again_before_that() -> None:
    one = Supervised()
    one.hears(ended(Again.NEVER))
    assert one.supervisor.seconds_left is None
    one.now += 100_000
    assert one.supervisor.overdue() is Do.NOTHING
    assert one.hears(Heard(Happening.WOKE)) is Do.NOTHING
    assert one.hears(Heard(Happening.CHANGED)) is Do.START


def test_pauses_double_up_to_a_minute_and_never_beyond() -> None:
    one = Supervised()
    pauses = [one.fails() for _ in range(12)]
    assert pauses[:4] == pytest.approx([1, 2, 4, 8], rel=0.01)
    assert max(pauses) <= LONGEST_PAUSE
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE, rel=0.01)


def test_chance_shortens_a_pause_to_half_of_it_at_most() -> None:
    assert Supervised(luck=0).fails() == 0.5
    assert Supervised(luck=32_768).fails() == 0.75


def test_a_missing_network_is_tried_every_few_seconds_and_after_ten_minutes_less_often() -> None:
    one = Supervised()
    begun = one.now
    pauses = []
    while one.now < begun + NETWORK_PATIENCE:
        pauses.append(one.fails(Again.NETWORK))
    assert max(pauses[:-1]) <= 4
    assert max(one.fails(Again.NETWORK) for _ in range(4)) > 30


def test_a_used_up_month_is_asked_about_once_an_hour() -> None:
    assert Supervised().fails(Again.HOURLY) == 3600


def test_after_a_minute_of_being_up_the_pauses_begin_short_again() -> None:
    one = Supervised()
    for _ in range(9):
        one.fails()
    one.up()
    one.now += 59
    assert one.fails() > 30
    one.up()
    one.now += 61
    assert one.fails() == pytest.approx(1, rel=0.01)


def test_a_tunnel_that_was_up_is_back_within_seconds_however_often_it_was_tried_before() -> None:
    one = Supervised().up()
    assert [one.up().fails() for _ in range(8)] == pytest.approx([1, 2, 4, 5, 5, 5, 5, 5], rel=0.01)
    assert one.up().fails() == pytest.approx(LONGEST_PAUSE, rel=0.01)


def test_tries_without_a_network_do_not_count_against_what_ends_in_one() -> None:
    one = Supervised()
    for _ in range(20):
        one.fails(Again.NETWORK)
    assert one.fails() == pytest.approx(1, rel=0.01)
    assert one.fails(Again.NETWORK) == pytest.approx(4, rel=0.01)
    assert one.up().fails(Again.NETWORK) == pytest.approx(1, rel=0.01)


def test_a_program_that_reconnects_by_itself_is_left_alone_and_stays_up_when_it_is_back() -> None:
    one = Supervised().up()
    assert one.hears(Heard(Happening.LOST, fault(Again.NETWORK))) is Do.NOTHING
    assert (one.state, one.supervisor.standing.cause) == (TunnelState.RECONNECTING, "It broke.")
    one.now += 19
    assert one.supervisor.overdue() is Do.NOTHING
    one.hears(Heard(Happening.BACK))
    assert (one.state, one.supervisor.standing.cause) == (TunnelState.UP, "")
    one.now += 1000
    assert one.supervisor.overdue() is Do.NOTHING


@pytest.mark.parametrize(("stable", "patience"), [(True, 20), (False, 600)])
def test_one_that_does_not_come_back_is_begun_anew_later_where_that_costs_the_name(stable: bool, patience: int) -> None:
    one = Supervised().up(stable=stable)
    one.hears(Heard(Happening.LOST))
    for _ in range(5):  # what it says meanwhile changes nothing about when
        one.now += patience / 5 - 0.01
        assert one.supervisor.overdue() is Do.NOTHING
        one.hears(Heard(Happening.LOST))
    one.now += 0.1
    assert one.supervisor.overdue() is Do.START
    assert one.state is TunnelState.STARTING


def test_after_sleep_a_tunnel_that_is_down_is_tried_at_once_and_one_that_reconnects_gets_its_full_time() -> None:
    down = Supervised()
    for _ in range(8):
        down.fails()
    down.hears(ended())
    assert down.hears(Heard(Happening.WOKE)) is Do.START
    reconnecting = Supervised().up()
    reconnecting.hears(Heard(Happening.LOST))
    reconnecting.now += 3600
    assert reconnecting.hears(Heard(Happening.WOKE)) is Do.NOTHING
    assert reconnecting.supervisor.overdue() is Do.NOTHING
    reconnecting.now += 21
    assert reconnecting.supervisor.overdue() is Do.START
    assert Supervised().up().hears(Heard(Happening.WOKE)) is Do.NOTHING


def test_while_it_is_tried_again_the_words_about_what_was_wrong_stay() -> None:
    one = Supervised()
    one.fails()
    assert (one.state, one.supervisor.standing.cause) == (TunnelState.STARTING, "It broke.")
    one.up()
    assert one.supervisor.standing.cause == ""


def test_a_download_is_shown_with_how_far_it_is() -> None:
    one = Supervised()
    one.hears(Heard(Happening.DOWNLOAD, words="half of it"))
    assert (one.state, one.supervisor.standing.progress) == (TunnelState.DOWNLOADING, "half of it")
    one.hears(Heard(Happening.DOWNLOADED))
    assert (one.state, one.supervisor.standing.progress) == (TunnelState.STARTING, "")
    one.hears(Heard(Happening.DOWNLOAD, words="again"))
    one.hears(ended())
    assert one.state is TunnelState.DOWN


def test_what_is_late_from_an_earlier_run_changes_nothing() -> None:
    one = Supervised()
    one.hears(ended(Again.NEVER))
    for late in (Happening.LOST, Happening.BACK, Happening.DOWNLOADED, Happening.ENDED, Happening.CAME_UP):
        assert one.hears(Heard(late)) is Do.NOTHING
        assert one.state is TunnelState.ERROR


def test_every_state_can_be_left() -> None:
    left = {state for state, _ in TRANSITIONS}
    assert left == set(TunnelState)
