"""How a page of this computer is opened by somebody who is here over SSH: their own browser is somewhere else."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from homeport.settings.as_typed import command_prefix


def how_to_open(dashboard: str, environ: Mapping[str, str], *, again: str) -> str:
    """What stands above an address below `dashboard` that works once; the command `again` makes a new one."""
    forward = _forward(dashboard, environ)
    if not forward:
        return "Open this within a minute, in a browser on this computer; it works once:"
    return (
        f"You are here over SSH. Run this on the computer you sit at, and leave it open:\n\n  {forward}\n\n"
        "Then open the address below in the browser there, within a minute; it works once. Another one: "
        f"{command_prefix()} {again}"
    )


def _forward(dashboard: str, environ: Mapping[str, str]) -> str:
    """The `ssh -L` that leads to the dashboard, by the address at which this computer was reached; empty without SSH.

    The port is the same at both ends: the dashboard answers to its own address only.
    """
    # OpenSSH, ssh(1): client address, client port, server address, server port.
    parts = environ.get("SSH_CONNECTION", "").split()
    if len(parts) != 4:
        return ""
    _, _, server, ssh_port = parts
    port = urlsplit(dashboard).port
    at = "" if ssh_port == "22" else f"-p {ssh_port} "
    return f"ssh {at}-L {port}:127.0.0.1:{port} {_user()}@{server}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return str(os.getuid()) if hasattr(os, "getuid") else "USER"
