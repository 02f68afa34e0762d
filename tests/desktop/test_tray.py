"""The whole program behind its icon, driven over D-Bus as a panel does it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from tests.child import Child
from tests.desktop.bus_services import a_notification_daemon
from tests.desktop.desktop import Desktop
from tests.desktop.session import Item, Panel, a_panel, needs, session_bus

pytestmark = needs("dbus-daemon")

REDIRECT = "http://127.0.0.1:9/callback"


@asynccontextmanager
async def a_desktop(folder: Path) -> AsyncIterator[tuple[Desktop, Panel]]:
    async with session_bus(folder) as address, a_panel(address) as panel:
        yield Desktop(folder, address), panel


async def quits(item: Item, homeport: Child) -> None:
    await item.click("Quit")
    assert await homeport.ends() == 0, homeport.output
    assert "Traceback" not in homeport.output


async def test_the_menu_starts_and_stops_and_homeport_comes_back_as_it_was(tmp_path: Path) -> None:
    async with a_desktop(tmp_path) as (desktop, panel):
        async with desktop.homeport() as homeport:
            item = await panel.item()
            await item.shows("Online on this computer only", enabled=False)
            assert await desktop.answers()
            assert await item.get("Title") == "Homeport: online on this computer only"
            await item.click("Stop")
            await item.shows("Stopped")
            assert not await desktop.answers()
            await item.click("Start")
            await item.shows("Online")
            assert await desktop.answers()
            await item.click("Stop")
            await item.shows("Stopped")
            await quits(item, homeport)
        async with desktop.homeport() as homeport:
            item = await panel.item()
            await item.shows("Stopped")
            assert not await desktop.answers()
            await homeport.says("is stopped, as it was when it ended")
            await desktop.run("start")
            await item.shows("Online")
            # An end from outside, as that of the session, is nobody's wish to be offline.
            assert await homeport.terminate() == 0
        async with desktop.homeport() as homeport:
            item = await panel.item()
            await item.shows("Online")
            await quits(item, homeport)


async def test_the_first_start_ever_opens_the_checklist_and_a_later_one_nothing(tmp_path: Path) -> None:
    async with a_desktop(tmp_path) as (desktop, panel):
        async with desktop.homeport() as homeport:
            item = await panel.item()
            (page,) = await desktop.browser.opens()
            assert re.search(rf"http://127.0.0.1:{desktop.control_port}/#code=[0-9a-f]+&amp;page=setup", page)
            await item.click("Open dashboard")
            _, page = await desktop.browser.opens(2)
            assert re.search(r'/#code=[0-9a-f]+"', page)
            await quits(item, homeport)
        async with desktop.homeport() as homeport:
            item = await panel.item()
            await item.shows("Online")
            await quits(item, homeport)
        assert len(desktop.browser.opened()) == 2


async def test_tools_are_paused_and_run_again(tmp_path: Path) -> None:
    async with a_desktop(tmp_path) as (desktop, panel), desktop.homeport() as homeport:
        item = await panel.item()
        await item.shows("Pause tools", enabled=True, checked=False)
        await item.click("Pause tools")
        await item.shows("Pause tools", checked=True)
        await item.shows("Tools are paused")
        assert await desktop.answers()
        await item.click("Pause tools")
        await item.shows("Pause tools", checked=False)
        await item.shows("Online")
        await quits(item, homeport)


async def test_who_waits_is_shown_without_a_code_and_can_only_be_denied(tmp_path: Path) -> None:
    async with a_desktop(tmp_path) as (desktop, panel), desktop.homeport() as homeport:
        item = await panel.item()
        await item.shows("Online")
        code = await somebody_asks(desktop, "A<b>\u202eclient</b>")
        await item.shows("Waiting for you (1)")
        assert await item.get("Status") == "NeedsAttention"
        waiting = [line for line in await item.menu() if line.depth]
        assert [line.label for line in waiting] == [
            "A<b>client</b> (unverified name), returns to 127.0.0.1",
            "Type its code in the dashboard…",
            "Deny",
        ]
        assert code not in str(await item.menu()) + await item.get("Title")
        await item.click("Type its code")
        page = (await desktop.browser.opens(2))[-1]
        assert "&amp;page=waiting" in page
        assert code not in page
        await item.click("Deny")
        await item.goes("Waiting for you")
        assert "Nobody waits." in await desktop.run("pending")
        # A panel may still show the old menu: what it sends then means nobody else.
        await somebody_asks(desktop, "Another")
        await item.shows("Waiting for you (1)")
        await item.click_number(waiting[-1].number)
        await item.click("Pause tools")
        await item.shows("Pause tools", checked=True)
        assert "Another" in await desktop.run("pending")
        await quits(item, homeport)
        assert code not in homeport.output


async def test_who_wants_in_is_notified_once_without_a_code_and_a_click_leads_to_them(tmp_path: Path) -> None:
    async with session_bus(tmp_path) as address, a_panel(address) as panel, a_notification_daemon(address) as daemon:
        desktop = Desktop(tmp_path, address)
        async with desktop.homeport() as homeport:
            item = await panel.item()
            await item.shows("Online")
            await desktop.browser.opens()
            code = await somebody_asks(desktop, "A client")
            notification = await daemon.shows()
            assert notification.program == "Homeport"
            assert notification.title == "A client (unverified name) wants in"
            assert code not in str(notification)
            assert notification.actions[0::2] == ("default",), "nothing is answered here"
            await daemon.click(notification)
            page = (await desktop.browser.opens(2))[-1]
            assert "&amp;page=waiting" in page
            assert code not in page
            await quits(item, homeport)
        assert await daemon.more() == 0
        assert len(desktop.browser.opened()) == 2


async def somebody_asks(desktop: Desktop, name: str) -> str:
    """A browser that opens the sign-in page; the code it shows."""
    async with httpx2.AsyncClient(base_url=desktop.issuer, follow_redirects=True) as http:
        body = {"client_name": name, "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none"}
        client = (await http.post("/register", json=body)).json()["client_id"]
        query = {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": REDIRECT,
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
        }
        page = (await http.get("/authorize", params=query)).text
    found = re.search(r'data-approval-code="(\d{6})"', page)
    assert found, page
    return found[1]


async def test_a_panel_that_crashes_and_comes_back_shows_the_icon_again(tmp_path: Path) -> None:
    async with session_bus(tmp_path) as address:
        desktop = Desktop(tmp_path, address)
        async with a_panel(address) as panel, desktop.homeport() as homeport:
            first = await panel.item()
            await first.shows("Online")
            async with a_panel(address, instead=panel) as another:
                item = await another.item()
                assert item.name == first.name
                await item.click("Stop")
                await item.shows("Stopped")
                await quits(item, homeport)


async def test_without_a_panel_the_dashboard_opens_until_one_comes(tmp_path: Path) -> None:
    async with session_bus(tmp_path) as address:
        desktop = Desktop(tmp_path, address)
        for page in ("page=setup", 'href="http'):
            async with desktop.homeport() as homeport:
                assert page in (await desktop.browser.opens())[-1]
                assert await desktop.answers()
                # A watcher alone shows nothing: some desktops have one without any place for icons.
                async with a_panel(address, hosted=False) as panel:
                    item = await panel.item()
                    panel.host_comes()
                    await item.shows("Online")
                    await quits(item, homeport)
            desktop.browser.forget()


async def test_without_d_bus_homeport_runs_with_the_browser_as_its_window(tmp_path: Path) -> None:
    desktop = Desktop(tmp_path, "")
    for address in (None, "nonsense"):
        if address:
            desktop.environment["DBUS_SESSION_BUS_ADDRESS"] = address
        async with desktop.homeport() as homeport:
            await homeport.says("Homeport .* runs")
            await desktop.browser.opens()
            assert await desktop.answers()
            assert await homeport.terminate() == 0
            assert "Traceback" not in homeport.output
            assert "no desktop" not in homeport.output
        desktop.browser.forget()


async def test_the_end_of_the_bus_is_not_the_end_of_homeport(tmp_path: Path) -> None:
    desktop = Desktop(tmp_path, f"unix:path={tmp_path}/bus")
    async with desktop.homeport() as homeport:
        async with session_bus(tmp_path) as address, a_panel(address) as panel:
            await panel.item()
        async with session_bus(tmp_path) as address, a_panel(address) as panel:
            item = await panel.item()
            await item.shows("Online")
            assert await desktop.answers()
            await quits(item, homeport)


async def test_a_second_start_opens_the_dashboard_of_the_first_one(tmp_path: Path) -> None:
    async with a_desktop(tmp_path) as (desktop, panel), desktop.homeport() as homeport:
        item = await panel.item()
        await item.shows("Online")
        await desktop.browser.opens()
        async with desktop.homeport() as second:
            assert await second.ends() == 0
            assert second.output == "Homeport runs already: its dashboard opens in your browser.\n"
        assert len(await desktop.browser.opens(2)) == 2
        assert panel.registered_since() == 0
        await quits(item, homeport)


async def test_a_bus_alone_is_no_desktop(tmp_path: Path) -> None:
    """A login without a screen, as on a server: today's terminal, and no browser."""
    async with session_bus(tmp_path) as address:
        desktop = Desktop(tmp_path, address)
        del desktop.environment["DISPLAY"]
        async with desktop.homeport() as homeport:
            await homeport.says("There is no desktop here: Homeport runs in this terminal.")
            assert await homeport.terminate() == 0
        desktop.environment |= {"DISPLAY": ":0", "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
        async with a_panel(address) as panel, desktop.homeport() as homeport:
            await homeport.says("There is no desktop here: Homeport runs in this terminal.")
            assert await homeport.terminate() == 0
            assert panel.registered_since() == 0
    assert desktop.browser.opened() == []


async def test_a_start_that_fails_is_shown_and_can_be_repeated(tmp_path: Path) -> None:
    async with a_desktop(tmp_path) as (desktop, panel):
        holder = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", desktop.port)
        async with desktop.homeport() as homeport:
            item = await panel.item()
            await item.shows("Homeport could not start", enabled=False)
            await item.shows(f"Port {desktop.port} is taken")
            await homeport.says(f"Port {desktop.port} is taken")
            holder.close()
            await holder.wait_closed()
            await item.click("Start")
            await item.shows("Online")
            await quits(item, homeport)


async def test_quit_counts_from_the_moment_the_icon_is_there(tmp_path: Path) -> None:
    async with a_desktop(tmp_path) as (desktop, panel), desktop.homeport() as homeport:
        item = await panel.item()
        await item.click("Quit")
        assert await homeport.ends() == 0, homeport.output


async def test_a_signal_ends_homeport_behind_its_icon(tmp_path: Path) -> None:
    async with a_desktop(tmp_path) as (desktop, panel), desktop.homeport() as homeport:
        item = await panel.item()
        await item.shows("Online")
        os.kill(homeport.pid, signal.SIGTERM)
        assert await homeport.ends(seconds=5) == 0
        assert "Traceback" not in homeport.output
