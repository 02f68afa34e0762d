"""The development address of a widget: a fixed document that asks for the newest page each time it is shown.

Hosts keep what an address leads to, and a list of tools until their user presses Refresh. Neither changes here with an
edit. `homeport serve` names no such address; who still shows one gets the page itself there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, Field

from homeport.apps.app import OWN_TOOL, App, with_tool
from homeport.apps.errors import NotFound
from homeport.apps.results import Result
from homeport.apps.tools import define_tool
from homeport.apps.widgets import WidgetMissing, WidgetPages

LIVE = "live"

BUILDING_SECONDS = 15.0
"""How long the newest page is waited for; afterwards the last good one is given. The document waits 20."""


class NewestPage(BaseModel):
    digest: str
    html: str | None


def live_uri(name: str) -> str:
    """Where a widget's newest page is shown, whatever it is."""
    return f"ui://widget/{name}-{LIVE}.html"


def live_document(name: str) -> str:
    """What is served at the development address of the widget `name`."""
    shell = resources.files("homeport.apps").joinpath("live_widget.html").read_text(encoding="utf-8")
    return shell.replace("WIDGET_NAME", name)


async def _at_once() -> None:
    """There is nothing to build."""


def live_app(app: App, pages: WidgetPages, settled: Callable[[], Awaitable[None]] = _at_once) -> App:
    """The app with the tool that its development addresses ask; one without widgets stays as it is.

    `settled` returns when each page is that of its files, or they have a problem.
    """
    if not app.widgets:
        return app

    async def newest(
        name: Annotated[str, Field(max_length=64, description="The widget.")],
        known: Annotated[str, Field(max_length=64, description="The digest of the page that is shown.")] = "",
    ) -> Result[NewestPage]:
        """Give a widget of this app its newest page while its author works on it. Of no use in a conversation."""
        if name not in app.widgets:
            raise NotFound("This app has no such widget.")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BUILDING_SECONDS):
                await settled()
        try:
            page = pages.page(name)
        except WidgetMissing as missing:
            raise NotFound(str(missing)) from None
        news = page.digest != known
        words = f"The newest page of {name!r}." if news else f"The page of {name!r} is still the newest."
        return Result(NewestPage(digest=page.digest, html=page.html if news else None), text=words)

    tool = define_tool(
        newest,
        effect="read",
        name=OWN_TOOL,
        title="Load a widget that is being developed",
        open_world=False,
        idempotent=True,
        scope=None,
        was=(),
        widget=None,
        access="app",
        locals_=locals(),
    )
    return with_tool(app, tool)
