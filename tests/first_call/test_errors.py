"""The first call once more, with something wrong at each step: what is wrong is said where the person looks, and what
to do now; they do it, and go on.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from tests.browser.chromium import needs_chromium
from tests.browser.sign_in import read_code
from tests.desktop.session import needs
from tests.first_call import walk
from tests.first_call.person import Person
from tests.first_call.pictures import PATIENCE, shot
from tests.first_call.scene import NAME, Scene, a_computer
from tests.judges.node import needs_judges

pytestmark = [needs_judges, needs_chromium, needs("dbus-daemon")]

WRONG_TOKEN = "3refusedTokenOfATest_7bX1"
URL = f"https://{NAME}"


async def test_whatever_goes_wrong_on_the_way_says_why_and_what_to_do(tmp_path: Path) -> None:
    async with a_computer(tmp_path, keyring=False) as it:
        with socket.create_server(("127.0.0.1", it.desktop.port)) as taken:
            async with it.homeport():
                setup = await it.page()
                await the_port_is_taken(it, setup, taken)
                await the_keyring_is_missing(setup)
                await the_tunnel_does_not_open(it, setup)
                person = it.person()
                chatgpt = await it.chatgpt.open(it.browser)
                await the_url_is_pasted_without_its_path(person, setup, chatgpt)
                await the_sign_in_is_denied(person, setup, chatgpt)
                await the_code_is_wrong(person, setup, chatgpt)
                await the_tools_are_paused(person, setup, chatgpt)


def now(setup: Page) -> Locator:
    """The step of the checklist that is due."""
    return setup.locator("li[aria-current=step], li[data-state=failed]")


async def says(place: Locator, cause: str, action: str) -> None:
    """Both are to be read there."""
    for words in (cause, action):
        await expect(place).to_contain_text(words, timeout=PATIENCE)


async def the_port_is_taken(it: Scene, setup: Page, taken: socket.socket) -> None:
    # Why Homeport does not run stands above every page, once.
    await says(setup.get_by_role("alert"), f"Port {it.desktop.port} is taken", "End that program")
    await shot(setup, "error-port")
    taken.close()
    await now(setup).get_by_role("button", name="Start", exact=True).click()
    await says(now(setup), "ngrok needs the token of your account, once.", "dashboard.ngrok.com")


async def the_keyring_is_missing(setup: Page) -> None:
    await setup.get_by_role("navigation").get_by_role("link", name="Overview", exact=True).click()
    await says(setup.get_by_role("list", name="Warnings"), "keyring", "secrets.json")
    await shot(setup, "error-keyring")
    await setup.get_by_role("navigation").get_by_role("link", name="Setup", exact=True).click()


async def the_tunnel_does_not_open(it: Scene, setup: Page) -> None:
    person = it.person(token=WRONG_TOKEN)
    it.steer(refused=[WRONG_TOKEN])
    await walk.paste_token(person, setup)
    await says(now(setup).get_by_role("alert"), "does not accept the authtoken", "Copy your authtoken from")
    await shot(setup, "error-token")

    # The right one from here on; then something else is in its way, one after another.
    agent, away = it.ngrok.path, it.ngrok.path.with_name("ngrok.away")
    agent.rename(away)
    await setup.get_by_label("Your ngrok token").fill("")
    await walk.paste_token(it.person(), setup)
    await says(now(setup), "could not be downloaded", "internet connection, or install ngrok by hand")
    await shot(setup, "error-download")
    it.steer(mode="no network")
    away.rename(agent)
    await again(setup)
    await says(now(setup), "ngrok's servers cannot be reached.", "Look at this computer's internet connection")
    taken = f"failed to start endpoint: the endpoint '{URL}' is already online.\n\nERR_NGROK_334"
    it.steer(endpoint_fault={URL: taken})
    await again(setup)
    await says(now(setup), "The ngrok domain is in use by another ngrok program.", "End the other one")
    await shot(setup, "error-domain")
    it.steer()
    await again(setup)
    await says(now(setup), "Fill in the form", f"{URL}/mcp")


async def again(setup: Page) -> None:
    await now(setup).get_by_role("button", name="Try again now").click()


async def the_url_is_pasted_without_its_path(person: Person, setup: Page, chatgpt: Page) -> None:
    await walk.begin_form(person, chatgpt)
    await person.type(chatgpt.get_by_label("Server URL"), URL)
    await walk.create(person, chatgpt)
    await expect(chatgpt.get_by_role("alert")).to_contain_text("Error creating connector", timeout=PATIENCE)
    await says(now(setup), f"Something calls {URL} without the path of the connector.", f"{URL}/mcp")
    await shot(setup, "error-path")
    await walk.copy_url(person, setup)
    await chatgpt.get_by_label("Server URL").fill("")
    await person.paste(chatgpt.get_by_label("Server URL"))
    await person.click(chatgpt.get_by_role("button", name="Create as a plugin"))


async def the_sign_in_is_denied(person: Person, setup: Page, chatgpt: Page) -> None:
    popup = await walk.install(person, chatgpt)
    # ngrok's own page comes first, and is told apart from ours.
    await says(popup.locator("body"), "ERR_NGROK_6024", "Visit Site")
    await person.click(popup.get_by_role("button", name="Visit Site"))
    await walk.type_code(person, setup, await read_code(popup))
    await setup.get_by_role("button", name="Deny", exact=True).click()
    await expect(chatgpt.get_by_role("alert")).to_contain_text("access_denied", timeout=PATIENCE)
    await says(now(setup), "denied", "press Install")
    await shot(setup, "error-denied")


async def the_code_is_wrong(person: Person, setup: Page, chatgpt: Page) -> None:
    popup = await walk.install(person, chatgpt)
    code = await read_code(popup)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    await walk.type_code(person, setup, wrong)
    await says(now(setup).get_by_role("alert"), "code", "page")
    await shot(setup, "error-code")
    await setup.get_by_label("The code that the browser shows").fill("")
    await walk.type_code(person, setup, await read_code(popup))
    await setup.get_by_role("button", name="Allow", exact=True).click()
    await says(now(setup).get_by_role("alert"), "Say who this is", "first")
    await person.click(setup.get_by_label("Me, the owner of this computer"))
    await person.click(setup.get_by_role("button", name="Allow", exact=True))


async def the_tools_are_paused(person: Person, setup: Page, chatgpt: Page) -> None:
    await expect(setup.get_by_role("button", name="Copy the prompt")).to_be_visible(timeout=PATIENCE)
    await setup.get_by_role("navigation").get_by_role("link", name="Overview", exact=True).click()
    await setup.get_by_role("button", name="Pause tools").click()
    answer = await walk.ask(person, chatgpt)
    await expect(answer).to_contain_text("paused on", timeout=PATIENCE)
    await setup.get_by_role("navigation").get_by_role("link", name="Setup", exact=True).click()
    await says(now(setup), "The tools are paused.", "Press Resume")
    await shot(setup, "error-paused")
    await setup.get_by_role("button", name="Resume tools").click()
    await expect(setup.get_by_role("button", name="Resume tools")).to_be_hidden()
    await person.click(chatgpt.get_by_role("button", name="Send"))
    await expect(answer).to_contain_text(json.dumps("items"), timeout=PATIENCE)
