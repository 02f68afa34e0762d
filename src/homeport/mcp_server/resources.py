"""The pages of an app's widgets as MCP resources: today's, and those that conversations of other days still show.

What is under an address never changes, so that hosts may keep it; an edit makes another address.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeport.apps.app import App
from homeport.apps.live_widgets import LIVE, live_document, live_uri
from homeport.apps.widgets import DIGITS, AddressedPage, Widget, WidgetMissing, WidgetPages
from homeport.clock import Clock, system_clock
from homeport.errors import WidgetNotBuiltYet
from homeport.mcp_server import widget_tables
from homeport.mcp_server.widget_meta import MIME_TYPE, page_meta
from homeport.mcp_server.widget_tables import ServedPage
from homeport.store import Database

DAY = 24 * 3600.0
PAUSE_SECONDS = 10.0
"""After the database has failed: tools are listed meanwhile, and nobody waits for it once more."""

PAGE_TTL_MS = 24 * 3_600_000
"""How long a client of the modern era may keep a page: as long as it likes."""

_ADDRESS = re.compile(rf"ui://widget/([a-z0-9][a-z0-9_-]{{0,63}})-({LIVE}|[0-9a-f]{{{DIGITS}}})\.html")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Current:
    """What the pages of one app are, until a page or the app is another one."""

    app: App
    version: int
    pages: Mapping[str, ServedPage]
    problems: Sequence[str]


class WidgetResources:
    """The widgets of the app at one path.

    `live`: tools name the development address of a widget. `database` keeps old pages; without one there are none.
    """

    def __init__(
        self,
        *,
        app: Callable[[], App],
        pages: WidgetPages,
        path: str,
        live: bool = False,
        database: Database | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._app = app
        self._pages = pages
        self._path = path
        self._live = live
        self._database = database
        self._clock = clock
        self._last: _Current | None = None
        self._kept: tuple[_Current, float] | None = None
        self._failed = -PAUSE_SECONDS
        self._keeping = asyncio.Lock()
        self.version = 0
        """Another one whenever a page is another one."""
        self._end = pages.subscribe(self._changed)

    def stop(self) -> None:
        """Hear of no more changes."""
        self._end()

    @property
    def problems(self) -> Sequence[str]:
        """Which widgets have no page, for a person."""
        return self._current().problems

    def ttl_ms(self, uri: str) -> int:
        """How long a client may keep what it read there. The development address says what the author says now."""
        return 0 if uri.endswith(f"-{LIVE}.html") else PAGE_TTL_MS

    def addresses(self) -> Mapping[str, str]:
        """The address that a tool gives for a widget, by name; a widget without a page has none."""
        if self._live:
            return {name: live_uri(name) for name in self._app().widgets}
        return {name: _uri(page) for name, page in self._current().pages.items()}

    def newest(self, uri: str) -> str:
        """Where the page that is shown at the development address `uri` is today; any other address as it is."""
        match = _ADDRESS.fullmatch(uri)
        page = self._current().pages.get(match[1]) if match is not None and match[2] == LIVE else None
        return uri if page is None else _uri(page)

    def listed(self) -> list[dict[str, Any]]:
        """The resources of resources/list."""
        widgets, addresses = self._app().widgets, self.addresses()
        return [_described(widgets[name], uri) for name, uri in addresses.items()]

    async def read(self, uri: str) -> dict[str, Any] | None:
        """The contents of resources/read, or None: nothing is, or was, under this address."""
        match = _ADDRESS.fullmatch(uri)
        if match is None:
            return None
        name, digest = match[1], match[2]
        page = self._current().pages.get(name)
        if digest == LIVE and self._live:
            widget = self._app().widgets.get(name)
            return None if widget is None else _contents(uri, live_document(name), page_meta(widget))
        if digest == LIVE:
            # Conversations from its development show this address: what they get is what there is today.
            return None if page is None else _contents(uri, page.html, page.meta)
        if page is None or page.digest != digest:
            page = await self._recall(name, digest)
        elif self._live:
            await self._guarded([page])
        else:
            await self.keep()
        return None if page is None else _contents(uri, page.html, page.meta)

    async def keep(self) -> None:
        """Make sure that today's pages can be read tomorrow. Called before their addresses are given away."""
        current = self._current()
        if self._live or self._is_kept(current):
            return
        async with self._keeping:
            if self._is_kept(current) or abs(self._clock() - self._failed) < PAUSE_SECONDS:
                return
            if await self._guarded(list(current.pages.values())):
                self._kept = (current, self._clock())
            else:
                self._failed = self._clock()

    def _is_kept(self, current: _Current) -> bool:
        return self._kept is not None and self._kept[0] is current and abs(self._clock() - self._kept[1]) < DAY

    async def _guarded(self, pages: Sequence[ServedPage]) -> bool:
        """Whether they could be kept. They can be read today in any case."""
        database, now = self._database, int(self._clock())
        if database is None or not pages:
            return True
        try:
            for page in pages:
                await database.transaction(lambda tx, page=page: widget_tables.keep(tx, self._path, page, now=now))  # type: ignore[misc]
        except Exception:
            logger.warning("The pages of the widgets could not be kept for later", exc_info=True)
            return False
        return True

    async def _recall(self, name: str, digest: str) -> ServedPage | None:
        if self._database is None:
            return None
        found = await self._database.transaction(lambda tx: widget_tables.find(tx, self._path, name, digest))
        if found is not None:
            await self._guarded([found])
        return found

    def _changed(self, name: str) -> None:
        self.version += 1

    def _current(self) -> _Current:
        app, version = self._app(), self.version
        if self._last is None or self._last.app is not app or self._last.version != version:
            pages: dict[str, ServedPage] = {}
            problems: list[str] = []
            for name, widget in app.widgets.items():
                try:
                    found = AddressedPage.of(widget, self._pages.page(name))
                    pages[name] = ServedPage(name, found.digest[:DIGITS], found.page.html, page_meta(widget))
                except WidgetNotBuiltYet:
                    continue  # A moment after a start that is nothing to tell anybody.
                except WidgetMissing as missing:
                    problems.append(str(missing))
            self._last = _Current(app, version, pages, problems)
        return self._last


def widget_at(uri: str) -> str | None:
    """The name of the widget whose address this is."""
    match = _ADDRESS.fullmatch(uri)
    return None if match is None else match[1]


def _uri(page: ServedPage) -> str:
    return f"ui://widget/{page.name}-{page.digest}.html"


def _described(widget: Widget, uri: str) -> dict[str, Any]:
    described = {"uri": uri, "name": widget.name, "mimeType": MIME_TYPE, "_meta": page_meta(widget)}
    if widget.description:
        described["description"] = widget.description
    return described


def _contents(uri: str, html: str, meta: Mapping[str, Any]) -> dict[str, Any]:
    return {"uri": uri, "mimeType": MIME_TYPE, "text": html, "_meta": dict(meta)}
