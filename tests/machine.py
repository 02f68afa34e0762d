"""What the tests need from the operating system, and how to get it. Standard library only.

Where it may (Debian or Ubuntu, as root or with passwordless sudo) it installs what is missing; elsewhere it says what
that is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

APT_PATIENCE_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Needed:
    """A Debian package, what the tests do with it, and whether what they use of it is there."""

    package: str
    purpose: str
    found: Callable[[], bool]


def prepare(*, may_install: bool) -> str:
    """Install what is missing, where that is allowed; the answer says what is missing still, and is empty otherwise."""
    missing = [needed for needed in NEEDED if not needed.found()]
    if not missing:
        return ""
    as_root = root_prefix()
    said = ""
    if may_install and as_root is not None and shutil.which("apt-get"):
        packages = [needed.package for needed in missing]
        print(f"Installing what the tests need: {', '.join(packages)}", flush=True)
        said = install(packages, as_root)
        missing = [needed for needed in missing if not needed.found()]
        if not missing:
            return ""
    lines = [f"  {needed.package}: {needed.purpose}" for needed in missing]
    command = f"apt-get install {' '.join(needed.package for needed in missing)}"
    return "\n".join(["Missing on this machine (Debian's names):", *lines, f"Install with: {command}", said]).rstrip()


def root_prefix() -> list[str] | None:
    """What goes before a command so that it runs as root; None where a password would be asked."""
    if os.name != "posix":
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None or subprocess.run([sudo, "-n", "true"], capture_output=True).returncode:
        return None
    return [sudo, "-n"]


def install(packages: list[str], as_root: list[str]) -> str:
    """Install Debian packages, with new package lists when the old ones do not do; the answer is what went wrong."""
    apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    add = [*apt, "install", "--yes", "--no-install-recommends", *packages]
    said = ""
    for command in (add, [*apt, "update"], add):
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=APT_PATIENCE_SECONDS
            )
        except subprocess.TimeoutExpired:
            return f"{' '.join(command)} did not end within {APT_PATIENCE_SECONDS} s."
        if done.returncode == 0 and command is add:
            return ""
        said = "\n".join(done.stderr.strip().splitlines()[-5:])
    return said


def program(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


def postgresql() -> bool:
    """Debian keeps the server's programs out of PATH."""
    return bool(shutil.which("initdb")) or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def fonts() -> bool:
    """Without a font a page is rendered as boxes, and its measures mean nothing."""
    if shutil.which("fc-list"):
        listed = subprocess.run(["fc-list", ":lang=en"], capture_output=True, text=True)
        return bool(listed.stdout.strip())
    return any(Path("/usr/share/fonts").rglob("*.[to]tf"))


NEEDED = (
    Needed(
        "chromium-headless-shell",
        "pages and sign-in in a real browser",
        program("chromium-headless-shell", "chromium", "google-chrome", "chrome"),
    ),
    Needed("fonts-liberation", "text in the browser's pages", fonts),
    Needed("dbus", "a session bus for the Secret Service", program("dbus-run-session")),
    Needed("gnome-keyring", "a real Secret Service", program("gnome-keyring-daemon")),
    Needed("libsecret-tools", "looking into the Secret Service from outside", program("secret-tool")),
    Needed("binutils", "building the program of one file", program("strip")),
    Needed("postgresql", "the database of a server", postgresql),
    Needed("xvfb", "a screen for panel, clipboard and notifications", program("Xvfb")),
    Needed("xfce4-panel", "a real panel with the tray icon", program("xfce4-panel")),
    Needed("xdotool", "a mouse in front of that panel", program("xdotool")),
    Needed("imagemagick", "pictures of that screen", program("import")),
    Needed("xclip", "reading the clipboard of X11", program("xclip")),
    Needed("sway", "a Wayland session", program("sway")),
    Needed("wl-clipboard", "the clipboard of Wayland", program("wl-paste")),
    Needed("dunst", "a real notification daemon", program("dunst")),
    Needed("libglib2.0-bin", "starting what a login starts", program("gio")),
    Needed("librsvg2-bin", "drawing the icons anew, to compare them", program("rsvg-convert")),
)
