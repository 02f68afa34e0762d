"""The desk asks the Engine again while somebody waits: as often as it must, and no more for all that happens."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.desktop import desk as room
from homeport.desktop.desk import Desk
from homeport.desktop.tray import Chosen
from homeport.desktop.view import View
from homeport.engine.engine import Engine
from homeport.engine.protocol import CallRequest, Status
from homeport.events import EventBus, ToolsPaused
from tests.engine.engines import engine_for


class Crowded:
    """An Engine at which a call always waits; `looks` counts how often it was asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.looks = 0
        self.looked = asyncio.Event()

    @property
    def events(self) -> EventBus:
        return self._engine.events

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    async def status(self) -> Status:
        return replace(await self._engine.status(), calls_waiting=1)

    async def calls(self) -> list[CallRequest]:
        self.looks += 1
        self.looked.set()
        return [CallRequest(1, "send", "Send", "write", "me", "ChatGPT", True, "{}", "", 1, True)]


class NoScreen:
    def show(self, view: View) -> None: ...
    def listen(self, chosen: Chosen) -> None: ...
    async def appears(self, seconds: float) -> bool:
        return False

    def close(self) -> None: ...


async def test_however_much_happens_while_somebody_waits_one_look_is_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOMENT_SECONDS", 0.0)
    engine = Crowded(engine_for(tmp_path))
    loop = asyncio.get_running_loop()
    planned: list[asyncio.TimerHandle] = []
    plan = loop.call_later

    def call_later(delay: float, *given: object) -> asyncio.TimerHandle:
        handle = plan(delay, *given)  # type: ignore[arg-type]
        if delay == room.LOOK_AGAIN_SECONDS:
            planned.append(handle)
        return handle

    monkeypatch.setattr(loop, "call_later", call_later)

    async def nothing(page: object) -> bool:
        return True

    async with Desk(engine, NoScreen(), open_page=nothing, copy=nothing, quit=lambda: None):  # type: ignore[arg-type]
        for turn in range(20):
            engine.looked.clear()
            engine.events.publish(ToolsPaused(at=float(turn), paused=False))
            await engine.looked.wait()
    assert engine.looks >= 20
    assert len(planned) >= 19
    assert len([handle for handle in planned if not handle.cancelled()]) <= 1
