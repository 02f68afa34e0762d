"""Calls from the preview in the name of somebody who has signed in for real: what their sign-in allows, and no more."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from homeport.auth import grant_tables
from homeport.auth.grants import Grant
from homeport.clock import system_clock
from homeport.people import tables as people_tables
from homeport.people.person import Person
from homeport.store import Transaction
from tests.browser.chromium import chromium_window, needs_chromium
from tests.browser.preview.opened import opened, widget
from tests.program import running_homeport
from tests.signing_in import sign_in

pytestmark = needs_chromium


async def test_a_call_as_somebody_is_made_with_what_their_sign_in_allows_until_it_ends(tmp_path: Path) -> None:
    async with running_homeport(tmp_path) as homeport, chromium_window() as window:
        await sign_in(homeport)
        await sign_in(homeport, "--read-only")
        page = await window.new_page()
        address = re.search(r"^http\S+$", await homeport.run("preview", "--print"), re.MULTILINE)
        assert address is not None
        await page.goto(address[0])
        shown = page.frame_locator(".stage iframe").frame_locator("iframe")
        await expect(shown.get_by_role("heading", name="Items")).to_be_visible()

        actors = (await asks(page, "GET", "scene"))["body"]["actors"]
        tester, owner = actors
        assert tester["id"] == "tester"
        (reader,) = (each for each in owner["sign_ins"] if "write" not in each["scopes"])
        (writer,) = (each for each in owner["sign_ins"] if "write" in each["scopes"])
        assert {each["path"] for each in owner["sign_ins"]} == {"/mcp"}
        acts: dict[str, Any] = {"path": "/mcp", "who": owner["id"], "grant": writer["grant_id"]}
        added = await asks(page, "POST", "call", **acts, tool="add-item", arguments={"title": "Mine alone"})
        assert added["body"]["result"]["structuredContent"]["title"] == "Mine alone"

        # What they allowed counts, whatever is asked for; and it is what the widget's own calls are made with.
        as_reader = {**acts, "grant": reader["grant_id"], "scopes": ["read", "write"]}
        refused = await asks(page, "POST", "call", **as_reader, tool="add-item", arguments={"title": "Not this"})
        assert refused["body"]["result"]["isError"]
        assert "insufficient_scope" in json.dumps(refused["body"]["result"]["_meta"])
        await choose(page, owner["id"], reader["grant_id"])
        await page.get_by_label("Tool input").fill('{"filter": "alone"}')
        await page.get_by_role("button", name="Call the tool").click()
        await expect(shown.get_by_text("Mine alone")).to_be_visible()
        await shown.get_by_role("button", name="complete Mine alone").click()
        await expect(shown.get_by_role("alert")).to_contain_text("This needs the scope write.")
        await choose(page, owner["id"], writer["grant_id"])
        await shown.get_by_role("button", name="complete Mine alone").click()
        await expect(shown.get_by_role("button", name="reopen Mine alone")).to_have_attribute("aria-busy", "false")
        listed = await asks(page, "POST", "call", **as_reader, tool="get-items")
        found = [(item["title"], item["state"]) for item in listed["body"]["result"]["structuredContent"]["items"]]
        assert ("Mine alone", "done") in found
        assert "Not this" not in [title for title, _ in found]

        await homeport.run("grants", "revoke", writer["grant_id"])
        ended = await asks(page, "POST", "call", **acts, tool="get-items")
        assert ended["status"] == 404
        assert "This sign-in has ended" in json.dumps(ended["body"])
        (_, owner) = (await asks(page, "GET", "scene"))["body"]["actors"]
        assert owner["sign_ins"] == [reader]


async def test_the_sign_ins_that_are_offered_are_those_with_the_app_that_is_shown(tmp_path: Path) -> None:
    async with opened(tmp_path, widget("begin().then(() => say('here'));")) as it:
        await expect(it.out).to_have_text("here")
        now = int(system_clock())

        def signed_in_at(tx: Transaction, path: str) -> None:
            name = path.strip("/")
            grant = Grant(
                grant_id=name,
                client_id=f"client-of-{name}",
                person_id="p1",
                issuer="http://localhost",
                resource=f"http://localhost{path}",
                scope="read",
                auth_method=None,
                redirect_uri="https://chat.example.com/callback",
                nonce=None,
                created_at=now,
                last_used_at=now,
                expires_at=now + 600,
                revoked_at=None,
            )
            assert grant_tables.insert_grant(tx, grant, ["show_note"])
            grant_tables.begin_use(tx, name, auth_method="none", now=now, expires_at=now + 600)

        def work(tx: Transaction) -> None:
            people_tables.insert(tx, Person("p1", "owner", None, "Sam"), subject="sam", now=now)
            signed_in_at(tx, "/mcp")
            signed_in_at(tx, "/other")

        await it.scene.engine.rooms.database.transaction(work)
        await it.page.reload()
        await expect(it.page.get_by_role("combobox", name="Calls as").locator("option")).to_have_text(
            ["Tester", "Sam", "Sam, signed in with client-of-mcp (read)"]
        )


async def choose(page: Page, who: str, grant: str) -> None:
    value = json.dumps([who, grant], separators=(",", ":"))
    await page.get_by_role("combobox", name="Calls as").select_option(value)


async def asks(page: Page, method: str, name: str, **body: Any) -> Any:
    """Ask the preview's API as its page does: the status, and what came back."""
    asked: Any = await page.evaluate(
        """async ([method, name, body]) => {
          const headers = { Authorization: `Bearer ${localStorage.getItem('homeport.session')}` };
          if (method === 'POST') headers['Content-Type'] = 'application/json';
          const response = await fetch(`/api/preview/${name}`, { method, headers, body });
          return { status: response.status, body: await response.json() };
        }""",
        [method, name, json.dumps(body) if method == "POST" else None],
    )
    return asked
