"""macOS for pystray, where there is none: AppKit and Foundation answer everything, and note who called from where."""

from __future__ import annotations

import importlib
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

LOOP_SECONDS = 20.0


class Cocoa:
    """An object, a class or a method of AppKit or Foundation: each has whatever is asked of it."""

    def __init__(self, mac: Mac, name: str, owner: Cocoa | None = None) -> None:
        self._mac = mac
        self._name = name
        self._owner = owner

    def __getattr__(self, name: str) -> Cocoa:
        if name.startswith("__"):
            raise AttributeError(name)
        return Cocoa(self._mac, name, self)

    def __call__(self, *arguments: object) -> object:
        return self._mac.called(self._owner, self._name, arguments)


class Delegate:
    """NSObject, as pystray inherits it."""

    @classmethod
    def alloc(cls) -> Any:
        return cls()

    def init(self) -> Any:
        return self


class Mac:
    """One Mac with an event loop. `trespasses`: what was called outside its thread, for which macOS ends a process.

    `held` are the activities that keep App Nap away now, `begun` counts those there ever were.
    """

    def __init__(self) -> None:
        self.trespasses: list[str] = []
        self.calls: list[tuple[Cocoa | None, str, tuple[object, ...]]] = []
        self.held: list[object] = []
        self.begun = 0
        self._thread = threading.get_ident()
        self._work: queue.Queue[Callable[[], None]] = queue.Queue()
        self._ended = False

    @property
    def names(self) -> list[str]:
        """What was called."""
        return [name for _, name, _ in self.calls]

    def call_after(self, work: Callable[[], None]) -> None:
        """PyObjCTools.AppHelper.callAfter: have it done in the loop's thread, soon."""
        self._work.put(work)

    def settle(self) -> None:
        """Wait until the loop has done all that it was given."""
        done = threading.Event()
        self.call_after(done.set)
        assert done.wait(LOOP_SECONDS)

    def called(self, owner: Cocoa | None, name: str, arguments: tuple[object, ...]) -> object:
        if threading.get_ident() != self._thread:
            self.trespasses.append(name)
        self.calls.append((owner, name, arguments))
        made = Cocoa(self, name)
        match name:
            case "thickness":
                return 22
            case "run":
                while not self._ended:
                    self._work.get(timeout=LOOP_SECONDS)()
            case "stop_":
                self._ended = True
            case "postEvent_atStart_":
                # NSApplication looks whether it was stopped after an event, and not before.
                self.call_after(lambda: None)
            case "beginActivityWithOptions_reason_":
                self.begun += 1
                self.held.append(made)
            case "endActivity_":
                self.held.remove(arguments[0])
        return made


@contextmanager
def a_mac(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mac]:
    """For as long as the block runs, PystrayTray is on a Mac whose main thread is this one, with pystray's own icon."""
    mac = Mac()
    foundation = Cocoa(mac, "Foundation")
    vars(foundation)["NSObject"] = Delegate
    tools = {"AppHelper": SimpleNamespace(callAfter=mac.call_after), "MachSignals": Cocoa(mac, "MachSignals")}
    modules = {
        "AppKit": Cocoa(mac, "AppKit"),
        "Foundation": foundation,
        "objc": SimpleNamespace(namedSelector=lambda name: lambda method: method),
        "PyObjCTools": SimpleNamespace(**tools),
        **{f"PyObjCTools.{name}": module for name, module in tools.items()},
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("homeport.desktop.pystray_tray.sys", SimpleNamespace(platform="darwin"))
    monkeypatch.setenv("PYSTRAY_BACKEND", "dummy")
    pystray = importlib.import_module("pystray")
    monkeypatch.setattr(pystray, "Icon", importlib.import_module("pystray._darwin").Icon)
    try:
        yield mac
    finally:
        # It holds this Mac, and another test has its own.
        del sys.modules["pystray._darwin"]
