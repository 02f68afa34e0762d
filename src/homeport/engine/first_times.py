"""When each step of a first use was first seen: a fact that stays, in the table `state`. It hears events and decides
nothing; what a step means is in `checklist`.

A host tells nobody that a widget's page runs in it. A page is taken for started once a tool is called that a widget's
page may call, after a page was fetched: with the development address and with tools that only pages see that is
certain, with others the model may have been the caller.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping

from homeport.apps.app import OWN_TOOL, App
from homeport.apps.tools import ToolDefinition
from homeport.clock import Clock
from homeport.engine import facts
from homeport.events import (
    ApprovalDecided,
    ApprovalRequested,
    Discovered,
    EngineStateChanged,
    Event,
    EventBus,
    GrantCreated,
    PastedWithoutPath,
    PublicUrlChanged,
    ToolCalled,
    WidgetShown,
)
from homeport.mcp_server.callers import PREVIEW_CLIENT, Caller
from homeport.store import Database, Transaction

RUNNING, TUNNEL, DISCOVERY, SIGN_IN, TOOL_CALL = "running", "tunnel", "discovery", "sign-in", "tool-call"
WIDGET = {"called": "widget-called", "fetched": "widget-fetched", "started": "widget-started"}
STEPS = (RUNNING, TUNNEL, DISCOVERY, SIGN_IN, TOOL_CALL, *WIDGET.values())

FACT = "checklist"

logger = logging.getLogger(__name__)


class FirstTimes:
    """One per engine. `apps` are those that are served now."""

    def __init__(
        self, database: Database, events: EventBus, apps: Callable[[], Iterable[App]], *, clock: Clock
    ) -> None:
        self._database = database
        self._events = events
        self._apps = apps
        self._clock = clock
        self._seen: dict[str, int] = {}
        self._writing: set[asyncio.Task[None]] = set()
        self.last_call: ToolCalled | None = None
        """The newest call by a client that signed in."""
        self.denied = False
        """Whether the owner denied the last request for access, and no other came since."""
        self.path_missed = False
        """Whether a client was given our address without the connector's path, and not the right one since."""

    async def load(self) -> None:
        """What earlier runs have seen."""
        kept = await self._database.transaction(_read)
        self._seen = {**self._seen, **kept}

    @property
    def seen(self) -> Mapping[str, int]:
        """Each step that was seen, with the first time, in epoch seconds."""
        return self._seen

    def heard(self, event: Event) -> None:
        """Subscribe this to the event bus."""
        match event:
            case EngineStateChanged(state="online"):
                self._note(RUNNING)
            case PublicUrlChanged(new=str()):
                self._note(TUNNEL)
            case ApprovalRequested():
                self.denied = False
            case ApprovalDecided(outcome=outcome):
                self.denied = outcome == "denied"
            case PastedWithoutPath():
                self.path_missed = True
            case Discovered():
                self.path_missed = False
                self._note(DISCOVERY)
            case GrantCreated():
                self._note(SIGN_IN)
            case WidgetShown(stage=stage) if stage in WIDGET:
                self._note(WIDGET[stage])
            case ToolCalled():
                self._called(event)

    def fetched(self, widget: str, caller: Caller) -> None:
        """Somebody has read the page of a widget."""
        if caller.grant_id and caller.client_id != PREVIEW_CLIENT:
            self._show(widget, "fetched")

    async def close(self) -> None:
        if self._writing:
            await asyncio.wait(self._writing)

    def _called(self, call: ToolCalled) -> None:
        if not call.grant_id or call.client_id == PREVIEW_CLIENT:
            return
        if call.tool == OWN_TOOL:
            # Only the document at a development address calls it.
            self._show("", "started")
            return
        self.last_call = call
        if call.outcome != "ok":
            return
        self._note(TOOL_CALL)
        tool = self._find(call.tool)
        if tool is not None and tool.widget is not None:
            self._show(tool.widget.name, "called")
        elif tool is not None and tool.access in ("app", "model+app") and WIDGET["fetched"] in self._seen:
            self._show("", "started")

    def _find(self, name: str) -> ToolDefinition | None:
        return next((tool for app in self._apps() if (tool := app.find(name)) is not None), None)

    def _show(self, widget: str, stage: str) -> None:
        if WIDGET[stage] not in self._seen:
            self._events.publish(WidgetShown(at=self._clock(), widget=widget, stage=stage))

    def _note(self, step: str) -> None:
        if step in self._seen:
            return
        self._seen[step] = int(self._clock())
        task = asyncio.get_running_loop().create_task(self._write(), name="first times")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self) -> None:
        seen = dict(self._seen)

        def work(tx: Transaction) -> None:
            # Another replica, or an earlier run, may know of an earlier time.
            merged = {**seen, **_read(tx)}
            facts.write(tx, FACT, json.dumps(merged))

        try:
            await self._database.transaction(work)
        except Exception:
            logger.warning("What was seen for the first time could not be written down", exc_info=True)


def _read(tx: Transaction) -> dict[str, int]:
    known = json.loads(facts.read(tx, FACT) or "{}")
    return {step: int(at) for step, at in known.items() if step in STEPS}
