"""The life of an authorization request as a table: no path ends without an act of the person."""

from __future__ import annotations

from homeport.auth.authorization_requests import TRANSITIONS, RequestState, Step


def test_no_path_leads_to_an_answer_without_a_yes_or_a_no() -> None:
    decided = {Step.ALLOW, Step.REFUSE}
    frontier = [(RequestState.SIGN_IN, frozenset[Step]())]
    answered = []
    seen = set()
    while frontier:
        state, steps = frontier.pop()
        if (state, steps) in seen:
            continue
        seen.add((state, steps))
        if state is RequestState.ANSWERED:
            answered.append(steps)
        frontier += [(to, steps | {step}) for (at, step), to in TRANSITIONS.items() if at is state]
    assert answered
    assert all(len(steps & decided) == 1 for steps in answered)


def test_what_was_decided_or_answered_is_never_decided_again() -> None:
    for state in (RequestState.ALLOWED, RequestState.DENIED, RequestState.ANSWERED):
        for step in (Step.KNOCK, Step.IDENTIFY, Step.SWITCH, Step.ALLOW, Step.REFUSE):
            assert (state, step) not in TRANSITIONS
    assert not [step for (state, step) in TRANSITIONS if state is RequestState.ANSWERED]


def test_nobody_consents_before_they_may_enter() -> None:
    assert (RequestState.ADMISSION, Step.ALLOW) not in TRANSITIONS
    ways = {to for (state, _), to in TRANSITIONS.items() if state is RequestState.ADMISSION}
    assert ways == {RequestState.CONSENT, RequestState.SIGN_IN, RequestState.DENIED}
