"""Writes events down in batches. `record` only appends to a list: what happens in the database later is nobody's
delay and nobody's error."""

from __future__ import annotations

import asyncio
import logging

from homeport.activity import tables
from homeport.activity.tables import Entry
from homeport.clock import Clock, Randomness, system_clock, system_randomness
from homeport.errors import StoreError
from homeport.events import (
    AppFailed,
    ApprovalDecided,
    CallDecided,
    Event,
    GrantCreated,
    GrantRevoked,
    PublicUrlChanged,
    ToolCalled,
)
from homeport.store import Database, Transaction

logger = logging.getLogger(__name__)

KEPT = (ToolCalled, CallDecided, ApprovalDecided, GrantCreated, GrantRevoked, PublicUrlChanged, AppFailed)
"""The events worth keeping; the others are for who watches."""

FLUSH_SECONDS = 1.0
FLUSH_ROWS = 200
MOST_WAITING = 10_000
"""Events that wait for a database that does not answer; later ones are counted and dropped."""

KEEP_ROWS = 10_000
"""Rows of each kind."""
KEEP_SECONDS = 30 * 86_400
ROWS_BETWEEN_TRIMS = 500

DETAIL_LIMIT = 2_000
"""Characters of a detail that are stored."""


class ActivityLog:
    """The stored activity of one database. Subscribe `record` to the event bus; `close` writes what still waits."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock = system_clock,
        randomness: Randomness = system_randomness,
        flush_seconds: float = FLUSH_SECONDS,
        keep_rows: int = KEEP_ROWS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._randomness = randomness
        self._flush_seconds = flush_seconds
        self._keep_rows = keep_rows
        self._waiting: list[Event] = []
        self._last = 0
        """The moment in the id of the newest entry, in microseconds."""
        self._dropped = 0
        self._untrimmed = ROWS_BETWEEN_TRIMS  # so that the first flush of a run trims what became old while it was off
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None

    def record(self, event: Event) -> None:
        """Keep `event`, soon. Call it in the event loop; it neither waits nor raises."""
        if not isinstance(event, KEPT):
            return
        if len(self._waiting) >= MOST_WAITING:
            self._dropped += 1
            return
        self._waiting.append(event)
        if len(self._waiting) == FLUSH_ROWS:
            self._begin_flush()
        elif self._timer is None and self._flushing is None:
            self._timer = asyncio.get_running_loop().call_later(self._flush_seconds, self._begin_flush)

    async def recent(self, limit: int) -> list[Entry]:
        """The newest entries first, those included that were not written yet. Raises StoreError."""
        await self.flush()
        return await self._database.transaction(lambda tx: tables.latest(tx, limit))

    async def flush(self) -> None:
        """Write what waits. A database that fails is logged; the events are tried again with the next ones."""
        while self._flushing is not None:
            await asyncio.wait({self._flushing})
        self._begin_flush()
        if self._flushing is not None:
            await asyncio.wait({self._flushing})

    async def close(self) -> None:
        await self.flush()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin_flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._flushing is None and self._waiting:
            self._flushing = asyncio.get_running_loop().create_task(self._flush(), name="activity")

    async def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        try:
            await self._write([self._entry(event) for event in batch])
        except StoreError as error:
            logger.warning("Activity could not be stored, it is tried again: %s", error)
            self._waiting = [*batch, *self._waiting][:MOST_WAITING]
            self._untrimmed = ROWS_BETWEEN_TRIMS
        except Exception:
            logger.exception("%d activity entries are lost", len(batch))
        finally:
            self._flushing = None
            if self._waiting and self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(self._flush_seconds, self._begin_flush)

    async def _write(self, entries: list[Entry]) -> None:
        if self._dropped:
            logger.warning("%d activity entries were dropped: the database did not keep up", self._dropped)
            self._dropped = 0
        self._untrimmed += len(entries)
        trims = self._untrimmed >= ROWS_BETWEEN_TRIMS
        since = int(self._clock()) - KEEP_SECONDS

        def work(tx: Transaction) -> None:
            tables.insert(tx, entries)
            if trims:
                tables.trim(tx, newest=self._keep_rows, since=since)

        await self._database.transaction(work)
        if trims:
            self._untrimmed = 0

    def _entry(self, event: Event) -> Entry:
        # Fixed length and hexadecimal: the order of the text is the order of time, in every collation. Of two events at
        # one moment the later one comes later.
        self._last = max(int(event.at * 1_000_000), self._last + 1)
        activity_id = f"{self._last:016x}{self._randomness(4).hex()}"
        at = int(event.at)
        match event:
            case ToolCalled():
                return Entry(
                    activity_id,
                    at,
                    "tool_called",
                    event.arguments[:DETAIL_LIMIT],
                    grant_id=event.grant_id,
                    client_id=event.client_id,
                    person_id=event.person_id,
                    tool=event.tool,
                    http=event.http,
                    rpc=event.rpc,
                    outcome=event.outcome,
                    microseconds=round(event.milliseconds * 1000),
                )
            case CallDecided():
                detail = f"question {event.number}"
                return Entry(activity_id, at, "call_decided", detail, tool=event.tool, outcome=event.outcome)
            case ApprovalDecided():
                detail = f"{event.kind} of {event.client}" + (f" as {event.person}" if event.person else "")
                return Entry(activity_id, at, "approval_decided", detail, outcome=event.outcome)
            case GrantCreated():
                return Entry(
                    activity_id, at, "grant_created", f"{event.client} for {event.person}", grant_id=event.grant_id
                )
            case GrantRevoked():
                return Entry(activity_id, at, "grant_revoked", event.reason, grant_id=event.grant_id)
            case PublicUrlChanged():
                return Entry(activity_id, at, "public_url_changed", event.new or "none")
            case AppFailed():
                return Entry(activity_id, at, "app_failed", f"{event.app}: {event.message}"[:DETAIL_LIMIT])
            case _:
                raise TypeError(f"{type(event).__name__} is not kept")
