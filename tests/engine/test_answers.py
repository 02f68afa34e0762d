"""What crosses the engine's border: plain data about clients, people and grants, cleaned, and without any code."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from homeport.errors import NoSuchRequest, NotFoundError
from tests.auth.door import Door, code_on, open_door

EVIL = "Chat\u202etpG \x1b[31m\u200bred\nline <b>" + "x" * 100


async def all_answers(door: Door) -> str:
    """Everything the engine tells about itself, as the control listener would send it."""
    engine = door.engine
    parts: list[Any] = [await engine.status(), *await engine.pending(), *await engine.clients()]
    parts += [*await engine.people(), *await engine.grants(), *await engine.hosts()]
    return json.dumps([asdict(part) for part in parts])


async def test_the_status_says_where_everything_is(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        status = await door.engine.status()
        assert (status.state, status.tunnel, status.problem) == ("online", "fixed", "")
        assert status.connector_url == "https://home.invalid/mcp"
        assert status.local_url == door.local
        assert status.data_dir == str(door.folder)
        assert str(door.folder) in status.database
        assert str(door.folder) in status.secrets
        assert [(app.name, app.path, app.tools, app.problem) for app in status.apps] == [("Tiny", "/mcp", 3, "")]
        assert any("secrets" in warning for warning in status.warnings)


async def test_waiting_requests_and_grants_are_counted(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        browser = door.browser()
        await browser.open((await door.register(name="Waits")).link())
        await door.sign_in()
        status = await door.engine.status()
        assert (status.waiting, status.grants) == (1, 1)


async def test_foreign_names_are_cleaned_in_every_answer_and_no_answer_holds_a_code(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in(await door.register(name=EVIL), who="A friend")
        browser = door.browser()
        code = code_on(await browser.open((await door.register(name=f"{EVIL}2")).link()))
        said = json.loads(await all_answers(door))
        shown = [answer["client"] for answer in said if answer.get("client")]
        assert len(shown) == 2
        assert all(name.startswith("ChattpG") and len(name) <= 64 and name.isprintable() for name in shown)
        text = json.dumps(said)
        for secret in (code, signed.code, signed.access, signed.refresh, *browser.cookies.values()):
            assert secret not in text


async def test_clients_people_and_grants_say_who_has_what(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await door.sign_in(await door.register(name="One"))
        await door.sign_in(await door.register(name="Two"), who="A friend")
        await door.register(name="Never used")
        clients = {client.name: client for client in await door.engine.clients()}
        assert {name: client.live_grants for name, client in clients.items()} == {"One": 1, "Two": 1, "Never used": 0}
        assert clients["One"].redirect_hosts == ["127.0.0.1"]
        assert clients["Never used"].used_at == 0
        assert {person.name: person.live_grants for person in await door.engine.people()} == {"me": 1, "A friend": 1}
        grants = {grant.client: grant for grant in await door.engine.grants()}
        assert grants["Two"].person == "A friend"
        assert grants["One"].scopes == ["read", "write", "offline_access"]
        assert all(grant.state == "live" and grant.resource == f"{door.local}/mcp" for grant in grants.values())


async def test_a_revoked_grant_is_refused_at_once_and_cannot_be_revoked_again(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        assert (await signed.app.call(signed.access)).status_code == 200
        (grant,) = await door.engine.grants()
        await door.engine.revoke_grant(grant.grant_id)
        assert (await signed.app.call(signed.access)).status_code == 401
        assert [g.state for g in await door.engine.grants()] == ["revoked"]
        for unknown in (grant.grant_id, "gr_nothing", ""):
            with pytest.raises(NotFoundError, match="homeport grants"):
                await door.engine.revoke_grant(unknown)


async def test_denying_names_one_request_or_all(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for name in ("One", "Two", "Three"):
            await door.browser().open((await door.register(name=name)).link())
        waiting = await door.engine.pending()
        assert [request.client for request in waiting] == ["One", "Two", "Three"]
        assert await door.engine.deny(waiting[1].number) == 1
        assert [request.client for request in await door.engine.pending()] == ["One", "Three"]
        with pytest.raises(NoSuchRequest):
            await door.engine.deny(waiting[1].number)
        assert await door.engine.deny(None) == 2
        assert await door.engine.deny(None) == 0
