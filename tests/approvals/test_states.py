"""The life of a question as a table, and who makes room for whom."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.approvals.states import (
    MOST_IN_ALL,
    MOST_PER_NETWORK,
    Approval,
    ApprovalState,
    Move,
    displaced_by_new,
)
from tests.approvals.questions import question


def test_only_a_waiting_question_can_be_approved_or_denied() -> None:
    for state in ApprovalState:
        one = question(1, state=state)
        for move, to in ((Move.APPROVE, ApprovalState.APPROVED), (Move.DENY, ApprovalState.DENIED)):
            assert one.move(move) is (to if state is ApprovalState.WAITING else None)


def test_nothing_follows_from_a_question_that_was_denied_or_fetched() -> None:
    for state in (ApprovalState.DENIED, ApprovalState.FETCHED):
        assert [question(1, state=state).move(move) for move in Move] == [None] * len(Move)


def test_a_code_shows_for_five_minutes_and_a_question_waits_for_ten() -> None:
    one = question(0)
    assert one.shows_code(1299)
    assert not one.shows_code(1300)
    assert one.waits(1599)
    assert not one.waits(1600)


def test_an_approval_waits_two_minutes_for_its_browser() -> None:
    one = question(0, state=ApprovalState.APPROVED, decided_at=1100)
    assert one.awaits_browser(1219)
    assert not one.awaits_browser(1220)
    assert not question(0).awaits_browser(1100)


def test_a_new_code_is_given_when_the_approval_was_not_fetched_but_not_while_it_may_be() -> None:
    one = question(0, state=ApprovalState.APPROVED, decided_at=1100)
    assert not one.renewable(1219)
    assert one.renewable(1220)
    assert not one.renewable(1600)


def waiting(*networks: str) -> list[Approval]:
    return [question(number, network) for number, network in enumerate(networks)]


def gone(questions: list[Approval], network: str, protected: tuple[str, ...] = ()) -> list[int]:
    return [one.number for one in displaced_by_new(questions, network, protected=protected)]


def test_three_wait_per_network_and_the_oldest_of_it_goes_first() -> None:
    assert gone(waiting("a", "a"), "a") == []
    assert gone(waiting("a", "b", "a", "a"), "a") == [0]
    assert gone(waiting("a", "b", "a", "a"), "b") == []


def test_of_thirty_the_oldest_of_the_fullest_network_goes_first() -> None:
    singles = [f"n{number}" for number in range(28)]
    assert gone(waiting(*singles, "full", "full"), "new") == [28]


def test_one_network_cannot_push_out_another_that_is_no_fuller() -> None:
    full = [network for network in "abcdefghij" for _ in range(3)]
    assert gone(waiting(*full), "a") == [0]
    assert gone(waiting(*full), "new") == [0]


def test_strangers_never_push_out_what_waits_from_the_owners_own_networks() -> None:
    questions = waiting("own", *(f"n{number}" for number in range(29)))
    assert gone(questions, "new") == [0]
    assert gone(questions, "new", protected=("own",)) == [1]


@given(st.lists(st.integers(0, 40), max_size=120), st.booleans())
def test_at_most_three_per_network_and_thirty_in_all_whatever_comes(arrivals: list[int], protect: bool) -> None:
    live: list[Approval] = []
    protected = ("n0", "n1") if protect else ()
    for number, network in enumerate(arrivals):
        displaced = displaced_by_new(live, f"n{network}", protected=protected)
        live = [one for one in live if one not in displaced]
        live.append(question(number, f"n{network}"))
        assert all(one.network not in protected or one.network == f"n{network}" for one in displaced)
        assert len(live) <= MOST_IN_ALL
        assert max(sum(1 for b in live if b.network == a.network) for a in live) <= MOST_PER_NETWORK


def test_a_question_cannot_be_changed_in_memory() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        question(1).state = ApprovalState.APPROVED  # type: ignore[misc]
