"""What a person reads in the terminal Homeport runs in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from homeport.cli.live import LiveLines, line_for, startup_text
from homeport.engine.protocol import Status, TunnelStatus
from homeport.events import (
    AppFailed,
    AppLoaded,
    ApprovalDecided,
    ApprovalRequested,
    CallAsked,
    CallDecided,
    ClientSeen,
    EngineStateChanged,
    Event,
    GrantCreated,
    GrantRevoked,
    PastedWithoutPath,
    PublicUrlChanged,
    RedirectHostWaiting,
    ToolCalled,
    ToolListOutdated,
    ToolsPaused,
    TunnelLimitNear,
    TunnelStateChanged,
    WidgetBuilt,
    WidgetFailed,
)
from tests.control.memory_engine import MemoryEngine


async def status(**changes: object) -> Status:
    return replace(await MemoryEngine().status(), **changes)  # type: ignore[arg-type]  # a test's own field names


async def test_with_a_public_url_the_next_step_is_chatgpt() -> None:
    text = startup_text(await status(), asks_here=True)
    assert text.startswith("Homeport 0.1.0 runs: Items with 5 tools.")
    assert "https://h.example.com/mcp" in text
    assert "chatgpt.com/plugins" in text
    assert "six digits: type them here" in text
    assert text.endswith("Stop with Ctrl+C.")


async def test_where_nobody_types_the_next_step_names_the_command() -> None:
    text = startup_text(await status(), asks_here=False)
    assert "homeport approve" in text
    assert "homeport stop --quit" in text


async def test_without_a_public_url_the_next_step_is_to_get_one() -> None:
    local = "http://localhost:3002/mcp"
    found = await status(public_url="", connector_url=local, tunnel_state=TunnelStatus())
    text = startup_text(found, asks_here=True)
    assert "Programs on this computer can use it" in text
    assert "at http://127.0.0.1:3002;" in text
    assert "--public-url" in text
    assert "chatgpt.com/plugins" not in text


@pytest.mark.parametrize(
    ("tunnel", "said"),
    [
        (TunnelStatus("ngrok", "starting"), "The public URL is on its way"),
        (TunnelStatus("ngrok", "needs-token", "ngrok needs its authtoken.", "Get one."), "homeport secrets set ngrok"),
        (TunnelStatus("ngrok", "needs-token", "ngrok needs its authtoken.", "Get one."), "get-started/your-authtoken"),
        (
            TunnelStatus("ngrok", "down", "ngrok's servers cannot be reached.", "Look at the network."),
            "Look at the net",
        ),
        (TunnelStatus("ssh", "error", "The key is not known.", "Connect by hand."), "Connect by hand."),
    ],
    ids=lambda value: value.state if isinstance(value, TunnelStatus) else "",
)
async def test_a_tunnel_that_is_not_up_says_what_it_waits_for(tunnel: TunnelStatus, said: str) -> None:
    text = startup_text(await status(public_url="", tunnel_state=tunnel), asks_here=True)
    assert said in text
    assert "chatgpt.com/plugins" not in text


def test_what_happens_to_the_tunnel_is_said_with_what_to_do() -> None:
    def state(name: str, **fields: str) -> str | None:
        return line_for(TunnelStateChanged(at=1, provider="ngrok", state=name, **fields))

    assert state("starting") is None
    assert state("downloading", progress="Downloading ngrok: 1.0 of 9.9 MB (10 %)") == (
        "Downloading ngrok: 1.0 of 9.9 MB (10 %)"
    )
    assert state("up", public_url="https://a.example") == "The tunnel is up: https://a.example leads here."
    assert state("down", cause="It broke.", action="Mend it.") == "Tunnel: It broke. Mend it."
    near = line_for(TunnelLimitNear(at=1, provider="ngrok", used=16_000, limit=20_000, what="requests"))
    assert near is not None
    assert "16,000 of the 20,000 requests" in near


def test_another_public_url_is_said_with_what_to_do_in_chatgpt() -> None:
    line = line_for(PublicUrlChanged(at=1, old="https://old.example", new="https://new.example"))
    assert line is not None
    assert "https://new.example now, and https://old.example no longer" in line
    assert "In ChatGPT, open the plugin at chatgpt.com/plugins, remove it, and add it again" in line


async def test_what_is_wrong_is_said_at_the_start() -> None:
    text = startup_text(await status(warnings=["The keys are in a file."]), asks_here=True)
    assert "! The keys are in a file." in text


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (EngineStateChanged(0, "online"), "Homeport is online"),
        (EngineStateChanged(0, "error", "no network"), "Homeport is error: no network"),
        (PublicUrlChanged(0, None, "https://h.example.com"), "https://h.example.com now"),
        (PublicUrlChanged(0, "https://h.example.com", None), "no public URL now"),
        (ApprovalDecided(0, 1, "sign-in", "ChatGPT", "approved", "Owner"), "ChatGPT: approved, as Owner"),
        (ApprovalDecided(0, 1, "sign-in", "ChatGPT", "denied"), "ChatGPT: denied"),
        (ClientSeen(0, "c", "ChatGPT", "cimd"), "New client: ChatGPT (verified host)"),
        (ClientSeen(0, "c", "ChatGPT", "dcr"), "New client: ChatGPT (unverified name)"),
        (RedirectHostWaiting(0, "client.example", "Some client"), "homeport clients allow client.example"),
        (GrantRevoked(0, "grant-1", "the owner revoked it"), "Access ended: the owner revoked it"),
        (ToolCalled(0, "g", "c", "p", "add-item", 200, 0, "ok", 3.2, "{}"), "add-item: ok, 3 ms"),
        (CallAsked(0, 3, "forget", "ChatGPT", "Alice", 1), "ChatGPT wants to use forget for Alice."),
        (CallAsked(0, 3, "forget", "ChatGPT", "Alice", 1), "homeport calls allow 3"),
        (CallDecided(0, 3, "forget", "denied"), "Call 3 of forget: denied"),
        (ToolsPaused(0, True), "The tools are paused."),
        (ToolsPaused(0, False), "The tools run again."),
        (ToolListOutdated(0, "c", "ChatGPT"), "press Refresh"),
        (AppLoaded(0, "Recipes", 1), "Recipes is loaded, 1 tool"),
        (AppFailed(0, "Recipes", "app.py, line 3"), "Recipes has an error"),
        (WidgetBuilt(0, "recipe-list", 83.6), "recipe-list is built, 84 ms"),
        (
            WidgetFailed(0, "recipe-list", "build", "widgets/recipe-list.tsx:3:5: Unexpected token"),
            "list.tsx:3:5: Unexp",
        ),
        (WidgetFailed(0, "recipe-list", "types", "widgets/recipe-list.tsx:3:5: No such tool"), "Types: widgets/recipe"),
        (PastedWithoutPath(0), "without its path"),
    ],
)
def test_each_event_that_concerns_a_person_is_one_short_line(event: Event, words: str) -> None:
    line = line_for(event)
    assert line is not None
    assert words in line
    assert "\n" not in line


def test_a_request_is_said_by_the_conversation_and_a_grant_by_its_approval() -> None:
    assert line_for(ApprovalRequested(0, 1, "sign-in", "ChatGPT", "chatgpt.com", 1, verified=True, notify=True)) is None
    assert line_for(GrantCreated(0, "grant-1", "ChatGPT", "Owner")) is None


def test_what_a_tool_was_called_with_is_not_shown() -> None:
    line = line_for(ToolCalled(0, "g", "c", "p", "add-item", 200, 0, "ok", 3.2, '{"title": "canary"}'))
    assert "canary" not in str(line)


def test_foreign_text_in_an_event_cannot_touch_the_terminal() -> None:
    assert "\x1b" not in str(line_for(ToolListOutdated(0, "c", "Chat\x1b[2JGPT")))


async def test_tool_calls_are_shown_a_few_a_moment_and_counted_beyond_that() -> None:
    said: list[str] = []
    live = LiveLines(said.append)
    for _ in range(12):
        live.heard(ToolCalled(0, "gr", "client", "person", "get-items", 200, 0, "ok", 3.2, ""))
    assert said == []
    live.show_calls()
    assert len(said) == 6
    assert said[0].endswith("get-items: ok, 3 ms")
    assert said[-1].strip() == "and 7 more tool calls"
    live.show_calls()
    assert len(said) == 6


async def test_anything_but_a_tool_call_is_shown_at_once() -> None:
    said: list[str] = []
    LiveLines(said.append).heard(GrantRevoked(0, "gr", "revoked by the owner"))
    assert len(said) == 1


async def test_strangers_cannot_scroll_the_terminal() -> None:
    said: list[str] = []
    live = LiveLines(said.append)
    for second in range(50):
        live.heard(ClientSeen(second, "dcr_x", "Somebody", "dcr"))
    assert len(said) == 7
    assert "see `homeport clients`" in said[-1]
    live.heard(ClientSeen(60, "dcr_x", "Somebody", "dcr"))
    assert len(said) == 8


async def test_tools_that_could_not_be_loaded_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await status()
    broken = replace(found.apps[0], problem="app.py, line 3: invalid syntax.")
    text = startup_text(replace(found, apps=[broken], warnings=[broken.problem, "Another."]), asks_here=True)
    assert text.splitlines()[0].endswith("runs, but its tools are not loaded:")
    assert text.splitlines()[1] == "! app.py, line 3: invalid syntax."
    assert text.count("invalid syntax") == 1
    assert "! Another." in text


async def test_the_next_command_is_one_that_can_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    local = "http://localhost:4002"
    none = TunnelStatus()
    found = await status(public_url="", connector_url=f"{local}/mcp", local_url=local, tunnel_state=none)
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")
    text = startup_text(found, asks_here=True)
    assert "uv run homeport --public-url https://homeport.example.com --port 4002" in text
    monkeypatch.delenv("UV_RUN_RECURSION_DEPTH")
    assert " homeport --public-url" in startup_text(found, asks_here=True)
