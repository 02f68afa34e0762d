"""Start at login: a file in XDG's autostart folder, a LaunchAgent, or a value of the user's Run key.

Each is written by its own class behind the same three methods; none needs rights that the user has not.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import plistlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from homeport.errors import HomeportError

NAME = "homeport"
LABEL = "io.github.homeport"
RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED_KEY = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"


class Autostart(Protocol):
    """Whether Homeport starts when this user logs in. `enable` and `disable` raise HomeportError."""

    def is_enabled(self) -> bool: ...
    def enable(self) -> None: ...
    def disable(self) -> None: ...


def own_command(arguments: Sequence[str]) -> list[str]:
    """The program that runs here, as it is started from anywhere, with these arguments."""
    if getattr(sys, "frozen", False):
        return [sys.executable, *arguments]
    program = Path(sys.argv[0])
    if program.stem == NAME and program.is_file():
        return [str(program.absolute()), *arguments]
    return [sys.executable, "-m", "homeport", *arguments]


def autostart(
    command: Sequence[str], *, environ: Mapping[str, str], platform: str, home: Path, icon: Path | None = None
) -> Autostart | None:
    """The one for this system, or None where we know none."""
    if platform == "win32":
        return RunKey(command)
    if platform == "darwin":
        return LaunchAgent(command, home)
    if platform.startswith(("linux", "freebsd")):
        return DesktopFile(command, Path(environ.get("XDG_CONFIG_HOME") or home / ".config"), icon)
    return None


class DesktopFile:
    """Desktop Application Autostart Specification: `autostart/homeport.desktop`."""

    def __init__(self, command: Sequence[str], config: Path, icon: Path | None = None) -> None:
        self.file = config / "autostart" / f"{NAME}.desktop"
        self._command = command
        self._icon = icon

    def is_enabled(self) -> bool:
        try:
            lines = [line.strip() for line in self.file.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError):
            return False
        # A desktop's own settings switch an entry off by adding one of these, and keep the file.
        return not {"Hidden=true", "X-GNOME-Autostart-enabled=false"} & set(lines)

    def enable(self) -> None:
        _write(self.file, self.content().encode())

    def disable(self) -> None:
        _remove(self.file)

    def content(self) -> str:
        lines = [
            "[Desktop Entry]",
            "Type=Application",
            "Name=Homeport",
            "Comment=A safe door from ChatGPT into this computer",
            f"Exec={' '.join(map(_exec_argument, self._command))}",
            *([f"Icon={_value(str(self._icon))}"] if self._icon is not None else []),
            "Terminal=false",
            "StartupNotify=false",
        ]
        return "\n".join([*lines, ""])


class LaunchAgent:
    """launchd.plist(5): a file in ~/Library/LaunchAgents, which counts from the next login on."""

    def __init__(self, command: Sequence[str], home: Path) -> None:
        self.file = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        self._command = command

    def is_enabled(self) -> bool:
        try:
            content = plistlib.loads(self.file.read_bytes())
        except (OSError, ValueError, plistlib.InvalidFileException):
            return False
        return isinstance(content, dict) and bool(content.get("RunAtLoad")) and not content.get("Disabled")

    def enable(self) -> None:
        _write(self.file, plistlib.dumps(self.content()))

    def disable(self) -> None:
        _remove(self.file)

    def content(self) -> dict[str, object]:
        return {
            "Label": LABEL,
            "ProgramArguments": list(self._command),
            "RunAtLoad": True,
            # It has a menu: it may use the screen, and is not slowed down as a background job is.
            "ProcessType": "Interactive",
            "LimitLoadToSessionType": "Aqua",
        }


class Registry(Protocol):
    """The part of `winreg` that is used, by path below HKEY_CURRENT_USER."""

    def read(self, key: str, name: str) -> str | bytes | None: ...
    def write(self, key: str, name: str, value: str) -> None: ...
    def delete(self, key: str, name: str) -> None: ...


class RunKey:
    """HKCU's Run key; the task manager's own switch beside it counts as well."""

    def __init__(self, command: Sequence[str], registry: Registry | None = None) -> None:
        self._command = command
        self._registry = registry or _CurrentUser()

    def is_enabled(self) -> bool:
        if self._registry.read(RUN_KEY, NAME) is None:
            return False
        switch = self._registry.read(APPROVED_KEY, NAME)
        # The first byte is even while it is on: the task manager writes 2 for on, 3 for off.
        return not (isinstance(switch, bytes) and switch[:1] and switch[0] % 2)

    def enable(self) -> None:
        self._registry.write(RUN_KEY, NAME, self.content())
        self._registry.delete(APPROVED_KEY, NAME)

    def disable(self) -> None:
        self._registry.delete(RUN_KEY, NAME)

    def content(self) -> str:
        import subprocess

        return subprocess.list2cmdline(self._command)


class _CurrentUser:
    """The registry itself."""

    def __init__(self) -> None:
        # Not a plain import: the module and its names exist on Windows only, also for those who check types elsewhere.
        self._winreg: Any = importlib.import_module("winreg")

    def read(self, key: str, name: str) -> str | bytes | None:
        winreg = self._winreg
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                value, _ = winreg.QueryValueEx(opened, name)
        except OSError:
            return None
        return value if isinstance(value, (str, bytes)) else None

    def write(self, key: str, name: str, value: str) -> None:
        winreg = self._winreg
        try:
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
                winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, value)
        except OSError as error:
            raise _failed("be set", "the registry", error) from error

    def delete(self, key: str, name: str) -> None:
        winreg = self._winreg
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key, access=winreg.KEY_SET_VALUE) as opened:
                winreg.DeleteValue(opened, name)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _failed("be removed", "the registry", error) from error


def _exec_argument(argument: str) -> str:
    """Desktop Entry Specification, "The Exec key": quoted, and `%` doubled, which would begin a field code."""
    escaped = "".join(f"\\{c}" if c in '"`$\\' else c for c in argument)
    return _value(f'"{escaped}"'.replace("%", "%%"))


def _value(text: str) -> str:
    """The escapes that every value of type string has, which are undone before those of Exec."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise _failed("be written", str(path), error) from error


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _failed("be removed", str(path), error) from error


def _failed(what: str, where: str, error: OSError) -> HomeportError:
    return HomeportError(
        f"Start at login could not {what} in {where}: {error.strerror or error}.",
        hint="See who owns it, and whether it can be written.",
    )
