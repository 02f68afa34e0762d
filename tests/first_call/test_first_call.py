"""From the first launch on a computer with an empty home to the result of a tool in ChatGPT: the steps are counted."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.browser.chromium import needs_chromium
from tests.browser.sign_in import read_code
from tests.desktop.session import needs
from tests.first_call import walk
from tests.first_call.person import CHATGPT, HOMEPORT, NGROK, Person
from tests.first_call.pictures import PATIENCE, shot
from tests.first_call.scene import NAME, a_computer
from tests.judges.node import needs_judges
from tests.program import ROOT

pytestmark = [needs_judges, needs_chromium, needs("dbus-daemon", "gnome-keyring-daemon")]

MOST_STEPS = 5
MOST_SECONDS = 180


async def test_five_steps_in_homeport_lead_from_the_first_launch_to_the_result_of_a_tool(tmp_path: Path) -> None:
    async with a_computer(tmp_path) as it, it.homeport():
        person = it.person()
        setup = await it.page()
        await expect(setup.get_by_label("Your ngrok token")).to_be_visible(timeout=PATIENCE)
        await shot(setup, "1-token")
        await walk.paste_token(person, setup)
        await walk.copy_url(person, setup)
        assert person.clipboard == f"https://{NAME}/mcp"
        await shot(setup, "2-form")

        chatgpt = await it.chatgpt.open(it.browser)
        await walk.begin_form(person, chatgpt)
        await person.paste(chatgpt.get_by_label("Server URL"))
        await walk.create(person, chatgpt)
        popup = await walk.install(person, chatgpt)
        await person.click(popup.get_by_role("button", name="Visit Site"))
        code = await read_code(popup)
        await shot(popup, "3-waiting")

        await walk.type_code(person, setup, code)
        me = setup.get_by_label("Me, the owner of this computer")
        await expect(me).to_be_visible()
        await shot(setup, "4-who")
        await person.click(me)
        await person.click(setup.get_by_role("button", name="Allow", exact=True))
        await expect(await walk.ask(person, chatgpt)).to_contain_text('"items"', timeout=PATIENCE)
        seconds = person.seconds
        await shot(chatgpt, "5-answer")
        await expect(setup.locator("li[data-state=done]").filter(has_text="ChatGPT has used a tool")).to_be_visible()
        await shot(setup, "6-ticked")
    print(f"{seconds:.1f} s; {person.counted()}")
    assert len(person.at(HOMEPORT)) <= MOST_STEPS, person.at(HOMEPORT)
    assert seconds <= MOST_SECONDS
    assert listed(person) == documented()


def listed(person: Person) -> list[str]:
    return [f"{step.where} | {step}" for step in person.steps]


def documented() -> list[str]:
    """The rows of the table of steps in docs/first-call.md, without their number and their explanation."""
    text = (ROOT / "docs" / "first-call.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    return [f"{where} | {step}" for _, where, step, *_ in rows if where in (HOMEPORT, CHATGPT, NGROK)]
