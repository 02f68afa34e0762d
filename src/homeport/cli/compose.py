"""Puts an Engine, the control listener and this terminal together, runs them until somebody says stop, and takes them
apart again within three seconds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

import click

from homeport.cli.hand_over import hand_over
from homeport.cli.live import LimitedLines, LiveLines, offline_text, startup_text
from homeport.cli.logs import set_up_logging
from homeport.cli.remote import wait_for
from homeport.cli.signals import end_at_once, stop_on_signals
from homeport.cli.terminal import Terminal, TypedLines
from homeport.control.client import RemoteEngine
from homeport.control.instance import Instance, acquire, find_running
from homeport.control.listener import ControlListener
from homeport.control.preview import Preview, PreviewedEngine
from homeport.desktop.presence import has_desktop
from homeport.desktop.tray import Tray
from homeport.engine.protocol import EngineMethods
from homeport.errors import AlreadyRunning, HomeportError
from homeport.events import Event
from homeport.settings import LoadedSettings

logger = logging.getLogger("homeport")

STOP_SECONDS = 1.4
"""How long the Engine may take to stop, and then once more to close; the control listener needs a second at most."""


class OwnEngine(EngineMethods, PreviewedEngine, Protocol):
    """An Engine of this process: it also tells what happens, shows its rooms, and can be closed for good."""

    async def open(self) -> None: ...
    async def close(self) -> None: ...


MakeEngine = Callable[[LoadedSettings], OwnEngine]


def run_homeport(loaded: LoadedSettings, make_engine: MakeEngine, tray: Tray | None = None) -> None:
    """Run Homeport in this process until it is told to stop; behind `tray`, where there is one.

    On a desktop a second start opens the dashboard of the first one. Raises HomeportError when it cannot start.
    """
    settings = loaded.settings
    set_up_logging(settings.log_format, level=logging.INFO if loaded.serve else logging.WARNING)
    try:
        instance = acquire(settings.data_dir)
    except AlreadyRunning as error:
        if not loaded.serve and has_desktop(os.environ, sys.platform) and hand_over(loaded.settings.data_dir, _say):
            return
        raise _with_connector_url(error, loaded) from None
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_run(loaded, instance, make_engine, tray))
    finally:
        instance.release()


async def _run(loaded: LoadedSettings, instance: Instance, make_engine: MakeEngine, tray: Tray | None) -> None:
    stopping = asyncio.Event()
    engine = make_engine(loaded)
    control = ControlListener(engine, instance, quit=stopping.set, preview=Preview(engine), events=engine.events)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.call_soon_threadsafe(stopping.set)

    with stop_on_signals(stop):
        try:
            await control.start(loaded.settings.control_port, may_move=not loaded.given("control_port"))
            async with contextlib.AsyncExitStack() as desktop:
                start: Callable[[], Coroutine[Any, Any, None]] = engine.start
                if tray is not None:
                    from homeport.cli.on_desktop import on_desktop

                    start = await desktop.enter_async_context(
                        on_desktop(engine, tray, control, loaded, quit=stopping.set, say=_say)
                    )
                starting = asyncio.create_task(start())
                asked = asyncio.create_task(stopping.wait())
                await asyncio.wait({starting, asked}, return_when=asyncio.FIRST_COMPLETED)
                if starting.done():
                    await starting
                    await _until_stopped(loaded, engine, asked, tray)
                else:
                    starting.cancel()
                    await asyncio.wait({starting}, timeout=STOP_SECONDS)
        finally:
            if not await _take_apart(engine, control):
                if isinstance(error := sys.exception(), HomeportError):
                    logger.error("%s", error)
                instance.release()
                end_at_once()


async def _until_stopped(
    loaded: LoadedSettings, engine: OwnEngine, asked: asyncio.Task[bool], tray: Tray | None
) -> None:
    asks_here = not loaded.serve and sys.stdin is not None and sys.stdin.isatty()
    status = await engine.status()
    quiet = loaded.serve and loaded.settings.log_format == "json"
    if quiet:
        fields = {"connector_url": status.connector_url, "version": status.version}
        logger.info("Homeport runs", extra={"fields": fields})
        for warning in status.warnings:
            logger.warning("%s", warning)
    else:
        if not loaded.serve and tray is None:
            _say("There is no desktop here: Homeport runs in this terminal.")
        _say(startup_text(status, asks_here=asks_here) if status.state == "online" else offline_text(status))
    unsubscribe: list[Callable[[], None]] = []
    conversation: asyncio.Task[None] | None = None
    live = LiveLines(_say)
    if asks_here:
        lines = TypedLines(sys.stdin.fileno())
        terminal = Terminal(engine, lines, _say)
        live = LiveLines(terminal.tell)
        unsubscribe.append(engine.events.subscribe(lambda e: None if terminal.says_itself(e) else live.heard(e)))
        unsubscribe.append(engine.events.subscribe(terminal.heard))
        lines.start()
        conversation = asyncio.create_task(terminal.converse())
    else:
        unsubscribe.append(engine.events.subscribe(_logging_events() if loaded.serve else live.heard))
    await asked
    live.show_calls()
    (logger.info if quiet else _say)("Stopping.")
    for end in unsubscribe:
        end()
    if conversation is not None:
        conversation.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await conversation


async def _take_apart(engine: OwnEngine, control: ControlListener) -> bool:
    """Stop everything, the public side first. False: something hangs, and the process should not wait for it."""
    stopped = await _bounded(engine.stop, "stop")
    await _bounded(control.stop, "stop listening")
    return await _bounded(engine.close, "close") and stopped


async def _bounded(stop: Callable[[], Awaitable[None]], what: str) -> bool:
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await stop()
    except TimeoutError:
        logger.warning("Homeport could not %s within %.1f seconds", what, STOP_SECONDS)
        return False
    except HomeportError as error:
        logger.warning("%s", error)
    except Exception:
        logger.exception("Homeport failed to %s", what)
    return True


def _with_connector_url(error: AlreadyRunning, loaded: LoadedSettings) -> AlreadyRunning:
    """The same error, with what people start Homeport twice for: the connector URL."""
    try:
        running = find_running(loaded.settings.data_dir, wait_seconds=0)
        url = wait_for(RemoteEngine(running).status()).connector_url
    except HomeportError:
        return error
    return AlreadyRunning(f"{error.message} Its connector URL is {url}", hint=error.hint)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return None
    return uvloop.new_event_loop


def _say(text: str) -> None:
    """Print it, as long as somebody can read: a terminal that was closed, or a pipe that broke, ends nothing."""
    with contextlib.suppress(OSError):
        click.echo(text)
        sys.stdout.flush()


def _logging_events() -> Callable[[Event], None]:
    lines = LimitedLines()

    def log(event: Event) -> None:
        if line := lines.line_for(event):
            logger.info("%s", line, extra={"fields": {"event": type(event).__name__}})

    return log
