"""Who listens in this process, and what may be said. Must not know how other replicas are reached."""

from __future__ import annotations

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)

MISSED = ""
"""The payload that says: notifications may have been lost, forget what you remember."""

PAYLOAD_LIMIT = 7_000
"""Bytes. PostgreSQL takes 8,000 with our envelope around it."""

Callback = Callable[[str], None]
Notice = tuple[str, str]
"""Channel and payload."""


def checked_notice(channel: str, payload: str) -> Notice:
    """What may be told to others; raises ValueError for a payload that is empty or over the limit."""
    if not channel or " " in channel:
        raise ValueError("a channel is one word")
    if payload == MISSED:
        raise ValueError("a notification needs a payload: the empty one means that some were missed")
    if len(payload.encode()) > PAYLOAD_LIMIT:
        raise ValueError(f"a notification holds {PAYLOAD_LIMIT} bytes at most: send an id, not the thing")
    return channel, payload


class Listeners:
    """The callbacks of this process by channel. Used in the event loop only."""

    def __init__(self) -> None:
        self._callbacks: dict[str, list[Callback]] = {}

    def add(self, channel: str, callback: Callback) -> Callable[[], None]:
        callbacks = self._callbacks.setdefault(channel, [])
        callbacks.append(callback)

        def unlisten() -> None:
            if callback in callbacks:
                callbacks.remove(callback)

        return unlisten

    def deliver(self, channel: str, payload: str) -> None:
        """Call everyone on the channel; one that fails is logged and hurts nobody else."""
        for callback in tuple(self._callbacks.get(channel, ())):
            try:
                callback(payload)
            except Exception:
                logger.exception("A listener on %s failed", channel)

    def deliver_missed(self) -> None:
        for channel in tuple(self._callbacks):
            self.deliver(channel, MISSED)
