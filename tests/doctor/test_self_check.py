"""Homeport asks itself once after a start with a public URL, says what it found, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from homeport.clock import system_clock, system_randomness
from homeport.engine.engine import Engine
from homeport.engine.self_check import MOST_REQUESTS
from homeport.engine.self_check_access import SelfCheckAccess
from homeport.events import (
    ApprovalRequested,
    Discovered,
    Event,
    GrantCreated,
    GrantRevoked,
    SelfChecked,
    SelfCheckFailed,
    ToolListOutdated,
    WidgetShown,
)
from tests.doctor import faults
from tests.doctor.front import Front, page
from tests.doctor.internet import Internet
from tests.doctor.servers import HOME, homeport
from tests.engine.engines import NamedTunnel, engine_for
from tests.judges.tls import Authority


@asynccontextmanager
async def checked(folder: Path, /, **options: Any) -> AsyncIterator[tuple[Engine, Front, list[Event]]]:
    """A Homeport that has checked itself, what stands in front of it, and what happened since."""
    authority, front = Authority(folder), Front(None)
    internet = Internet(authority)
    happened: list[Event] = []
    async with authority.place(HOME, front.answer) as place:
        internet.has(place)
        async with homeport(folder, internet, front, **options) as engine:
            engine.events.subscribe(happened.append)
            yield engine, front, happened


async def test_a_check_asks_nobody_for_anything_and_leaves_no_grant_and_no_person(tmp_path: Path) -> None:
    async with checked(tmp_path) as (engine, front, happened):
        front.heal()
        assert (await engine.doctor("")).ok
        unwanted = (ApprovalRequested, Discovered, GrantCreated, GrantRevoked, ToolListOutdated, WidgetShown)
        assert [event for event in happened if isinstance(event, unwanted)] == []
        assert [event.ok for event in happened if isinstance(event, SelfChecked)] == [True]
        assert await engine.pending() == []
        assert await engine.grants() == []
        assert await engine.people() == []
        lists = await engine.rooms.database.transaction(lambda tx: tx.all("SELECT * FROM tool_lists"))
        assert lists == []
        assert [client.name for client in await engine.clients()] == ["Homeport doctor"]
        await engine.doctor("")
        assert len(await engine.clients()) == 1


async def test_what_a_check_finds_is_told_and_stays_a_warning_until_it_is_gone(tmp_path: Path) -> None:
    async with checked(tmp_path) as (engine, front, happened):
        assert not any("Issuer" in warning for warning in (await engine.status()).warnings)
        front.back = faults.server(issuer="https://old.test")
        report = await engine.doctor("")
        assert (report.ok, report.first_failed) == (False, "issuer")
        failed = [event for event in happened if isinstance(event, SelfCheckFailed)]
        assert [event.hop for event in failed] == ["issuer"]
        assert "https://old.test" in failed[0].cause
        assert [w for w in (await engine.status()).warnings if w.startswith("Issuer: The resource sends people")]
        front.heal()
        assert (await engine.doctor(f"https://{HOME}")).ok
        assert not any("Issuer" in warning for warning in (await engine.status()).warnings)


APP = """
from homeport import App, Widget

app = App("Shown")

@app.tool(effect="read", widget=Widget("words"))
def show() -> str:
    \"\"\"Show words.\"\"\"
    return ""
