"""When each step of a first use was first seen: a fact that stays, in the table `state`. It hears events and decides
nothing; what a step means is in `checklist`. What a client knows of us is seen at one address and counts there only.

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
PLACES = "places"
"""Beside the steps in the fact: where and when those were seen that count at one address only."""
MOST_PLACES = 8
"""Addresses that are remembered for a step: a tunnel may bring another one with each start."""
FROM_A_PAGE = ("app", "model+app")
"""Who may call a tool that a widget's page can use."""

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
        self._places: dict[str, dict[str, int]] = {}
        """Step, then origin: when it was first seen there."""
        self._writing: set[asyncio.Task[None]] = set()
        self.last_call: ToolCalled | None = None
        """The newest call by a client that signed in."""
        self.denied = False
        """Whether the owner denied the last request for access, and no other came since."""
        self.path_missed = False
        """Whether a client was given our address without the connector's path, and not the right one since."""

    async def load(self) -> None:
        """What earlier runs have seen."""
        kept, places = await self._database.transaction(_read)
        self._seen = {**self._seen, **kept}
        self._places = _merged(self._places, places)

    def seen_at(self, origin: str) -> Mapping[str, int]:
        """Each step that was seen, with the first time, in epoch seconds. Empty: wherever it was.

        What was seen at other addresses alone is not among them; of what earlier versions saw no address is known.
        """
        seen = dict(self._seen)
        for step, places in self._places.items() if origin else ():
            if origin in places:
                seen[step] = places[origin]
            elif places:
                seen.pop(step, None)
        return seen

    def moved_to(self, origin: str) -> bool:
        """Whether clients know other public addresses of ours, and not this one."""
        places = self._places.get(DISCOVERY, {})
        return bool(origin) and origin not in places and any(place.startswith("https://") for place in places)

    @property
    def can_start(self) -> bool:
        """Whether anything that is served could ever show that a widget's page runs."""
        return any(_tells_of_a_page(tool) for app in self._apps() for tool in app.tools.values())

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
            case Discovered(origin=origin):
                self.path_missed = False
                self._note(DISCOVERY, origin)
            case GrantCreated(issuer=issuer):
                self._note(SIGN_IN, issuer)
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
        elif tool is not None and _tells_of_a_page(tool) and WIDGET["fetched"] in self._seen:
            self._show("", "started")

    def _find(self, name: str) -> ToolDefinition | None:
        return next((tool for app in self._apps() if (tool := app.find(name)) is not None), None)

    def _show(self, widget: str, stage: str) -> None:
        if WIDGET[stage] not in self._seen:
            self._events.publish(WidgetShown(at=self._clock(), widget=widget, stage=stage))

    def _note(self, step: str, origin: str = "") -> None:
        places = self._places.get(step, {})
        if step in self._seen and (not origin or origin in places):
            return
        now = int(self._clock())
        self._seen.setdefault(step, now)
        if origin:
            self._places = _merged(self._places, {step: {origin: now}})
        task = asyncio.get_running_loop().create_task(self._write(), name="first times")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self) -> None:
        seen, places = dict(self._seen), self._places

        def work(tx: Transaction) -> None:
            # Another replica, or an earlier run, may know of an earlier time.
            kept, kept_places = _read(tx)
            merged = {**seen, **kept, PLACES: _merged(places, kept_places)}
            facts.write(tx, FACT, json.dumps(merged))

        try:
            await self._database.transaction(work)
        except Exception:
            logger.warning("What was seen for the first time could not be written down", exc_info=True)


def _tells_of_a_page(tool: ToolDefinition) -> bool:
    """Whether a call of it says that a page runs: not where it shows a widget itself."""
    return tool.access in FROM_A_PAGE and tool.widget is None


def _merged(ours: Mapping[str, Mapping[str, int]], known: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Both, with the newest addresses of each step; `known` holds where both know one."""
    merged: dict[str, dict[str, int]] = {}
    for step in {**ours, **known}:
        places = {**ours.get(step, {}), **known.get(step, {})}
        newest = sorted(places.items(), key=lambda place: place[1])[-MOST_PLACES:]
        merged[step] = dict(newest)
    return merged


def _read(tx: Transaction) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    known = json.loads(facts.read(tx, FACT) or "{}")
    places = {
        step: {str(origin): int(at) for origin, at in seen.items()}
        for step, seen in known.get(PLACES, {}).items()
        if step in STEPS
    }
    return {step: int(at) for step, at in known.items() if step in STEPS}, places
