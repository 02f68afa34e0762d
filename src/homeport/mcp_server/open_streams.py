"""Which answers are streams that are still open, by grant: so many at most, and none longer than its grant and token.

It knows tasks, not what they send. One is shared by all endpoints of an engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from homeport.clock import Clock, system_clock
from homeport.mcp_server.callers import Caller
from homeport.mcp_server.protocol import INTERNAL_ERROR, INVALID_REQUEST, RpcError
from homeport.store import MISSED

MOST_OF_A_GRANT = 8
MOST_IN_ALL = 100


class OpenStream:
    """One stream, given by the task that opened it. `ended`: Homeport broke it off: its caller may not go on."""

    __slots__ = ("_task", "ended")

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task
        self.ended = False

    def end(self) -> None:
        """Cancel its task, once."""
        if not self.ended:
            self.ended = True
            self._task.cancel()


class OpenStreams:
    """The open streams of one engine. Used in the event loop only."""

    def __init__(
        self, *, clock: Clock = system_clock, most_of_a_grant: int = MOST_OF_A_GRANT, most_in_all: int = MOST_IN_ALL
    ) -> None:
        self._clock = clock
        self._most_of_a_grant = most_of_a_grant
        self._most_in_all = most_in_all
        self._of_grant: dict[str, set[OpenStream]] = {}
        self._count = 0

    @contextmanager
    def opened(self, caller: Caller) -> Generator[OpenStream, None, None]:
        """The current task gives `caller` a stream. It is cancelled when the grant ends or the token expires.

        Nothing may be awaited between the access check and this, or the end of the grant could be missed. Raises
        RpcError where there are too many: 429 for the grant, 503 for all of them. A caller without a grant, whom only
        tests and a chat in one process have, counts in the sum alone.
        """
        of_grant = self._of_grant.get(caller.grant_id, ())
        if caller.grant_id and len(of_grant) >= self._most_of_a_grant:
            text = f"This connection has {len(of_grant)} open streams already: end one first."
            raise RpcError(INVALID_REQUEST, text, status=429)
        if self._count >= self._most_in_all:
            raise RpcError(INTERNAL_ERROR, "Too many streams are open: try again later.", status=503)
        task = asyncio.current_task()
        assert task is not None
        stream = OpenStream(task)
        self._of_grant.setdefault(caller.grant_id, set()).add(stream)
        self._count += 1
        expiry: asyncio.TimerHandle | None = None
        if caller.expires_at is not None:
            left = max(0.0, caller.expires_at - self._clock())
            expiry = asyncio.get_running_loop().call_later(left, stream.end)
        try:
            yield stream
        finally:
            if expiry is not None:
                expiry.cancel()
            self._count -= 1
            streams = self._of_grant[caller.grant_id]
            streams.discard(stream)
            if not streams:
                del self._of_grant[caller.grant_id]

    def end_grant(self, grant_id: str) -> None:
        """The grant has ended: its streams end now. `MISSED` may mean any grant, so it ends all."""
        grants = tuple(self._of_grant) if grant_id == MISSED else (grant_id,)
        for each in grants:
            for stream in tuple(self._of_grant.get(each, ())):
                stream.end()
