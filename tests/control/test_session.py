"""Codes are good once and for a minute; sessions are few."""

from __future__ import annotations

import pytest

from homeport.control.session import CODE_SECONDS, MOST_CODES, MOST_SESSIONS, Sessions


class FakeClock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sessions(clock: FakeClock) -> Sessions:
    return Sessions("control-token", clock=clock)


def test_a_code_opens_one_session(sessions: Sessions) -> None:
    code = sessions.issue_code()
    token = sessions.trade(code)
    assert token is not None
    assert sessions.knows(token)
    assert sessions.trade(code) is None


def test_a_code_is_good_for_a_minute(sessions: Sessions, clock: FakeClock) -> None:
    early, late = sessions.issue_code(), sessions.issue_code()
    clock.now += CODE_SECONDS - 1
    assert sessions.trade(early) is not None
    clock.now += 1
    assert sessions.trade(late) is None


def test_a_code_is_no_token_and_a_token_is_no_code(sessions: Sessions) -> None:
    code = sessions.issue_code()
    assert not sessions.knows(code)
    token = sessions.trade(code)
    assert token is not None
    assert sessions.trade(token) is None
    assert sessions.trade("control-token") is None


def test_the_control_token_is_known_and_nothing_else_is(sessions: Sessions) -> None:
    assert sessions.knows("control-token")
    for other in ("", "control-toke", "control-token ", "\udc80"):
        assert not sessions.knows(other)


def test_too_many_codes_or_sessions_push_out_the_oldest(sessions: Sessions) -> None:
    codes = [sessions.issue_code() for _ in range(MOST_CODES + 1)]
    assert sessions.trade(codes[0]) is None
    tokens = [sessions.trade(sessions.issue_code()) for _ in range(MOST_SESSIONS + 1)]
    assert all(tokens)
    assert not sessions.knows(str(tokens[0]))
    assert sessions.knows(str(tokens[1]))
