"""How the owner calls this computer."""

from __future__ import annotations

import socket

from homeport.foreign_text import clean


def computer_name() -> str:
    """The host name without its domain."""
    return clean(socket.gethostname().partition(".")[0]) or "this computer"
