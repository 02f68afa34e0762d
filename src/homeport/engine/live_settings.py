"""The settings that count at once: rules of tools and the life of access tokens, read again when their file changes.

Looked at when a tool is called, once a second at most, so that nothing runs while nobody asks. A file with an error
changes nothing: the last good settings stay, and the error is a warning in the status.
"""

from __future__ import annotations

import difflib
import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from homeport.apps.tools import Effect
from homeport.errors import SettingsError
from homeport.mcp_server.rules import Verdict, rule_from
from homeport.settings import LoadedSettings

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 1.0


class LiveSettings:
    """One per engine. `changed` hears of new settings; `timer` counts seconds from any start."""

    def __init__(
        self,
        loaded: LoadedSettings,
        changed: Callable[[LoadedSettings], None],
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.loaded = loaded
        self.problem = ""
        self._changed = changed
        self._timer = timer
        self._next_look = timer() + SECONDS_BETWEEN_LOOKS
        self._rule = rule_from(loaded.settings.rules)
        self._stamps = self._read_stamps()

    def rule(self, tool: str, effect: Effect) -> Verdict:
        """The owner's rule for a tool as it is now."""
        if self._timer() >= self._next_look:
            self.look()
        return self._rule(tool, effect)

    def current(self) -> LoadedSettings:
        """The settings as they are now."""
        if self._timer() >= self._next_look:
            self.look()
        return self.loaded

    def look(self) -> None:
        """Read the settings again if a file of theirs changed."""
        self._next_look = self._timer() + SECONDS_BETWEEN_LOOKS
        stamps = self._read_stamps()
        if stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            self.loaded = self.loaded.read_again()
        except SettingsError as error:
            self.problem = f"{error} The settings from before stay in force."
            logger.warning("%s", self.problem)
            return
        self.problem = ""
        self._rule = rule_from(self.loaded.settings.rules)
        self._changed(self.loaded)

    def idle_rules(self, tools: Iterable[str]) -> list[str]:
        """Rules that name no tool, as sentences for a person: a slip of the pen leaves the tool meant as it was."""
        names = list(tools)
        sentences = []
        for rule in self.loaded.settings.rules:
            if rule not in names:
                near = difflib.get_close_matches(rule, names, n=1)
                meant = f" Do you mean {near[0]!r}?" if near else ""
                sentences.append(f"The rule for {rule!r} applies to no tool.{meant}")
        return sentences

    def _read_stamps(self) -> tuple[tuple[int, ...] | None, ...]:
        return tuple(_stamp_of(file) for file in self.loaded.files)


def _stamp_of(file: Path) -> tuple[int, ...] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    # The inode too: "allow" and "block" are of one length, and some file systems count time in whole seconds.
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
