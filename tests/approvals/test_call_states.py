"""The life of a question about one call, as a table."""

from __future__ import annotations

import pytest

from homeport.approvals.call_states import (
    ALLOWED_SECONDS,
    DENIED_SECONDS,
    QUESTION_SECONDS,
    TRANSITIONS,
    CallMove,
    CallState,
    Question,
)


def test_only_an_asked_call_can_be_allowed_and_only_an_allowed_one_used() -> None:
    assert {state for state, move in TRANSITIONS if move is CallMove.ALLOW} == {CallState.ASKED}
    assert {state for state, move in TRANSITIONS if move is CallMove.USE} == {CallState.ALLOWED}


def test_nothing_leads_out_of_an_end() -> None:
    ends = {CallState.DENIED, CallState.USED, CallState.WITHDRAWN}
    assert not ends & {state for state, _ in TRANSITIONS}


@pytest.mark.parametrize(
    ("state", "seconds"),
    [
        (CallState.ASKED, QUESTION_SECONDS),
        (CallState.ALLOWED, ALLOWED_SECONDS),
        (CallState.DENIED, DENIED_SECONDS),
        (CallState.USED, 0),
        (CallState.WITHDRAWN, 0),
    ],
)
def test_each_state_counts_for_its_time(state: CallState, seconds: int) -> None:
    question = Question(state, 1000.0)
    assert question.live(1000.0) is (seconds > 0)
    assert seconds == 0 or question.live(1000.0 + seconds - 0.1)
    assert not question.live(1000.0 + seconds)


def test_a_yes_that_comes_too_late_allows_nothing_and_one_that_is_used_too_late_neither() -> None:
    asked = Question(CallState.ASKED, 0.0)
    assert asked.after(CallMove.ALLOW, QUESTION_SECONDS) is None
    allowed = asked.after(CallMove.ALLOW, 10.0)
    assert allowed == Question(CallState.ALLOWED, 10.0)
    assert allowed.after(CallMove.USE, 10.0 + ALLOWED_SECONDS) is None
    assert allowed.after(CallMove.USE, 9.0 + ALLOWED_SECONDS) is not None
