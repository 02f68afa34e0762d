"""Two network namespaces with one wire between them: this computer and the internet, whose wire can really be cut.

Nothing in them reaches any other network. Linux only, and only for root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

HERE_ADDRESS = "198.51.100.1"
THERE_ADDRESS = "198.51.100.2"
SIDES = ("here", "there")
"""Which end of the wire goes down. Here, this computer sees that it has no network; there, packets just vanish."""


class Wire:
    """Use it through `wire`."""

    def __init__(self, name: str) -> None:
        self._names = {"here": f"{name}h", "there": f"{name}t"}

    def inside(self, side: str, command: Sequence[str]) -> list[str]:
        """What runs this command in the namespace of that side."""
        return ["ip", "netns", "exec", self._names[side], *command]

    def cut(self, side: str) -> None:
        self._set(side, "down")

    def mend(self, side: str) -> None:
        self._set(side, "up")
        if side == "here":  # the system forgot its routes
            self._route()

    def lay(self) -> None:
        here, there = self._names.values()
        for name in (here, there):
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        _ip("link", "add", "name", here, "netns", here, "type", "veth", "peer", "name", there, "netns", there)
        for side, address in (("here", HERE_ADDRESS), ("there", THERE_ADDRESS)):
            _ip("-n", self._names[side], "address", "add", f"{address}/30", "dev", self._names[side])
            self._set(side, "up")
        self._route()

    def remove(self) -> None:
        for name in self._names.values():
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)

    def _route(self) -> None:
        _ip("-n", self._names["here"], "route", "replace", "default", "via", THERE_ADDRESS)

    def _set(self, side: str, state: str) -> None:
        _ip("-n", self._names[side], "link", "set", self._names[side], state)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


@contextmanager
def wire() -> Iterator[Wire]:
    laid = Wire(f"hp{os.getpid()}")
    try:
        laid.lay()
        yield laid
    finally:
        laid.remove()


def can_cut() -> bool:
    """Whether this system lets us make namespaces."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        return False
    name = f"hp{os.getpid()}x"
    made = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True).returncode == 0
    if made:
        subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)
    return made
