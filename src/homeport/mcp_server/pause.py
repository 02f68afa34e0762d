"""Whether the owner has paused the tools. Only calls ask; sign-in, refresh, discovery and lists go on."""

from __future__ import annotations


class Pause:
    """One per engine, shared by its apps. `computer` is how the owner calls this computer."""

    def __init__(self, *, computer: str, paused: bool = False) -> None:
        self._computer = computer
        self.paused = paused

    def heard(self, paused: str) -> None:
        """Some replica changed it: "yes" or "no". Anything else says nothing."""
        if paused in ("yes", "no"):
            self.paused = paused == "yes"

    def words(self) -> str:
        """What a model is told of a call while the tools are paused."""
        return (
            f"Homeport is paused on {self._computer}. Nothing was done. "
            "Its owner can let the tools run again there; then call again."
        )
