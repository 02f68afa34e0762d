"""A real PostgreSQL server for tests: its own folder, a free loopback port, nobody else's data."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")


def find_postgres_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`, the newest version first, or None."""
    found = shutil.which("initdb")
    if found and Path(found).resolve().with_name("postgres").exists():
        return Path(found).resolve().parent
    folders = [folder for place in _PLACES for folder in Path("/").glob(place.lstrip("/"))]
    folders = [folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()]
    return max(
        folders,
        key=lambda folder: [int(part) for part in folder.parent.name.split(".") if part.isdigit()],
        default=None,
    )


class PostgresServer:
    """Started with `running_postgres`; can be stopped and started again in between."""

    def __init__(self, binaries: Path, folder: Path, account: str | None) -> None:
        self._binaries = binaries
        self._folder = folder
        self._account = account
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def initialise(self) -> None:
        self._run("initdb", "-D", self._data, "-U", "homeport", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        """Returns once it answers."""
        log = (self._folder / "server.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [
                    *(str(self._binaries / "postgres"), "-D", self._data, "-p", str(self._port)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self._folder}"),
                    # Its data needs to outlive no crash of this machine.
                    *("-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=60"),
                ],
                stdout=log,
                stderr=log,
                user=self._account,
                cwd=self._folder,
            )
        self._run("pg_isready", "-h", "127.0.0.1", "-p", str(self._port), "-t", "30", patient=True)

    def stop(self) -> None:
        """Ends every connection at once, as a crash of the server would."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGQUIT)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def create_database(self) -> str:
        """The URL of an empty database; its password is a canary, since the server trusts everybody."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql://homeport:canary-password@127.0.0.1:{self._port}/{database}"

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, program: str, *arguments: str, patient: bool = False) -> None:
        command = [str(self._binaries / program), *arguments]
        for _ in range(100 if patient else 1):
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=60, check=False, user=self._account, cwd=self._folder
            )
            if done.returncode == 0:
                return
            if self._process is not None and patient:
                try:
                    self._process.wait(timeout=0.1)
                except subprocess.TimeoutExpired:
                    continue
            break
        log = self._folder / "server.log"
        raise RuntimeError(f"{program}: {done.stdout}{done.stderr}{log.read_text() if log.exists() else ''}")


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A fresh server, gone with its folder afterwards. Skips the test where PostgreSQL is not installed."""
    binaries = find_postgres_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server programs (initdb, postgres) are not installed")
    # Not pytest's folder: its parents are closed to the other account, and a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="homeport-pg-") as name:
        folder = Path(name)
        account = _account_for_the_server()
        if account is not None:
            shutil.chown(folder, account)
        server = PostgresServer(binaries, folder, account)
        server.initialise()
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _account_for_the_server() -> str | None:
    # PostgreSQL refuses to run as root.
    if os.name != "posix" or os.geteuid() != 0:
        return None
    accounts = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in accounts else "nobody"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
