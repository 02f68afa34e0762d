"""Notifications, shown by a real daemon on a bus of its own."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from homeport.desktop.notices import Notice, NoticePage
from homeport.desktop.notify import Notifier
from tests.desktop.screen import a_screen
from tests.desktop.session import PATIENCE_SECONDS, needs, session_bus

WAITS = Notice("A <client> wants in", "Type the six digits <here> & there.", "waiting")

NOTIFICATIONS = "org.freedesktop.Notifications"


class Daemon:
    """dunst, asked with its own program."""

    def __init__(self, environment: dict[str, str], bus: MessageBus) -> None:
        self._environment = environment
        self._bus = bus
        self._shown = asyncio.Semaphore(0)
        bus.add_message_handler(self._heard)

    def _heard(self, message: Message) -> None:
        if message.member == "Notify" and message.message_type is MessageType.METHOD_CALL:
            self._shown.release()

    async def shows(self) -> None:
        """Wait until one more notification is on the screen."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._shown.acquire()
            while (await self.control("count", "displayed")).strip() == "0":
                await asyncio.sleep(0.05)

    async def texts(self) -> list[tuple[str, str]]:
        """Close all that is shown; what was."""
        await self.control("close-all")
        (kept,) = json.loads(await self.control("history"))["data"]
        return [(each["summary"]["data"], each["body"]["data"]) for each in kept]

    async def click(self) -> None:
        await self.control("action")

    async def control(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "dunstctl", *arguments, env=self._environment, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        assert process.returncode == 0, arguments
        return out.decode()


@asynccontextmanager
async def dunst(folder: Path, address: str, display: str) -> AsyncIterator[Daemon]:
    (folder / "dunstrc").write_text("[global]\n    history_length = 20\n")
    environment = {**os.environ, "DISPLAY": display, "DBUS_SESSION_BUS_ADDRESS": address}
    bus = await MessageBus(bus_address=address).connect()
    rules = [f"type='method_call',interface='{NOTIFICATIONS}',member='Notify'"]
    listening = Message(
        destination="org.freedesktop.DBus",
        path="/org/freedesktop/DBus",
        interface="org.freedesktop.DBus.Monitoring",
        member="BecomeMonitor",
        signature="asu",
        body=[rules, 0],
    )
    process = await asyncio.create_subprocess_exec(
        *("dunst", "-conf", str(folder / "dunstrc")), env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        daemon = Daemon(environment, bus)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await has_owner(address):
                await asyncio.sleep(0.02)
        answer = await bus.call(listening)
        assert answer is not None
        assert answer.message_type is MessageType.METHOD_RETURN, answer.body
        yield daemon
    finally:
        bus.disconnect()
        process.terminate()
        await process.wait()


async def has_owner(address: str) -> bool:
    bus = await MessageBus(bus_address=address).connect()
    try:
        dbus = "org.freedesktop.DBus"
        asked = Message(
            destination=dbus,
            path="/org/freedesktop/DBus",
            interface=dbus,
            member="NameHasOwner",
            signature="s",
            body=[NOTIFICATIONS],
        )
        answer = await bus.call(asked)
        assert answer is not None
        return bool(answer.body[0])
    finally:
        bus.disconnect()


@asynccontextmanager
async def a_notifier() -> AsyncIterator[tuple[Notifier, asyncio.Queue[NoticePage]]]:
    opened: asyncio.Queue[NoticePage] = asyncio.Queue()
    notifier = Notifier(opened.put)
    running = asyncio.create_task(notifier.run())
    try:
        yield notifier, opened
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        notifier.close()


@needs("dbus-daemon", "Xvfb", "dunst", "dunstctl", "import")
async def test_a_notification_opens_its_page_when_clicked_and_a_missing_daemon_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_screen(tmp_path) as screen, session_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        async with a_notifier() as (notifier, opened):
            notifier.show(Notice("Nobody", "sees this.", "dashboard"))
            await notifier.idle()
            async with dunst(tmp_path, address, screen.display) as daemon:
                notifier.show(WAITS)
                await daemon.shows()
                await screen.picture("notification")
                await daemon.click()
                assert await asyncio.wait_for(opened.get(), PATIENCE_SECONDS) == "waiting"
                assert await daemon.texts() == [
                    ("A <client> wants in", "Type the six digits &lt;here&gt; &amp; there.")
                ]
            # The daemon is gone again, as after a crash: what is shown now is lost, and nothing else.
            notifier.show(Notice("Nobody", "sees this.", "dashboard"))
            await notifier.idle()
            async with dunst(tmp_path, address, screen.display) as daemon:
                notifier.show(WAITS)
                await daemon.shows()
    assert "Traceback" not in caplog.text


async def test_without_a_bus_nothing_is_shown_and_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    async with a_notifier() as (notifier, opened):
        for _ in range(40):
            notifier.show(WAITS)
        await notifier.idle()
        assert opened.empty()
