"""What a person does on the way to their first call, one function for each stretch of it."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from tests.first_call.person import Person
from tests.first_call.pictures import PATIENCE


async def paste_token(person: Person, setup: Page) -> None:
    token = setup.get_by_label("Your ngrok token")
    await expect(token).to_be_visible(timeout=PATIENCE)
    await person.paste(token)


async def copy_url(person: Person, setup: Page) -> None:
    copy = setup.get_by_role("button", name="Copy connection: server url")
    await expect(copy).to_be_visible(timeout=PATIENCE)
    await person.copy(copy)


async def begin_form(person: Person, chatgpt: Page) -> None:
    await person.click(chatgpt.get_by_role("button", name="+"))
    await person.click(chatgpt.get_by_role("button", name="Add custom MCP server"))
    await person.type(chatgpt.get_by_label("Name"), "Home")


async def create(person: Person, chatgpt: Page) -> None:
    await person.click(chatgpt.get_by_label("I understand"))
    await person.click(chatgpt.get_by_role("button", name="Create as a plugin"))


async def install(person: Person, chatgpt: Page) -> Page:
    """Press Install; the popup."""
    button = chatgpt.get_by_role("button", name="Install")
    await expect(button).to_be_visible(timeout=PATIENCE)
    async with chatgpt.expect_popup() as opened:
        await person.click(button)
    return await opened.value


async def type_code(person: Person, setup: Page, code: str) -> None:
    field = setup.get_by_label("The code that the browser shows")
    await expect(field).to_be_visible(timeout=PATIENCE)
    await person.type(field, code)


async def ask(person: Person, chatgpt: Page, words: str = "Show me my items") -> Locator:
    """Say this to ChatGPT; where it answers."""
    await expect(chatgpt.get_by_text("Connected")).to_be_visible(timeout=PATIENCE)
    await person.type(chatgpt.get_by_label("Message"), words)
    await person.click(chatgpt.get_by_role("button", name="Send"))
    return chatgpt.locator("#answer")
