"""Text on the clipboard, read back by the programs that others use."""

from __future__ import annotations

import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from watchfiles import awatch

from homeport.desktop.clipboard import copy
from tests.child import Child, child_process
from tests.desktop.screen import a_screen
from tests.desktop.session import needs
from tests.program import ROOT, clean_environment

URL = "https://home.example.com/mcp?ä=1"

# The text is on the clipboard for as long as its program lives, as Homeport does.
COPYING = f"""
import asyncio, sys
import pytest
from watchfiles import awatch

from homeport.desktop.clipboard import copy
print("copied", asyncio.run(copy({URL!r})), flush=True)
sys.stdin.readline()
"""

SWAY = """
output HEADLESS-1 resolution 640x480
exec touch {ready}
"""


@asynccontextmanager
async def copying(environment: dict[str, str], folder: Path) -> AsyncIterator[Child]:
    command = (sys.executable, "-c", COPYING)
    environment = {**environment, "PYTHONPATH": f"{ROOT / 'src'}"}
    async with child_process(*command, environment=environment, folder=folder, name="copying") as program:
        await program.says("copied True")
        yield program


async def said_by(*command: str, environment: dict[str, str], folder: Path) -> str:
    async with child_process(*command, environment=environment, folder=folder) as program:
        assert await program.ends() == 0, program.output
        return program.output


@needs("Xvfb", "xclip")
async def test_it_is_there_under_x11(tmp_path: Path) -> None:
    async with a_screen(tmp_path) as screen:
        environment = {**clean_environment(tmp_path / "home"), **screen.environment, "LC_ALL": "C.UTF-8"}
        async with copying(environment, tmp_path):
            paste = ("xclip", "-o", "-selection", "clipboard")
            assert await said_by(*paste, environment=environment, folder=tmp_path) == URL


@needs("sway", "wl-copy", "wl-paste")
async def test_it_is_there_under_wayland_alone(tmp_path: Path) -> None:
    async with a_wayland_session(tmp_path) as environment:
        assert "DISPLAY" not in environment
        async with copying(environment, tmp_path):
            assert await said_by("wl-paste", "-n", environment=environment, folder=tmp_path) == URL


async def test_without_a_screen_it_says_that_nothing_was_copied(tmp_path: Path) -> None:
    environment = {**clean_environment(tmp_path / "home"), "PYTHONPATH": str(ROOT / "src")}
    async with child_process(sys.executable, "-c", COPYING, environment=environment, folder=tmp_path) as program:
        await program.says("copied False")


async def test_a_program_that_hangs_or_is_missing_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeport.desktop.clipboard.PATIENCE_SECONDS", 0.2)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not await copy(URL, {"WAYLAND_DISPLAY": "wayland-7"})
    hanging = tmp_path / "wl-copy"
    hanging.write_text("#!/bin/sh\nexec /bin/sleep 30\n")
    hanging.chmod(0o700)
    assert not await copy(URL, {"WAYLAND_DISPLAY": "wayland-7"})


@asynccontextmanager
async def a_wayland_session(folder: Path) -> AsyncIterator[dict[str, str]]:
    """sway on a screen in memory; the environment of its programs. It refuses to be root's, and is nobody's then."""
    prefix: tuple[str, ...] = ()
    place = folder
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        prefix = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
        place = Path(tempfile.mkdtemp(prefix="wayland-"))
        os.chown(place, nobody.pw_uid, nobody.pw_gid)
    place.chmod(0o700)
    try:
        config = place / "sway.conf"
        config.write_text(SWAY.format(ready=place / "ready"))
        config.chmod(0o644)
        environment = {**clean_environment(folder / "home"), "HOME": str(place), "XDG_RUNTIME_DIR": str(place)}
        environment |= {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1"}
        sway = (*prefix, "sway", "--config", str(config))
        async with child_process(*sway, environment=environment, folder=place, name="sway"):
            if not (place / "ready").exists():
                async for _ in awatch(place, rust_timeout=200, yield_on_timeout=True):
                    if (place / "ready").exists():
                        break
            (socket,) = [path for path in place.glob("wayland-*") if path.is_socket()]
            yield {**environment, "WAYLAND_DISPLAY": socket.name, "LC_ALL": "C.UTF-8"}
    finally:
        if place is not folder:
            shutil.rmtree(place, ignore_errors=True)
