"""How log lines look: for a person, or as JSON for a collector. One record is one line, whatever is in it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
import time
from typing import Any, Literal, TextIO

from homeport.foreign_text import clean
from homeport.settings.as_typed import as_typed

SECONDS_TOGETHER = 0.1
"""How long a line may wait for others; a process that is killed loses what waits."""


def escaped(text: str) -> str:
    """What acts on a screen, or hides there, as it is written in Python source: line ends, control, bidi and zero-width
    characters. What `foreign_text.clean` takes out is kept visible here: a log is evidence.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c == " " or clean(c) == c else c.encode("unicode_escape").decode() for c in text)


class TextFormatter(logging.Formatter):
    """`14:02:11 WARNING homeport.store: ...`, with a traceback below it where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        line = f"{clock} {record.levelname} {record.name}: {escaped(as_typed(record.getMessage()))}"
        if not record.exc_info:
            return line
        below = self.formatException(record.exc_info).split("\n")
        # Indented: an exception's message may hold line ends, and must not begin what looks like a record.
        return "\n".join((line, *(f"    {escaped(each)}" for each in below)))


class JsonFormatter(logging.Formatter):
    """One JSON object a line; `fields` given as `extra={"fields": {...}}` become members of their own."""

    def format(self, record: logging.LogRecord) -> str:
        content: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        content |= getattr(record, "fields", {})
        if record.exc_info:
            content["exception"] = self.formatException(record.exc_info)
        return json.dumps(content, default=str)


class LinesTogether(logging.StreamHandler[TextIO]):
    """Writes lines in groups, a tenth of a second apart; a warning, and what a thread says, goes out at once.

    A server writes a line or two for each request: one by one they would cost more time than the answer.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.append(self.format(record))
        except Exception:
            self.handleError(record)
            return
        if record.levelno >= logging.WARNING:
            self.flush()
        elif len(self._lines) == 1:
            try:
                asyncio.get_running_loop().call_later(SECONDS_TOGETHER, self.flush)
            except RuntimeError:  # not in the event loop
                self.flush()

    def flush(self) -> None:
        with self.lock or contextlib.nullcontext():
            lines, self._lines = self._lines, []
            if lines:
                self.stream.write("\n".join([*lines, ""]))
            super().flush()


def set_up_logging(log_format: Literal["text", "json"], *, level: int) -> None:
    """Send our own records of `level` and all warnings to standard error."""
    handler = LinesTogether(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("homeport").setLevel(level)