"""


async def test_where_two_apps_are_served_the_second_address_is_asked_too_and_the_requests_are_no_more(
    tmp_path: Path,
) -> None:
    (tmp_path / "shown" / "widgets").mkdir(parents=True)
    (tmp_path / "shown" / "app.py").write_text(APP, encoding="utf-8")
    (tmp_path / "shown" / "widgets" / "words.html").write_text("<p>Words</p>", encoding="utf-8")
    (tmp_path / "notes").mkdir()
    options = {"app": str(tmp_path / "shown"), "folder": str(tmp_path / "notes")}
    async with checked(tmp_path, **options) as (engine, front, happened):
        assert len(front.seen) <= MOST_REQUESTS
        front.heal()
        assert (await engine.doctor("")).ok
        assert [asked.path for asked in front.seen].count("/folder/mcp") == 1
        assert len(front.seen) <= MOST_REQUESTS

        lost = page("<title>Not here</title>", 404)
        front.back = lambda asked, reply: lost if asked.path == "/folder/mcp" else reply
        report = await engine.doctor("")
        assert (report.ok, report.first_failed) == (False, "reach")
        found = next(hop for hop in report.hops if hop.name == "reach")
        assert found.detail.startswith(f"https://{HOME}/folder/mcp: A web page titled 'Not here'")
        assert [event.hop for event in happened if isinstance(event, SelfCheckFailed)] == ["reach"]
        assert any(f"https://{HOME}/folder/mcp" in warning for warning in (await engine.status()).warnings)

        front.back = lambda asked, reply: (
            reply.with_header("www-authenticate", None) if asked.path == "/folder/mcp" else reply
        )
        assert (await engine.doctor("")).first_failed == "challenge"


async def test_no_token_goes_to_a_server_that_something_is_wrong_with(tmp_path: Path) -> None:
    async with checked(tmp_path) as (engine, front, _):
        front.heal()
        front.back = faults.server(issuer="https://old.test")
        await engine.doctor("")
        assert [asked for asked in front.seen if "authorization" in asked.headers] == []


async def test_the_own_tunnels_name_that_dns_does_not_know_is_no_slip_of_the_pen(tmp_path: Path) -> None:
    internet = Internet(Authority(tmp_path))
    engine = engine_for(tmp_path / "data", tunnel=NamedTunnel("calm-lake"), network=internet)
    failed: asyncio.Queue[SelfCheckFailed] = asyncio.Queue()
    engine.events.subscribe(lambda event: failed.put_nowait(event) if isinstance(event, SelfCheckFailed) else None)
    await engine.start()
    try:
        found = await failed.get()
        assert (found.hop, "calm-lake.tunnel.invalid has no address" in found.cause) == ("dns", True)
        assert "Homeport's own tunnel (named)" in found.fix
        assert "`homeport stop`, then `homeport start`" in found.fix
        by_hand = (await engine.doctor("https://typed.invalid/mcp")).hops
        assert next(hop.fix for hop in by_hand if hop.name == "dns").startswith("Look for a slip of the pen.")
    finally:
        await engine.close()


async def test_a_public_url_that_a_person_typed_may_hold_a_slip_of_the_pen(tmp_path: Path) -> None:
    internet = Internet(Authority(tmp_path))
    engine = engine_for(tmp_path / "data", public_url="https://typed.invalid", network=internet)
    failed: asyncio.Queue[SelfCheckFailed] = asyncio.Queue()
    engine.events.subscribe(lambda event: failed.put_nowait(event) if isinstance(event, SelfCheckFailed) else None)
    await engine.start()
    try:
        assert (await failed.get()).fix.startswith("Look for a slip of the pen.")
    finally:
        await engine.close()


async def test_each_start_is_checked_once(tmp_path: Path) -> None:
    async with checked(tmp_path) as (engine, front, _):
        again = asyncio.Event()
        engine.events.subscribe(lambda event: again.set() if isinstance(event, SelfChecked) else None)
        await engine.stop()
        assert "Run `homeport start`" in next(h.fix for h in (await engine.doctor("")).hops if h.name == "running")
        front.heal()
        await engine.start()
        front.port = engine.origins.port
        await again.wait()
        assert [asked.path for asked in front.seen].count("/register") == 1


async def test_the_checks_own_token_calls_no_tool_and_ends_with_the_check(tmp_path: Path) -> None:
    async with checked(tmp_path) as (engine, _, _):
        assert engine.origins.public is not None
        public = engine.origins.public
        access = SelfCheckAccess(engine.rooms, public, clock=system_clock, random=system_randomness)
        assert await access.token("https://old.test/mcp") == ""
        token = await access.token(public.resource("/mcp"))
        called = await post(engine, token, "tools/call", {"name": "get-items", "arguments": {}})
        assert called.status_code == 403
        assert (await engine.grants(), await engine.people(), (await engine.status()).grants) == ([], [], 0)
        assert (await post(engine, token, "tools/list", {})).json()["result"]["tools"]
        await access.close()
        assert (await post(engine, token, "tools/list", {})).status_code == 401


async def post(engine: Engine, token: str, method: str, params: dict[str, object]) -> httpx2.Response:
    """One message by the public name, as a tunnel brings it."""
    headers = {"host": HOME, "authorization": f"Bearer {token}", "content-type": "application/json"}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.post(f"http://127.0.0.1:{engine.origins.port}/mcp", headers=headers, content=body)
