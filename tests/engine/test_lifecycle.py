"""The table of the engine's life: what leads where, and that nothing gets stuck."""

from __future__ import annotations

import pytest

from homeport.engine.lifecycle import TRANSITIONS, EngineState, Move, follow


@pytest.mark.parametrize(
    ("moves", "state"),
    [
        ([], EngineState.STOPPED),
        ([Move.START, Move.STARTED], EngineState.ONLINE),
        ([Move.START, Move.STARTED, Move.STOP, Move.STOPPED], EngineState.STOPPED),
        ([Move.START, Move.FAIL], EngineState.ERROR),
        ([Move.START, Move.FAIL, Move.START, Move.STARTED], EngineState.ONLINE),
        ([Move.START, Move.FAIL, Move.STOP, Move.STOPPED], EngineState.STOPPED),
    ],
)
def test_a_life(moves: list[Move], state: EngineState) -> None:
    at: EngineState | None = EngineState.STOPPED
    for move in moves:
        assert at is not None
        at = follow(at, move)
    assert at is state


@pytest.mark.parametrize("state", EngineState)
def test_from_every_state_there_is_a_way_to_online_and_to_stopped(state: EngineState) -> None:
    reached, new = {state}, {state}
    while new:
        new = {to for (at, _), to in TRANSITIONS.items() if at in new} - reached
        reached |= new
    assert {EngineState.ONLINE, EngineState.STOPPED} <= reached


@pytest.mark.parametrize("state", [EngineState.STARTING, EngineState.ONLINE, EngineState.STOPPING])
def test_starting_what_starts_runs_or_stops_is_nothing_to_do(state: EngineState) -> None:
    assert follow(state, Move.START) is None


@pytest.mark.parametrize("state", [EngineState.STOPPED, EngineState.STARTING, EngineState.STOPPING])
def test_stopping_what_does_not_run_is_nothing_to_do(state: EngineState) -> None:
    assert follow(state, Move.STOP) is None
