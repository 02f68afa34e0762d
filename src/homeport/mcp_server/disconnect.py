"""Ends a call whose client has gone. Costs a timer where a call is quick, and a task where it is not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import Any

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

QUICK = 0.05
"""Seconds a call may take before anybody looks whether its client is still there."""


class UntilDisconnect:
    """`async with`: the body is cancelled, and left quietly, once the request's client disconnects.

    `gone` then tells. Any other cancellation passes through. The request's body must have been received before.
    """

    __slots__ = ("_receive", "_task", "_timer", "_watcher", "gone")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._task: asyncio.Task[Any] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._watcher: asyncio.Task[None] | None = None
        self.gone = False

    async def __aenter__(self) -> UntilDisconnect:
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(QUICK, self._begin_to_watch)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        assert self._task is not None
        assert self._timer is not None
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if not self.gone:
            return False
        # As asyncio.timeout does: only our own cancellation is swallowed.
        return self._task.uncancel() == 0 and kind is asyncio.CancelledError

    def _begin_to_watch(self) -> None:
        self._watcher = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        assert self._task is not None
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self._task.cancel()
