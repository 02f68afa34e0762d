"""The seam between Homeport and a tray: whatever shows the icon has a thread of its own, and this is all it must do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from homeport.desktop.view import Choice, View

Chosen = Callable[[Choice], None]


class Tray(Protocol):
    """An icon with a menu. Every method may be called from any thread, also before the icon shows or after its end."""

    def show(self, view: View) -> None:
        """Show this from now on."""
        ...

    def listen(self, chosen: Chosen) -> None:
        """Call `chosen`, in the tray's thread, for what is clicked; what was clicked before comes first."""
        ...

    async def appears(self, seconds: float) -> bool:
        """Whether there is a place that shows the icon, which is given this long to appear."""
        ...

    def close(self) -> None:
        """Take the icon away."""
        ...


class MainThreadTray(Tray, Protocol):
    """A tray whose loop wants the main thread."""

    def run(self) -> bool:
        """Show the icon until `close`, or until the session ends. False: it failed. Call it in the main thread."""
        ...

    def ask_to_quit(self) -> None:
        """As if Quit was chosen in the menu."""
        ...


class Choices:
    """Keeps what was clicked until somebody listens: the icon is there before the Engine is."""

    MOST_KEPT = 8

    def __init__(self) -> None:
        self._kept: list[Choice] = []
        self._listener: Chosen | None = None

    def chosen(self, choice: Choice) -> None:
        if self._listener is not None:
            self._listener(choice)
        elif len(self._kept) < self.MOST_KEPT:
            self._kept.append(choice)

    def listen(self, chosen: Chosen) -> None:
        self._listener = chosen
        kept, self._kept = self._kept, []
        for choice in kept:
            chosen(choice)
