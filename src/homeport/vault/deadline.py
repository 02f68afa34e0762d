"""A blocking call in a thread of its own, with a deadline. The thread is a daemon: one that hangs lets the
process end.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from homeport.errors import KeyringTimeout

T = TypeVar("T")


async def call_with_deadline(function: Callable[[], T], *, timeout: float, title: str) -> T:
    """The function's result or exception; raises KeyringTimeout after `timeout` seconds.

    The executor of asyncio is not used: the interpreter joins its threads at exit, and a keyring that waits for a
    prompt nobody sees would keep the process alive.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failure = None, None
        try:
            result = function()
        except BaseException as error:
            failure = error
        try:
            loop.call_soon_threadsafe(settle, result, failure)
        except RuntimeError:
            # The loop has been closed: nobody waits any more.
            return

    threading.Thread(target=run, name="homeport-vault", daemon=True).start()
    try:
        async with asyncio.timeout(timeout):
            return await future
    except TimeoutError:
        if not future.cancelled():
            raise
    raise KeyringTimeout(
        f"{title} did not answer within {timeout:g} seconds.",
        hint="It may be waiting for you: look for its question, answer it, then start Homeport again.",
    )
