"""A work that waits for a store thread, and how its outcome gets back into the event loop."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from homeport.store.database import Transaction
from homeport.store.notify import Listeners, Notice


@dataclass(frozen=True, slots=True)
class Pending:
    """A work and the future of whoever waits for it."""

    work: Callable[[Transaction], Any]
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a work ended: its result, or the exception that undid it."""

    pending: Pending
    result: Any = None
    error: BaseException | None = None


def deliver_and_settle(listeners: Listeners, notices: Iterable[Notice], outcomes: Iterable[Outcome]) -> None:
    """Tell listeners first, then whoever waits: what they do next already sees the news. Runs in the event loop."""
    for channel, payload in notices:
        listeners.deliver(channel, payload)
    for outcome in outcomes:
        settle(outcome.pending.future, outcome.result, outcome.error)


def settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    """Answer a future in its event loop; a caller that was cancelled hears nothing."""
    if future.done():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, StopIteration):
        # A future cannot carry StopIteration (asyncio refuses it).
        future.set_exception(RuntimeError("the work raised StopIteration"))
    else:
        future.set_exception(error)


def run_work(work: Callable[[Transaction], Any], tx: Transaction) -> Any:
    """The work's result. Raises TypeError for an `async def`, whose body would run outside the transaction."""
    result = work(tx)
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError("the work must be a plain function: an async one would run outside its transaction")
    return result


def call_in_loop(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    """Run `callback` in the loop; a loop that has been closed has nobody left to tell."""
    try:
        loop.call_soon_threadsafe(callback)
    except RuntimeError:
        if not loop.is_closed():
            raise
