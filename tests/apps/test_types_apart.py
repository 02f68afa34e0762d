"""The type check and the build: no page waits for types, and an edit ends the check of what is outdated by it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from homeport.apps import builder
from homeport.apps.widget_problems import BuildProblem
from homeport.apps.widget_toolchain import Toolchain
from tests.apps.building import Watched, counter, save, widgets_of


class EndlessChecks:
    """In place of the type check: none ends by itself."""

    def __init__(self) -> None:
        self.running = 0
        self.begun = asyncio.Event()

    async def check(self, app: Path, toolchain: Toolchain) -> list[BuildProblem]:
        self.running += 1
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.running -= 1
        raise AssertionError("nobody sets that")


async def test_an_edit_while_types_are_checked_is_shown_at_once(
    tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = EndlessChecks()
    monkeypatch.setattr(builder, "check_types", checks.check)
    save(tmp_path, counter_tsx=counter("one"))
    watched = Watched()
    running_when_shown: list[int] = []
    async with widgets_of(tmp_path, toolchain, watched) as widgets:
        widgets.subscribe(lambda _: running_when_shown.append(checks.running))
        async with asyncio.timeout(30):
            await checks.begun.wait()
        save(tmp_path, counter_tsx=counter("two"))
        async with asyncio.timeout(30):
            await watched.until(lambda: "two " in widgets.page("counter").html)
    # The check has ended unfinished, so that it takes no time from the build either.
    assert running_when_shown == [0]
