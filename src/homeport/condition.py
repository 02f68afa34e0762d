"""How Homeport is, as one light and a few words: tray and dashboard show the same. The tray needs it before all else:
nothing heavy is loaded here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from homeport.foreign_text import clean

STOPPED, STARTING, ONLINE, ATTENTION, ERROR = "stopped", "starting", "online", "attention", "error"
"""The lights."""

HOST_CHARACTERS = 72

ENGINE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "loading": (STARTING, "Starting…"),
        "stopped": (STOPPED, "Stopped: ChatGPT gets no answer"),
        "starting": (STARTING, "Starting…"),
        "online": (ONLINE, "Online"),
        "stopping": (STARTING, "Stopping…"),
        "error": (ERROR, "Homeport could not start"),
    }
)
"""The Engine's states, and the one before there is an Engine."""

TUNNEL: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "off": (ONLINE, "Online on this computer only"),
        "up": (ONLINE, "Online"),
        "starting": (STARTING, "Opening the tunnel…"),
        "downloading": (STARTING, "Downloading the tunnel's program…"),
        "reconnecting": (STARTING, "Reconnecting the tunnel…"),
        "needs-token": (ATTENTION, "Online on this computer only"),
        "down": (ATTENTION, "The tunnel is down: ChatGPT gets no answer"),
        "error": (ERROR, "The tunnel failed: ChatGPT gets no answer"),
    }
)
"""The tunnel's states while the Engine is online."""


def condition(engine: str, tunnel: str, host: str, *, app_problem: str, paused: bool) -> tuple[str, str]:
    """The light and the words. `host` is that of the public URL, empty where there is none; what is not known is an
    error."""
    light, words = ENGINE.get(engine, ENGINE["error"])
    if engine != "online":
        return light, words
    # A URL of one's own leads here without a tunnel that Homeport runs.
    light, words = TUNNEL.get("up" if tunnel == "off" and host else tunnel, TUNNEL["error"])
    if light != ONLINE and tunnel != "needs-token":
        # Whatever else is the matter, nobody gets so far.
        return light, words
    if app_problem:
        return ATTENTION, "Online, but the app was not loaded"
    if paused:
        # Who paused knows it: this alone is no call for attention, and yet nothing is answered.
        return STOPPED if light == ONLINE else light, "Tools are paused"
    return light, f"Online at {clean(host, HOST_CHARACTERS)}" if host and light == ONLINE else words
