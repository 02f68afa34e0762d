"""Addresses and ports: sockets that are bound to them, and who else holds one. Knows no HTTP."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from pathlib import Path

from homeport.errors import PortTaken, SettingsError

LOOPBACK = "127.0.0.1"
LOOPBACK_V6 = "::1"


def bind(host: str, port: int) -> list[socket.socket]:
    """Sockets at `host` and `port` (0: any free one), not yet listening.

    A loopback host means 127.0.0.1 and, where IPv6 exists, [::1] with the same port: the port counts as taken when
    either is (SECURITY, Listeners). Raises PortTaken, which names the holder, or SettingsError for an address or a
    port this computer does not let us use.
    """
    if host not in (LOOPBACK, LOOPBACK_V6, "localhost"):
        return [_bind_one(host, port)]
    for _ in range(20):
        first = _bind_one(LOOPBACK, port)
        if not ipv6_exists():
            return [first]
        chosen = int(first.getsockname()[1])
        try:
            return [first, _bind_one(LOOPBACK_V6, chosen)]
        except PortTaken:
            first.close()
            if port:
                raise
    raise PortTaken("No port is free on both 127.0.0.1 and [::1].", hint="Give one with --port.")


def bind_or_move(host: str, port: int, *, remembered: int = 0) -> list[socket.socket]:
    """As `bind`; a taken port moves to a free one. A port that moved before is `remembered` (0: never) and comes first.

    The caller stores where it went, so that a port moves once and not at every start.
    """
    for candidate in (remembered or port, port):
        with contextlib.suppress(PortTaken):
            return bind(host, candidate)
    return bind(host, 0)


def port_of(sockets: list[socket.socket]) -> int:
    return int(sockets[0].getsockname()[1])


def ipv6_exists() -> bool:
    if not socket.has_ipv6:
        return False
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind((LOOPBACK_V6, 0))
    except OSError:
        return False
    return True


def _bind_one(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICHOST
        )[0]
    except OSError as error:
        raise SettingsError(
            f"The host {host!r} is not an IP address.",
            hint="Use 127.0.0.1 for this computer only, or 0.0.0.0 in a container.",
        ) from error
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":  # there SO_REUSEADDR would let two programs share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        bound.setblocking(False)
        bound.bind(address)
        # Listening claims the port: two binds with SO_REUSEADDR succeed until one of them listens.
        bound.listen(512)
    except OSError as error:
        bound.close()
        raise _explain(error, host, port) from error
    return bound


def _explain(error: OSError, host: str, port: int) -> PortTaken | SettingsError:
    if error.errno in (errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)):
        holder = holder_of(port)
        who = f"{holder} listens there" if holder else "another program listens there"
        return PortTaken(
            f"Port {port} is taken: {who}.", hint="End that program, or give Homeport another port with --port."
        )
    if error.errno == errno.EACCES:
        return SettingsError(f"This user may not listen on port {port}.", hint="Take a port above 1023.")
    return SettingsError(
        f"Homeport cannot listen on {host!r}, port {port}: {os.strerror(error.errno or 0)}.",
        hint="Use 127.0.0.1 for this computer only, or 0.0.0.0 in a container.",
    )


def holder_of(port: int, proc: Path = Path("/proc")) -> str:
    """Which process listens on `port`, as "name (process 123)"; empty where the system does not tell."""
    tables = (proc / "net" / "tcp", proc / "net" / "tcp6")
    inodes = {f"socket:[{inode}]" for table in tables for inode in _listening_inodes(table, port)}
    if not inodes:
        return ""
    for folder in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # processes end, and those of other users are closed to us
            if any(os.readlink(descriptor) in inodes for descriptor in (folder / "fd").iterdir()):
                name = (folder / "comm").read_text(errors="replace").strip()
                return f"{name} (process {folder.name})"
    return ""


def _listening_inodes(table: Path, port: int) -> list[str]:
    try:
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return []
    listening, suffix = "0A", f":{port:04X}"
    return [row[9] for row in rows if len(row) > 9 and row[3] == listening and row[1].endswith(suffix)]
