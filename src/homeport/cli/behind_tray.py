"""Shows the tray icon first, and loads everything else behind it: settings, the web framework, the MCP SDK.

Imports nothing heavy: what is here runs before the icon is seen.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.desktop.presence import has_desktop, remote_shell, session_bus
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.desktop.tray import MainThreadTray, Tray

Body = Callable[["Tray | None"], None]

logger = logging.getLogger("homeport")

NO_START = {"--help", "-h", "--version"}

PANEL_SECONDS = 2.0
"""How long a panel may take to answer before Homeport is loaded all the same."""


LOOP_SECONDS = 2.0
"""How long a desktop's own loop may take to end, once Homeport has."""


def starts_homeport(arguments: Sequence[str]) -> bool:
    """Whether this command line is plain `homeport`, with or without options."""
    return (not arguments or arguments[0].startswith("-")) and not NO_START & set(arguments)


def run_behind_tray(arguments: Sequence[str], body: Body) -> None:
    """Run `body` with the tray this session has, whose icon shows already; with None where there is no desktop."""
    if not starts_homeport(arguments) or remote_shell(os.environ) or _runs_already(arguments):
        body(None)
    elif sys.platform not in ("win32", "darwin"):
        _beside(body)
    elif (tray := _pystray()) is not None:
        run_in_front(tray, body)
    else:
        body(None)


def _beside(body: Body) -> None:
    """Linux: the tray has a thread of its own."""
    address = session_bus(os.environ)
    seen = has_desktop(os.environ, sys.platform)
    if not seen and not address:
        body(None)
        return
    from homeport.desktop.menu import FIRST_VIEW
    from homeport.desktop.sni import SniTray

    tray = SniTray(address, FIRST_VIEW)
    try:
        shown = tray.start(seconds=PANEL_SECONDS)
        # A bus alone, as of a login without a screen, is no desktop; a bus with a panel is one.
        body(tray if seen or shown else None)
    finally:
        tray.close()


def run_in_front(tray: MainThreadTray, body: Body) -> None:
    """Windows and macOS: the icon's loop must have the main thread, so that Homeport runs in another."""
    from homeport.cli.signals import end_at_once, stop_on_signals_behind_a_loop

    ended: list[BaseException] = []
    loop_ended = threading.Event()

    def work() -> None:
        try:
            body(tray)
        except BaseException as error:
            ended.append(error)
        finally:
            tray.close()
        # Whoever chose Quit sees no process that stays: what matters has been stopped and closed by now.
        if not loop_ended.wait(LOOP_SECONDS):
            code = ended[0].code if ended and isinstance(ended[0], SystemExit) else len(ended)
            end_at_once(code if isinstance(code, int) else 0 if code is None else 1)

    thread = threading.Thread(target=work, name="homeport")
    with stop_on_signals_behind_a_loop(tray.ask_to_quit):
        thread.start()
        failed = not tray.run()
        loop_ended.set()
        if not failed:
            # Its loop may have ended by itself, as at the end of the session.
            tray.ask_to_quit()
        thread.join()
    if ended:
        raise ended[0]


def _pystray() -> MainThreadTray | None:
    from homeport.desktop.menu import FIRST_VIEW

    try:
        from homeport.desktop.pystray_tray import PystrayTray

        return PystrayTray(FIRST_VIEW)
    except Exception:
        logger.exception("There can be no tray icon; Homeport goes on without one")
        return None


def _runs_already(arguments: Sequence[str]) -> bool:
    """Then no second icon appears, not even for a moment."""
    from homeport.control.instance import is_held
    from homeport.settings.folders import find_data_dir

    try:
        return is_held(find_data_dir(_data_dir(arguments), os.environ, Path.cwd()))
    except HomeportError:
        return False


def _data_dir(arguments: Sequence[str]) -> str | None:
    found = None
    for place, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--data-dir":
            found = value if equals else next(iter(arguments[place + 1 :]), None)
    return found
