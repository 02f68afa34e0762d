"""The event loop of the tests that use a browser: they share it, because Playwright's objects cannot change theirs.

What a test leaves running on it is ended with the test, as asyncio.run does.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from tests.browser.chromium import AT_HAND, Browsers


class SharedLoop:
    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._open = AsyncExitStack()
        self._browsers = self._runner.run(self._open.enter_async_context(Browsers()))

    def run(self, test: Callable[[], Awaitable[None]]) -> None:
        """Run it to its end, with the browsers at hand and nothing else of the tests before."""
        context = contextvars.copy_context()
        context.run(AT_HAND.set, self._browsers)
        self._runner.run(_alone(test), context=context)

    def close(self) -> None:
        self._runner.run(self._open.aclose())
        self._runner.close()


async def _alone(test: Callable[[], Awaitable[None]]) -> None:
    before = asyncio.all_tasks()
    try:
        await test()
    finally:
        left = asyncio.all_tasks() - before
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
