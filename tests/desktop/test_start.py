"""How Homeport starts on a desktop: what is loaded when, how a login starts it, and what its children get."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.cli.behind_tray import starts_homeport
from homeport.cli.on_desktop import arguments_at_login
from homeport.desktop.child_environment import leave_bundle
from homeport.desktop.menu import FIRST_VIEW
from homeport.desktop.presence import has_desktop, session_bus
from homeport.desktop.sni import SniTray
from homeport.desktop.view import Entry, Light, View
from homeport.settings import load_settings
from tests.child import child_process
from tests.desktop.desktop import Desktop
from tests.desktop.session import a_panel, needs
from tests.desktop.session import session_bus as a_session_bus

ICON = """
import json, sys
import homeport.cli
from homeport.cli.behind_tray import run_behind_tray
run_behind_tray(["--data-dir=/nowhere"], lambda tray: print(json.dumps([tray is not None, list(sys.modules)])))
"""


@needs("dbus-daemon")
async def test_the_icon_is_there_before_anything_heavy_is_loaded(tmp_path: Path) -> None:
    async with a_session_bus(tmp_path) as address, a_panel(address) as panel:
        desktop = Desktop(tmp_path, address)
        command = (sys.executable, "-c", ICON)
        async with child_process(*command, environment=desktop.environment, folder=tmp_path) as program:
            item = await panel.item()
            assert item.name.startswith("org.kde.StatusNotifierItem-")
            assert await program.ends() == 0, program.output
        shown, loaded = json.loads(program.output)
    assert shown
    heavy = {"mcp", "starlette", "pydantic", "uvicorn", "httpx2", "cryptography", "jinja2", "sqlite3", "PIL"}
    heavy |= {"desktop_notifier", "copykitten", "pystray", "homeport.engine"}
    assert heavy & set(loaded) == set()


@pytest.mark.parametrize(
    ("arguments", "starts"),
    [
        ([], True),
        (["--port", "4000"], True),
        (["--app=recipes"], True),
        (["serve"], False),
        (["status", "--json"], False),
        (["--help"], False),
        (["--port", "4000", "-h"], False),
        (["--version"], False),
    ],
)
def test_only_plain_homeport_has_an_icon(arguments: list[str], starts: bool) -> None:
    assert starts_homeport(arguments) is starts


def test_a_screen_makes_a_desktop_and_a_shell_from_afar_does_not() -> None:
    assert has_desktop({"DISPLAY": ":0"}, "linux")
    assert has_desktop({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert not has_desktop({}, "linux")
    assert not has_desktop({"DISPLAY": ":0", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, "linux")
    assert has_desktop({}, "darwin")
    assert not has_desktop({"SSH_TTY": "/dev/pts/1"}, "win32")


def test_the_bus_is_found_by_its_address_or_in_its_usual_place(tmp_path: Path) -> None:
    assert session_bus({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/a"}) == "unix:path=/a"
    assert session_bus({"XDG_RUNTIME_DIR": str(tmp_path)}) == ""
    with socket.socket(socket.AF_UNIX) as bus:
        bus.bind(str(tmp_path / "bus"))
        assert session_bus({"XDG_RUNTIME_DIR": str(tmp_path)}) == f"unix:path={tmp_path}/bus"


def test_the_options_of_now_are_those_of_the_next_login(tmp_path: Path) -> None:
    data, app = tmp_path / "data", tmp_path / "app"
    data.mkdir()
    app.mkdir()
    (app / "app.py").touch()
    (data / "homeport.toml").write_text("access_token_minutes = 30\n")
    given = {"data_dir": "data", "app": "app", "port": "4000", "rules": ("a=block", "b=allow")}
    environ = {"HOMEPORT_LOG_FORMAT": "json", "HOMEPORT_DATABASE_URL": "postgresql://me:secret@localhost/a"}
    loaded = load_settings(options=given, environ=environ, cwd=tmp_path)
    arguments = arguments_at_login(loaded)
    assert arguments[0] == f"--data-dir={data}"
    assert set(arguments[1:]) == {f"--app={app}", "--port=4000", "--log-format=json", "--rule=a=block,b=allow"}
    assert "secret" not in str(arguments)
    again = dict(argument.removeprefix("--").split("=", 1) for argument in arguments)
    options = {name.replace("-", "_").replace("rule", "rules"): value for name, value in again.items()}
    assert load_settings(options=options, environ={}, cwd=Path("/")).settings.model_dump() == (
        loaded.settings.model_copy(update={"database_url": ""}).model_dump()
    )


@needs("dbus-daemon", "gio")
async def test_what_a_login_starts_is_this_homeport(tmp_path: Path) -> None:
    """The menu writes the file, and a launcher of the system starts what it says."""
    async with a_session_bus(tmp_path) as address, a_panel(address) as panel:
        desktop = Desktop(tmp_path, address)
        async with desktop.homeport() as homeport:
            item = await panel.item()
            await item.shows("Start at login", checked=False)
            await item.click("Start at login")
            await item.shows("Start at login", checked=True)
            await item.click("Quit")
            assert await homeport.ends() == 0
        file = desktop.config / "autostart" / "homeport.desktop"
        command = ("gio", "launch", str(file))
        async with child_process(*command, environment=desktop.environment, folder=Path("/")) as launched:
            item = await panel.item()
            await item.shows("Online on this computer only")
            assert await desktop.answers()
            await item.click("Start at login")
            await item.shows("Start at login", checked=False)
            assert not file.exists()
            await item.click("Quit")
            # Its outputs are those of the launcher, and stay open for as long as it runs.
            assert await launched.ends() == 0
            assert not await desktop.answers()


def test_children_of_the_one_file_program_get_the_libraries_of_the_system() -> None:
    environ = {"LD_LIBRARY_PATH": "/tmp/_MEI123", "LD_LIBRARY_PATH_ORIG": "/opt/lib", "PATH": "/bin"}
    leave_bundle(environ)
    assert environ == {"LD_LIBRARY_PATH": "/opt/lib", "PATH": "/bin"}
    environ = {"LD_LIBRARY_PATH": "/tmp/_MEI123"}
    leave_bundle(environ)
    assert environ == {}


def test_a_frozen_homeport_leaves_its_bundle_before_anything_else() -> None:
    program = (
        "import sys, os; sys.frozen = True\n"
        "from homeport.cli import main\n"
        "try: main(['--version'])\n"
        "finally: print(os.environ.get('LD_LIBRARY_PATH'), flush=True)\n"
    )
    environ = {**os.environ, "LD_LIBRARY_PATH": "/tmp/_MEI123"}
    said = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[1:] == ["None"]


@needs("dbus-daemon")
async def test_labels_are_shown_as_they_are(tmp_path: Path) -> None:
    """dbusmenu underlines what follows an underscore; two stand for one."""
    async with a_session_bus(tmp_path) as address, a_panel(address) as panel:
        tray = SniTray(address, replace(FIRST_VIEW, menu=(Entry("get_items & more"),)))
        try:
            assert await asyncio.to_thread(tray.start, seconds=10)
            item = await panel.item()
            await item.shows("get__items & more")
            sizes = [size for size, _, pixels in await item.get("IconPixmap") if len(pixels) == 4 * size * size]
            assert sizes == [22, 32, 48, 64]
            tray.show(View(Light.ERROR, "Homeport: failed", (Entry("Other"),), awake=False))
            await item.shows("Other")
            assert await item.get("Status") == "NeedsAttention"
            assert await item.get("Title") == "Homeport: failed"
            assert (await item.get("ToolTip"))[2] == "Homeport: failed"
        finally:
            await asyncio.to_thread(tray.close)
