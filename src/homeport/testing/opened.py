"""A widget that is open in a test: its parts, as Playwright finds them, and what it has done."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from homeport.testing.showing import HostChange, host_of
from homeport.testing.stage import Stage, ToolCall

if TYPE_CHECKING:
    from playwright.async_api import FrameLocator, Locator, Page


class WidgetFault(AssertionError):
    """The widget did what ChatGPT would block, or what nobody would see there: each finding with its remedy."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`error` and `warning` fail a test, `note` does not."""

    weight: str
    about: str
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.about}: {self.problem} {self.fix}"


@dataclass(frozen=True, slots=True)
class Said:
    """What the widget has put before the person: a "message" into the chat, a "link", a "modal" or a "file"; or an
    "app-link", to which the chat's button to the app leads.
    """

    kind: str
    text: str


class OpenWidget:
    """A widget on the screen. Finds its parts as Playwright does, for `expect` and for clicks.

    `page` is the whole window, for the keyboard and the viewport; `calls` are the tools that the widget has called.
    """

    def __init__(self, page: Page, stage: Stage) -> None:
        self.page = page
        self.frame: FrameLocator = page.frame_locator("iframe").frame_locator("iframe")
        self._stage = stage

    @property
    def calls(self) -> list[ToolCall]:
        """The tools that it has called, in this order."""
        return self._stage.calls

    def get_by_role(
        self, role: Any, *, name: str | re.Pattern[str] | None = None, exact: bool | None = None, **more: Any
    ) -> Locator:
        """By role, such as "button", and accessible name; `more` is what Playwright's method takes beside these."""
        return self.frame.get_by_role(role, name=name, exact=exact, **more)

    def get_by_text(self, text: str | re.Pattern[str], *, exact: bool | None = None) -> Locator:
        """By the words that it shows."""
        return self.frame.get_by_text(text, exact=exact)

    def get_by_label(self, text: str | re.Pattern[str], *, exact: bool | None = None) -> Locator:
        """By what it is labelled with."""
        return self.frame.get_by_label(text, exact=exact)

    def get_by_placeholder(self, text: str | re.Pattern[str], *, exact: bool | None = None) -> Locator:
        """By the words that stand in an empty field."""
        return self.frame.get_by_placeholder(text, exact=exact)

    def locator(self, selector: str) -> Locator:
        """By CSS selector."""
        return self.frame.locator(selector)

    async def change(self, **host: Unpack[HostChange]) -> None:
        """Let the host be another one, and tell the widget."""
        if "theme" in host:
            await self.page.emulate_media(color_scheme=host["theme"])
        await self.page.evaluate("host => window.homeport.change(host)", host_of(host))

    async def said(self) -> list[Said]:
        """What it has put before the person."""
        return [Said(**each) for each in (await self._report())["said"]]

    async def told(self) -> dict[str, Any] | None:
        """What the model would know of it in its next turn: `content` and `structuredContent`."""
        told: dict[str, Any] | None = (await self._report())["told"]
        return told

    async def widget_state(self) -> Any:
        """What it has given the chat to keep."""
        return (await self._report())["widgetState"]

    async def display_mode(self) -> str:
        """How large it is shown, after what it has asked for."""
        return str((await self._report())["displayMode"])

    async def is_closed(self) -> bool:
        """Whether it has asked to be closed, and was."""
        return bool((await self._report())["closed"])

    async def findings(self) -> list[Finding]:
        """What ChatGPT would not like, until now."""
        found = (await self._report())["findings"]
        return [Finding(each["weight"], each["about"], each["problem"], each["fix"]) for each in found]

    async def screenshot(self, path: Path | str | None = None) -> bytes:
        """A picture of the widget, as PNG."""
        return await self.page.locator("iframe").screenshot(path=path)

    async def _report(self) -> dict[str, Any]:
        report: dict[str, Any] = await self.page.evaluate("() => window.homeport.report()")
        return report
