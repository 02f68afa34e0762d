"""What a listener bears with, for the whole and for one connection. Figures only."""

from __future__ import annotations

import sys
from dataclasses import dataclass

HEAD_BYTES = 64 * 1024
"""A request's target and header fields may be so large."""

HEAD_SECONDS = 20.0
"""How long a connection may take for it: from its first byte, of the first one from the opening of the connection."""

MOST_CONNECTIONS = 400
"""Of one listener, where the system gives a process enough descriptors."""

BACKLOG = 128
"""So many connections at once wait to be accepted: what is accepted in one go must not use up the descriptors."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one listener bears with. Seconds, and connections that are open at the same time."""

    keep_alive_seconds: float
    head_seconds: float
    most_connections: int


def most_by_descriptors() -> int:
    """MOST_CONNECTIONS, or fewer, so that two listeners leave a fifth of this process's descriptors to the rest."""
    if sys.platform == "win32":
        return MOST_CONNECTIONS
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(1, min(MOST_CONNECTIONS, soft * 2 // 5))
