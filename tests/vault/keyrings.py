"""Keyring backends that misbehave as real ones do, and a Secret Service of one's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class Drawer(KeyringBackend):
    """Keeps its entries in a dict that several backends may share, as processes share a keyring."""

    priority = 1

    def __init__(self, entries: dict[tuple[str, str], str] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries = {} if entries is None else entries

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[(service, username)] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


class SmallDrawer(Drawer):
    """Refuses what Windows refuses, and quotes it in its error as a careless backend would."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password.encode("utf-16-le")) > 2_560:
            raise OSError(1783, f"The stub received bad data: {password}")
        super().set_password(service, username, password)


class Crash(BaseException):
    """The process dies here."""


class CrashingDrawer(SmallDrawer):
    """Dies at its n-th change, before or after carrying it out."""

    def __init__(self, entries: dict[tuple[str, str], str], *, crash_at: int, done: bool) -> None:
        super().__init__(entries)
        self.changes = 0
        self._crash_at = crash_at
        self._done = done

    def set_password(self, service: str, username: str, password: str) -> None:
        self._change(lambda: SmallDrawer.set_password(self, service, username, password))

    def delete_password(self, service: str, username: str) -> None:
        self._change(lambda: SmallDrawer.delete_password(self, service, username))

    def _change(self, change: Any) -> None:
        self.changes += 1
        if self.changes == self._crash_at and not self._done:
            raise Crash
        try:
            change()
        finally:
            if self.changes == self._crash_at:
                raise Crash


class ForgetfulDrawer(Drawer):
    """Takes everything and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        return


class LockedDrawer(Drawer):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("Failed to unlock the collection!")


class HangingDrawer(Drawer):
    """Waits for a prompt that nobody sees."""

    def get_password(self, service: str, username: str) -> str | None:
        threading.Event().wait()
        return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a child process found out; `error` is the code of the error it met."""

    error: str = ""
    message: str = ""
    storage: str = ""
    warning: str = ""
    secrets: dict[str, str] = field(default_factory=dict)


def missing_programs() -> list[str]:
    """What a private Secret Service needs and this computer lacks."""
    return [name for name in ("dbus-run-session", "gnome-keyring-daemon", "secret-tool") if not shutil.which(name)]


class SecretService:
    """A real gnome-keyring with a home of its own. Each call is one desktop session: its keyring survives on disk."""

    def __init__(self, folder: Path) -> None:
        self._home = folder / "home"
        self._runtime = folder / "runtime"
        for path in (self._home, self._runtime):
            path.mkdir(mode=0o700, parents=True)

    def session(self, data_dir: Path, *do: str, unlocked: bool = True, **environ: str) -> Answer:
        """Open the vault of `data_dir` in a new process and carry out `set NAME=VALUE` and `delete NAME` in turn."""
        return run_child(data_dir, *do, command=self._in_session(unlocked), environ={**self._environ(), **environ})

    def run(self, *command: str) -> str:
        done = subprocess.run(
            [*self._in_session(True), *command],
            env=self._environ(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout

    def session_without_keyring(self, data_dir: Path, *do: str) -> Answer:
        """A desktop session with a D-Bus on which no Secret Service can be started."""
        config = self._home / "session.conf"
        config.write_text(
            "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>"
            '<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>'
            '<allow own="*"/></policy></busconfig>'
        )
        return run_child(
            data_dir, *do, command=["dbus-run-session", f"--config-file={config}", "--"], environ=self._environ()
        )

    def _in_session(self, unlocked: bool) -> list[str]:
        # A locked one is started by D-Bus when it is first asked.
        unlock = "printf %s test | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1; "
        return ["dbus-run-session", "--", "sh", "-c", f'{unlock if unlocked else ""}exec "$@"', "sh"]

    def _environ(self) -> dict[str, str]:
        return {"HOME": str(self._home), "XDG_RUNTIME_DIR": str(self._runtime), "PATH": os.environ["PATH"]}


def run_child(data_dir: Path, *do: str, environ: dict[str, str], command: list[str] | None = None) -> Answer:
    """Open a vault in a process that has exactly this environment; returns what it found."""
    done = subprocess.run(
        [*(command or []), sys.executable, "-m", "tests.vault.child", str(data_dir), *do],
        env={**environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Answer(**json.loads(done.stdout.splitlines()[-1]))
