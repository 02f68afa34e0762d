"""From nothing to the first answer on the page Setup; and the other things that are set up on pages of their own."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.chromium import needs_chromium
from tests.browser.dashboard.opened import dashboard
from tests.privy.emulator import PrivyEmulator
from tests.tunnel.agents import TOKEN, FakeProgram

pytestmark = needs_chromium


async def paste(page: Page, text: str) -> None:
    """What Ctrl+V does with this text on the clipboard."""
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.evaluate("text => navigator.clipboard.writeText(text)", text)
    await page.keyboard.press("ControlOrMeta+V")


async def test_the_steps_tick_themselves_from_a_pasted_token_to_the_first_answer(tmp_path: Path) -> None:
    ngrok = FakeProgram(tmp_path / "bin")
    ngrok.steer(mode="revoked")
    async with dashboard(tmp_path, page="setup", environ=ngrok.environ) as it:
        page = it.page
        now = page.locator("li[aria-current=step], li[data-state=failed]")
        await expect(now).to_contain_text("ngrok needs the token of your account, once.")
        token = page.get_by_label("Your ngrok token")
        assert (
            await page.get_by_role("link", name="dashboard.ngrok.com").get_attribute("href")
            == "https://dashboard.ngrok.com/get-started/your-authtoken"
        )
        await token.focus()
        await paste(page, TOKEN)
        await expect(now.get_by_role("alert").filter(has_text="Nothing was stored.")).to_be_visible()
        assert not any(secret.present for secret in await it.door.engine.secrets() if secret.name == "ngrok")

        ngrok.steer()
        await token.fill(TOKEN)
        await token.press("Enter")
        await expect(now).to_contain_text("Fill in the form")
        url = (await it.door.engine.status()).connector_url
        assert url.endswith("ngrok-free.dev/mcp")
        for words in ("chatgpt.com/plugins", "Add custom MCP server", "Garden", url, "OAuth", "Create as a plugin"):
            await expect(now).to_contain_text(words)
        await now.get_by_role("button", name="Copy connection: server url").click()
        assert await page.evaluate("navigator.clipboard.readText()") == url
        await now.get_by_text("My ChatGPT looks different").click()
        await expect(now).to_contain_text("Security and login › Developer mode")
        await expect(now).to_contain_text("Advanced settings › Developer mode")

        it.door.public_url = url.removesuffix("/mcp")
        await it.door.get("/.well-known/oauth-protected-resource/mcp", origin=it.door.public_url)
        await expect(now).to_contain_text("a page opens that shows a code")
        client = await it.ask_to_be_let_in(public=True)
        await now.get_by_label("The code that the browser shows").fill(client.code)
        await now.get_by_label("Me, the owner of this computer").check()
        # No self-probe came back through this tunnel, so nobody knows whether this is the computer's own network.
        await now.get_by_label("This browser is on ANOTHER network.").check()
        await now.get_by_role("button", name="Allow").click()
        await expect(now).to_contain_text("Strict acts for you now")
        access = await client.access()
        await expect(now.get_by_role("button", name="Copy the prompt")).to_be_visible()
        await client.app.call(access, "look")
        await expect(page.get_by_text("All is set up.")).to_be_visible()
        await expect(page.get_by_role("progressbar")).to_have_attribute("value", "5")


async def test_a_token_in_ngroks_own_configuration_is_offered_and_used(tmp_path: Path) -> None:
    ngrok = FakeProgram(tmp_path / "bin")
    own = ngrok.folder / ".config" / "ngrok" / "ngrok.yml"
    own.parent.mkdir(parents=True)
    own.write_text(f"version: 3\nagent:\n  authtoken: {TOKEN}\n", encoding="utf-8")
    async with dashboard(tmp_path, page="tunnel", environ=ngrok.environ) as it:
        await it.page.get_by_role("button", name="Use the token found in ngrok’s own configuration").click()
        await expect(it.section("Now")).to_contain_text("The tunnel is up.")
        await expect(it.section("This month")).to_contain_text("Requests")

        # Another way: an address that leads here already.
        await it.section("Now").get_by_text("Another way").click()
        await it.page.get_by_label("How ChatGPT reaches this computer").select_option("fixed")
        await it.page.get_by_label("The address that leads here").fill("http://plain.example.com")
        await it.page.get_by_role("button", name="Use it", exact=True).click()
        await expect(it.section("Now").get_by_role("alert")).to_contain_text("https")
        await it.page.get_by_label("The address that leads here").fill("https://home.example.com")
        await it.page.get_by_role("button", name="Use it", exact=True).click()
        await expect(it.section("Now")).to_contain_text("Through an address of your own")
        assert (await it.door.engine.status()).public_url == "https://home.example.com"


async def test_a_folder_is_chosen_by_walking_to_it(tmp_path: Path) -> None:
    notes = tmp_path / "texts" / "notes"
    notes.mkdir(parents=True)
    async with dashboard(tmp_path, page="folder") as it:
        page = it.page
        await page.get_by_role("button", name="Choose a folder…").click()
        dialog = page.get_by_role("dialog", name="Choose a folder")
        await expect(dialog.get_by_role("list", name="Folders")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Choose a folder…")).to_be_focused()

        await it.door.engine.change_setting("folder", f'"{notes.parent.as_posix()}"')
        await page.reload()
        await page.get_by_role("button", name="Choose another…").click()
        await dialog.get_by_role("button", name="notes").click()
        await expect(dialog).to_contain_text(str(notes))
        await dialog.get_by_role("button", name="Choose this folder").click()
        await expect(it.section("Shared now")).to_contain_text(str(notes))
        assert str(notes) in it.toml()
        await page.get_by_role("button", name="Stop sharing").click()
        await it.confirm("Stop sharing")
        await expect(it.section("No folder is shared")).to_be_visible()
        assert "folder" not in it.toml()


async def test_privy_is_asked_before_anything_is_kept(tmp_path: Path) -> None:
    async with PrivyEmulator() as privy, dashboard(tmp_path, page="privy", network=privy.network()) as it:
        page = it.page
        await page.get_by_label("App id").fill(privy.app.app_id)
        await page.get_by_label("App secret").fill("wrong")
        await page.get_by_role("button", name="Check with Privy").click()
        await expect(it.section("Set up")).to_contain_text("Privy does not take these.")
        await expect(page.get_by_role("button", name="Use this app")).to_have_count(0)
        await page.get_by_label("App secret").fill(privy.app.app_secret)
        await page.get_by_role("button", name="Check with Privy").click()
        await expect(page.get_by_role("list", name="Ways to sign in")).to_contain_text("offered")
        assert it.toml() == ""
        await page.get_by_role("button", name="Use this app").click()
        await expect(it.section("Now")).to_contain_text(privy.app.app_id)
        assert f'privy_app_id = "{privy.app.app_id}"' in it.toml()
        assert any(secret.present for secret in await it.door.engine.secrets() if secret.name == "privy-app-secret")


async def test_the_doctor_names_what_fails_first(tmp_path: Path) -> None:
    async with dashboard(tmp_path, page="doctor") as it:
        page = it.page
        await page.get_by_label("Or another MCP server").fill("http://127.0.0.1:9/mcp")
        await page.get_by_role("button", name="Examine", exact=True).click()
        findings = it.section("Findings")
        await expect(findings.get_by_role("status")).to_contain_text("It stops at:")
        assert await findings.locator("li[data-state=failed]").count() >= 1


async def test_the_menu_of_a_phone_and_the_way_past_it_work_with_the_keyboard(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as it:
        page = it.page
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("main")).to_be_focused()

        await page.set_viewport_size({"width": 360, "height": 740})
        menu = page.get_by_role("button", name="Menu")
        await expect(page.get_by_role("link", name="Logs")).to_be_hidden()
        await menu.focus()
        await page.keyboard.press("Enter")
        await expect(menu).to_have_attribute("aria-expanded", "true")
        await page.get_by_role("link", name="Logs").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1, name="Logs")).to_be_focused()
        await expect(menu).to_have_attribute("aria-expanded", "false")
        await expect(page).to_have_title("Logs · Homeport")
