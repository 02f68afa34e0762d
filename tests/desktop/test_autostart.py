"""Start at login, as each system writes it down."""

from __future__ import annotations

import configparser
import plistlib
import re
import sys
from pathlib import Path

import pytest

from homeport.desktop.autostart import APPROVED_KEY, RUN_KEY, DesktopFile, LaunchAgent, RunKey, autostart, own_command
from homeport.errors import HomeportError

COMMAND = ["/opt/My Apps/homeport", '--data-dir=/data/50% "of" $HOME\\x', "--app=/data/`pwd`"]


class RegistryInMemory:
    """What the Windows registry does with the calls that are made of it."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], str | bytes] = {}

    def read(self, key: str, name: str) -> str | bytes | None:
        return self.values.get((key, name))

    def write(self, key: str, name: str, value: str) -> None:
        self.values[key, name] = value

    def delete(self, key: str, name: str) -> None:
        self.values.pop((key, name), None)


def unescaped(value: str) -> list[str]:
    """An Exec line as a launcher reads it (Desktop Entry Specification): the escapes of a string, then the quotes."""
    text = value.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
    arguments = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    return [re.sub(r"\\(.)", r"\1", argument).replace("%%", "%") for argument in arguments]


def test_the_file_of_a_linux_desktop_starts_exactly_this_command(tmp_path: Path) -> None:
    at_login = DesktopFile(COMMAND, tmp_path, Path("/opt/icon.png"))
    assert not at_login.is_enabled()
    at_login.enable()
    assert at_login.file == tmp_path / "autostart" / "homeport.desktop"
    assert at_login.is_enabled()
    file = configparser.RawConfigParser(strict=True)
    file.optionxform = str  # type: ignore[method-assign, assignment]
    file.read(at_login.file)
    entry = dict(file["Desktop Entry"])
    assert unescaped(entry["Exec"]) == COMMAND
    assert entry["Type"] == "Application"
    assert entry["Terminal"] == "false"
    assert entry["Icon"] == "/opt/icon.png"
    at_login.disable()
    at_login.disable()
    assert not at_login.file.exists()


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
def test_a_desktop_that_switched_it_off_is_believed(tmp_path: Path, line: str) -> None:
    at_login = DesktopFile(COMMAND, tmp_path)
    at_login.enable()
    at_login.file.write_text(f"{at_login.file.read_text()}{line}\n")
    assert not at_login.is_enabled()
    at_login.enable()
    assert at_login.is_enabled()


def test_the_agent_of_macos_starts_exactly_this_command(tmp_path: Path) -> None:
    at_login = LaunchAgent(COMMAND, tmp_path)
    at_login.enable()
    (file,) = (tmp_path / "Library" / "LaunchAgents").iterdir()
    content = plistlib.loads(file.read_bytes())
    assert content["ProgramArguments"] == COMMAND
    assert content["RunAtLoad"] is True
    assert file.stem == content["Label"]
    # It is no service that launchd would start again when its owner quits it.
    assert "KeepAlive" not in content
    assert at_login.is_enabled()
    file.write_text("no property list")
    assert not at_login.is_enabled()
    at_login.disable()
    assert not file.exists()


def test_the_run_key_of_windows_holds_one_command_line() -> None:
    registry = RegistryInMemory()
    at_login = RunKey([r"C:\Program Files\Homeport\homeport.exe", r"--data-dir=C:\Users\a b\data"], registry)
    at_login.enable()
    assert registry.values == {
        (
            RUN_KEY,
            "homeport",
        ): r'"C:\Program Files\Homeport\homeport.exe" "--data-dir=C:\Users\a b\data"',
    }
    assert at_login.is_enabled()
    at_login.disable()
    assert registry.values == {}


@pytest.mark.parametrize(("first_byte", "on"), [(2, True), (3, False), (6, True), (7, False)])
def test_the_switch_of_the_task_manager_counts(first_byte: int, on: bool) -> None:
    registry = RegistryInMemory()
    at_login = RunKey(["homeport.exe"], registry)
    at_login.enable()
    registry.values[APPROVED_KEY, "homeport"] = bytes([first_byte]) + bytes(11)
    assert at_login.is_enabled() is on
    at_login.enable()
    assert at_login.is_enabled()


def test_a_folder_that_cannot_be_written_is_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "autostart").write_text("a file where a folder belongs")
    with pytest.raises(HomeportError, match="autostart"):
        DesktopFile(COMMAND, tmp_path).enable()


def test_each_system_has_its_own(tmp_path: Path) -> None:
    linux = autostart(COMMAND, environ={"XDG_CONFIG_HOME": "/elsewhere"}, platform="linux", home=tmp_path)
    assert isinstance(linux, DesktopFile)
    assert linux.file == Path("/elsewhere/autostart/homeport.desktop")
    assert isinstance(autostart(COMMAND, environ={}, platform="darwin", home=tmp_path), LaunchAgent)
    assert autostart(COMMAND, environ={}, platform="plan9", home=tmp_path) is None


def test_the_command_is_the_program_that_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert own_command(["--port=1"]) == [sys.executable, "-m", "homeport", "--port=1"]
    script = tmp_path / "homeport"
    script.touch()
    monkeypatch.setattr(sys, "argv", [str(script)])
    assert own_command([]) == [str(script)]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert own_command([]) == [sys.executable]
