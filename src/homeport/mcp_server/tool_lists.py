"""Who has seen which tool list: clients keep one until their user presses Refresh, and Homeport says when it is old.

Nothing here makes a call wait: the database is asked and told beside it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

from homeport.clock import Clock, system_clock
from homeport.events import Event, ToolListOutdated
from homeport.foreign_text import clean
from homeport.mcp_server import tables
from homeport.mcp_server.callers import Caller
from homeport.store import Database

REMEMBERED = 10_000
"""Lists (one for each client and person) that are kept in memory."""

logger = logging.getLogger(__name__)

Key = tuple[str, str]


class ToolLists:
    """The digests of one path's lists. `publish` gets ToolListOutdated, once for each client and list."""

    def __init__(
        self, *, database: Database, path: str, publish: Callable[[Event], None], clock: Clock = system_clock
    ) -> None:
        self._database = database
        self._path = path
        self._publish = publish
        self._clock = clock
        self._seen: OrderedDict[Key, str | None] = OrderedDict()
        self._told: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def fetched(self, caller: Caller, digest: str) -> None:
        """This client has fetched the list `digest` for this person."""
        key = (caller.client_id, caller.person.id)
        if self._seen.get(key) != digest:
            self._remember(key, digest)
            self._begin(self._save(key, digest))

    def used(self, caller: Caller, digest: str) -> None:
        """This client calls a tool while today's list is `digest`."""
        key = (caller.client_id, caller.person.id)
        try:
            seen = self._seen[key]
        except KeyError:
            # First call since the start. Nothing is said about it before the database has answered.
            self._remember(key, None)
            self._begin(self._recall(key, caller, digest))
        else:
            if seen is not None and seen != digest:
                self._tell(caller, digest)

    async def outdated(self, digest: str) -> list[str]:
        """Client ids that last fetched another list than `digest`."""
        return await self._database.transaction(lambda tx: tables.clients_with_other_digest(tx, self._path, digest))

    async def stop(self) -> None:
        """Wait for what is being written."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _save(self, key: Key, digest: str) -> None:
        now = int(self._clock())
        await self._database.transaction(lambda tx: tables.save_digest(tx, self._path, *key, digest, now=now))

    async def _recall(self, key: Key, caller: Caller, digest: str) -> None:
        found = await self._database.transaction(lambda tx: tables.find_digest(tx, self._path, *key))
        if found is not None and self._seen.get(key) is None:
            self._remember(key, found)
            if found != digest:
                self._tell(caller, digest)

    def _tell(self, caller: Caller, digest: str) -> None:
        told = (caller.client_id, digest)
        if told in self._told:
            return
        self._told[told] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        self._publish(ToolListOutdated(self._clock(), caller.client_id, clean(caller.client_name)))

    def _remember(self, key: Key, digest: str | None) -> None:
        self._seen[key] = digest
        self._seen.move_to_end(key)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            logger.warning("The tool list a client fetched could not be noted", exc_info=True)
