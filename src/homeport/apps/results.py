"""What a tool gives back, and what it may ask about the call it serves."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from homeport.foreign_text import clean

T = TypeVar("T")

LogLevel = Literal["debug", "info", "warning", "error"]
ReportProgress = Callable[[float, float | None, str | None], Awaitable[None]]
SendLog = Callable[[LogLevel, str], Awaitable[None]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result(Generic[T]):
    """A tool's result: `data` for model and widget, `text` for a chat without widgets, `meta` for the widget only.

    Without `text` the model reads `data` as JSON.
    """

    data: T
    text: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


async def _nobody_listens_to_progress(done: float, total: float | None, message: str | None) -> None:
    """Most clients do not ask for progress."""


async def _nobody_listens_to_logs(level: LogLevel, message: str) -> None:
    """Most clients do not ask for log messages."""


@dataclass(frozen=True, slots=True)
class Context:
    """The call a tool serves. A tool that names a parameter of this type gets it.

    `client` is the name the client registered with. `locale`, `time_zone` and `user_agent` are hints that the client
    sent with the call: good for formatting, never for deciding who somebody is.
    """

    client: str = ""
    locale: str | None = None
    time_zone: str | None = None
    user_agent: str | None = None
    _report: ReportProgress = field(default=_nobody_listens_to_progress, repr=False)
    _send: SendLog = field(default=_nobody_listens_to_logs, repr=False)

    async def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Tell a client that asked for progress how far the call is; `done` must grow from call to call."""
        await self._report(done, total, message)

    async def log(self, message: str, level: LogLevel = "info") -> None:
        """Tell a client that asked for log messages, and Homeport's own log at debug level."""
        logger.debug("%s", clean(message, limit=500))
        await self._send(level, message)
