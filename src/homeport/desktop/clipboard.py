"""Puts text on the clipboard, under X11 and Wayland, Windows and macOS. Must not keep the text anywhere else.

On Linux copykitten speaks X11 only. A Wayland session takes the text from `wl-copy` (wl-clipboard), or from X11 where
it has XWayland.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Mapping

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 3.0

X11_FIRST = {"GNOME", "ubuntu"}
"""Desktops that let no program without a window set Wayland's clipboard, and take X11's at once."""


async def copy(text: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Copy `text`. False: this session has no clipboard we could fill, and the text must be shown instead.

    Under X11 the text is there for as long as this process lives.
    """
    ways = [_by_library]
    if environ.get("WAYLAND_DISPLAY"):
        desktops = set(environ.get("XDG_CURRENT_DESKTOP", "").split(":"))
        ways.insert(1 if X11_FIRST & desktops else 0, _by_wl_copy)
    for way in ways:
        if await way(text):
            return True
    return False


async def _by_library(text: str) -> bool:
    try:
        return await asyncio.wait_for(asyncio.to_thread(_copy, text), PATIENCE_SECONDS)
    except TimeoutError:
        logger.warning("The clipboard did not answer")
        return False


def _copy(text: str) -> bool:
    try:
        import copykitten

        copykitten.copy(text)
    except Exception as error:
        logger.info("Nothing could be copied: %s", error)
        return False
    return True


async def _by_wl_copy(text: str) -> bool:
    """`wl-copy` reads the text, and leaves a process that offers it until something else is copied."""
    nothing = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *("wl-copy", "--type", "text/plain;charset=utf-8"),
            stdin=asyncio.subprocess.PIPE,
            stdout=nothing,
            stderr=nothing,
        )
    except OSError:
        return False
    try:
        await asyncio.wait_for(process.communicate(text.encode()), PATIENCE_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    return process.returncode == 0
