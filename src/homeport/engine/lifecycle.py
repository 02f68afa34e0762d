"""The engine's life as a table. Pure.

No move leads out of a state that is not listed: a second start while starting is a wait, not a start.
"""

from __future__ import annotations

import enum


class EngineState(enum.StrEnum):
    STOPPED = "stopped"
    STARTING = "starting"
    ONLINE = "online"
    STOPPING = "stopping"
    ERROR = "error"


class Move(enum.StrEnum):
    START = "start"
    STARTED = "started"
    FAIL = "fail"
    STOP = "stop"
    STOPPED = "stopped"


TRANSITIONS: dict[tuple[EngineState, Move], EngineState] = {
    (EngineState.STOPPED, Move.START): EngineState.STARTING,
    (EngineState.ERROR, Move.START): EngineState.STARTING,
    (EngineState.STARTING, Move.STARTED): EngineState.ONLINE,
    (EngineState.STARTING, Move.FAIL): EngineState.ERROR,
    (EngineState.ONLINE, Move.STOP): EngineState.STOPPING,
    (EngineState.ERROR, Move.STOP): EngineState.STOPPING,
    (EngineState.STOPPING, Move.STOPPED): EngineState.STOPPED,
}


def follow(state: EngineState, move: Move) -> EngineState | None:
    """The next state, or None where there is nothing to do."""
    return TRANSITIONS.get((state, move))
