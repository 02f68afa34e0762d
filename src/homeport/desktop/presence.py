"""Whether somebody sits in front of this process, and where their session bus is. Asked before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def remote_shell(environ: Mapping[str, str]) -> bool:
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def has_desktop(environ: Mapping[str, str], platform: str) -> bool:
    """Whether a browser or a tray could appear in front of the person who runs this."""
    if remote_shell(environ):
        return False
    if platform in ("win32", "darwin"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def session_bus(environ: Mapping[str, str]) -> str:
    """The address of the D-Bus of this session; empty where there is none."""
    if address := environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return address
    runtime = environ.get("XDG_RUNTIME_DIR")
    if runtime and (bus := Path(runtime, "bus")).is_socket():
        return f"unix:path={bus}"
    return ""
