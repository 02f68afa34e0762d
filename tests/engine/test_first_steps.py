"""The first steps as a client takes them: what ticks over HTTP, and what does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2

from homeport.events import Discovered, Event, WidgetShown
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
            assert [event.client for event in await read(**{"User-Agent": "openai-mcp/1.0"})] == ["openai-mcp/1.0"]
            for _ in range(5):
                assert len(await read()) == 1, "a stranger who asks again and again is told of once a minute"


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
