"""The first steps as a client takes them: what ticks over HTTP, and what does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest

from homeport import App, Widget
from homeport.engine import facts
from homeport.engine.first_times import FACT, MOST_PLACES
from homeport.engine.protocol import Step
from homeport.engine.served import BuiltIn
from homeport.events import Discovered, Event, GrantCreated, WidgetShown
from homeport.mcp_server.callers import PREVIEW_CLIENT, LocalCaller
from homeport.mcp_server.dispatch import Request
from homeport.mcp_server.headers import Headers
from homeport.mcp_server.messages import parse_message
from homeport.mcp_server.protocol import Era
from homeport.people.person import Person
from tests.engine.engines import running

WELL_KNOWN = "/.well-known/oauth-protected-resource/mcp"


async def test_a_client_that_reads_the_metadata_has_found_it_and_homeport_itself_has_not(tmp_path: Path) -> None:
    told: list[Event] = []
    async with running(tmp_path / "data", tunnel=None, public_url="https://home.example.com") as engine:
        engine.events.subscribe(told.append)
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{engine.origins.port}", trust_env=False) as http:

            async def read(path: str = WELL_KNOWN, **headers: str) -> list[Discovered]:
                host = {"Host": "home.example.com", **headers}
                assert (await http.get(path, headers=host)).status_code == 200
                return [event for event in told if isinstance(event, Discovered)]

            own = engine._probe.headers
            assert await read(**own) == []
            assert await read(**{"User-Agent": "Homeport-doctor/1"}) == []
            assert await read("/.well-known/jwks.json") == []
            (found,) = await read(**{"User-Agent": "openai-mcp/1.0"})
            assert (found.client, found.origin) == ("openai-mcp/1.0", "https://home.example.com")
            for _ in range(5):
                assert len(await read()) == 1, "a stranger who asks again and again is told of once a minute"
            local = engine.origins.local
            assert [event.origin for event in await read(Host=local.host)][1:] == [local.url], "at each address"


async def test_a_page_counts_as_fetched_when_a_client_that_signed_in_has_read_it(tmp_path: Path) -> None:
    told: list[Event] = []
    async with running(tmp_path / "data") as engine:
        engine.events.subscribe(told.append)
        (dispatch,) = engine.rooms.dispatches.values()
        (address,) = engine.rooms.widgets["/mcp"].addresses().values()

        async def read(uri: str, grant: str = "g1", client: str = "c1") -> list[WidgetShown]:
            caller = LocalCaller(Person("p1"), frozenset({"read"}), client, "Client", grant)
            await dispatch.answer(request("resources/read", {"uri": uri}, caller))
            return [event for event in told if isinstance(event, WidgetShown)]

        assert await read(address, client=PREVIEW_CLIENT) == []
        assert await read(address, grant="") == []
        assert [(event.widget, event.stage) for event in await read(address)] == [("list-view", "fetched")]
        assert len(await read(address)) == 1


def request(method: str, params: dict[str, Any], caller: LocalCaller) -> Request:
    message = parse_message(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode())
    return Request(message, Era("2025-11-25", modern=False), caller, NO_HEADERS, {})


NO_HEADERS = Headers({}, ())


ONE, TWO = "https://one.example.com", "https://two.example.com"


async def steps_at(url: str, folder: Path, *events: Event) -> dict[str, Step]:
    """The steps of a Homeport at this public URL, after these events."""
    async with running(folder, public_url=url) as engine:
        for event in events:
            engine.events.publish(event)
        return {step.name: step for step in (await engine.checklist()).steps}


async def test_another_address_must_be_added_to_chatgpt_again_and_an_old_one_that_is_back_need_not(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    first = await steps_at(ONE, data, Discovered(1, "ChatGPT", ONE), GrantCreated(1, "g1", "ChatGPT", "me", ONE))
    assert [first[name].state for name in ("discovery", "sign-in")] == ["done", "done"]

    moved = await steps_at(TWO, data)
    assert [moved[name].state for name in ("discovery", "sign-in")] == ["failed", "later"]
    assert moved["discovery"].problem.startswith("The address has changed")
    assert "remove it, and add it again" in moved["discovery"].action

    found = await steps_at(TWO, data, Discovered(2, "ChatGPT", TWO))
    assert [found[name].state for name in ("discovery", "sign-in")] == ["done", "now"]
    again = await steps_at(TWO, data, GrantCreated(2, "g2", "ChatGPT", "me", TWO))
    assert [again[name].state for name in ("discovery", "sign-in")] == ["done", "done"]
    back = await steps_at(ONE, data)
    assert [back[name].state for name in ("discovery", "sign-in")] == ["done", "done"]


async def test_a_program_on_this_computer_that_found_it_says_nothing_about_chatgpt(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as engine:
        async with httpx2.AsyncClient(base_url=engine.origins.local.url, trust_env=False) as http:
            assert (await http.get(WELL_KNOWN)).status_code == 200
        engine.events.publish(GrantCreated(1, "g1", "Some client", "me", engine.origins.local.issuer))
    outside = await steps_at(ONE, tmp_path / "data")
    assert (outside["discovery"].state, outside["discovery"].problem) == ("now", "")


async def test_what_was_seen_before_addresses_were_kept_counts_at_each(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as engine:
        old = json.dumps({"discovery": 7, "sign-in": 8})
        await engine.rooms.database.transaction(lambda tx: facts.write(tx, FACT, old))
    seen = await steps_at(ONE, tmp_path / "data")
    assert [(seen[name].state, seen[name].at) for name in ("discovery", "sign-in")] == [("done", 7), ("done", 8)]


async def test_a_tunnel_with_another_name_at_each_start_does_not_fill_the_memory(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as engine:
        for number in range(3 * MOST_PLACES):
            engine.events.publish(Discovered(number, "ChatGPT", f"https://n{number}.example.com"))
        newest = f"https://n{3 * MOST_PLACES - 1}.example.com"
    async with running(tmp_path / "data") as engine:
        kept = await engine.rooms.database.transaction(lambda tx: facts.read(tx, FACT))
        assert len(json.loads(kept or "")["places"]["discovery"]) == MOST_PLACES
        assert not engine.rooms.first_times.moved_to(newest)
        assert engine.rooms.first_times.moved_to("https://n0.example.com")


@pytest.mark.parametrize(("access", "last"), [(None, "widget-fetched"), ("model+app", "widget-started")])
async def test_a_view_that_can_use_no_tool_is_never_waited_for_to_start(
    access: Literal["model+app"] | None, last: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = App("Recipes")

    @app.tool(effect="read", widget=Widget("list-view"))
    async def find_recipes() -> str:
        """Find recipes."""
        return ""

    @app.tool(effect="write", widget_access=access)
    async def rate_recipe() -> str:
        """Rate a recipe."""
        return ""

    monkeypatch.setattr("homeport.engine.engine.app_sources", lambda *_, **__: {"/mcp": BuiltIn(app)})
    async with running(tmp_path / "data") as engine:
        assert [step.name for step in (await engine.checklist()).steps][-1] == last
