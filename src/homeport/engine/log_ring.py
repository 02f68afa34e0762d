"""The last lines of this process's log, in memory, for the dashboard. What secrets must not be in, they are not in here
either: a line is what the log says, made safe to show.
"""

from __future__ import annotations

import logging
from collections import deque

from homeport.engine.protocol import LogLine
from homeport.foreign_text import clean
from homeport.settings.as_typed import as_typed

MOST_LINES = 500
LONGEST_LINE = 2_000
ACCESS = "homeport.access"
OWN_QUESTIONS = "/api/"


class LogRing(logging.Handler):
    """Keeps each record that reaches the root logger, but for the dashboard's own questions: an open page would push
    out everything else with them. May be called from any thread.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[LogLine] = deque(maxlen=MOST_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if record.name == ACCESS and _path_of(record).startswith(OWN_QUESTIONS):
                return
            text = f"{record.name}: {as_typed(record.getMessage())}"
            if record.exc_info and record.exc_info[0] is not None:
                text = f"{text} ({record.exc_info[0].__name__}: {record.exc_info[1]})"
            self._lines.append(LogLine(record.created, record.levelname.lower(), clean(text, LONGEST_LINE)))
        except Exception:
            self.handleError(record)

    def last(self, limit: int) -> list[LogLine]:
        """The oldest of them first."""
        lines = list(self._lines)
        return lines[-limit:]


def _path_of(record: logging.LogRecord) -> str:
    fields = getattr(record, "fields", None)
    return str(fields.get("path", "")) if isinstance(fields, dict) else ""
