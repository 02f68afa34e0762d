"""A person in front of a browser, who does one thing after another; each click, paste and typed field is counted."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from playwright.async_api import Locator, Page, expect

HOMEPORT, CHATGPT, NGROK = "Homeport", "ChatGPT", "ngrok"


@dataclass(frozen=True, slots=True)
class Step:
    """`where` it was done, how (click, paste, type) and with what: the name of a button or a field."""

    where: str
    how: str
    what: str

    def __str__(self) -> str:
        return f"{self.how} {self.what}"


@dataclass
class Person:
    """`clipboard` is what they copied last, be it here or at ngrok's page before they began."""

    clipboard: str
    steps: list[Step] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def at(self, where: str) -> list[Step]:
        return [step for step in self.steps if step.where == where]

    def counted(self) -> str:
        return "; ".join(f"{where}: {count}" for where, count in Counter(step.where for step in self.steps).items())

    async def click(self, target: Locator) -> None:
        await expect(target).to_be_enabled()
        await self._note("click", target)
        await target.click()

    async def copy(self, button: Locator) -> None:
        """Press a button that copies, and have what it copied."""
        await self.click(button)
        await expect(button.locator("xpath=following-sibling::*[@role='status']")).to_have_text("Copied")
        self.clipboard = await button.page.evaluate("navigator.clipboard.readText()")

    async def paste(self, target: Locator) -> None:
        await self._into(target)
        await self._note("paste", target)
        await target.page.evaluate("text => navigator.clipboard.writeText(text)", self.clipboard)
        await target.page.keyboard.press("ControlOrMeta+V")

    async def type(self, target: Locator, text: str) -> None:
        await self._into(target)
        await self._note("type", target)
        await target.page.keyboard.type(text)

    async def choose(self, target: Locator, option: str) -> None:
        await self._note("click", target)
        await target.select_option(option)

    async def _into(self, target: Locator) -> None:
        """What is typed lands where the keyboard is: a field that does not have it costs a click."""
        await expect(target).to_be_visible()
        await target.page.bring_to_front()
        if not await target.evaluate("field => field === document.activeElement"):
            await self.click(target)

    async def _note(self, how: str, target: Locator) -> None:
        self.steps.append(Step(await _where(target.page), how, await _name(target)))


async def _where(page: Page) -> str:
    if page.url.startswith("https://chatgpt.com/"):
        return CHATGPT
    return NGROK if await page.title() == "ngrok" else HOMEPORT


async def _name(target: Locator) -> str:
    """What the person would call it: its label, or its own words."""
    return str(
        await target.evaluate(
            "e => (e.ariaLabel ?? e.labels?.[0]?.innerText ?? e.innerText).trim().replace(/\\s+/g, ' ')"
        )
    )
