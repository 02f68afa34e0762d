"""What dashboard and tray ask a whole engine: tools, rules, pause, activity, settings, logs, and the first steps."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from homeport.approvals.call_desk import Answer, AskedCall
from homeport.engine.engine import Engine
from homeport.engine.first_times import STEPS
from homeport.errors import HomeportError, NotFoundError, SettingsError
from homeport.events import (
    ApprovalDecided,
    Discovered,
    Event,
    GrantCreated,
    ToolCalled,
    ToolsPaused,
    WidgetShown,
)
from homeport.mcp_server.callers import PREVIEW_CLIENT
from homeport.settings import load_settings
from homeport.settings.write import with_entry
from tests.engine.engines import engine_for, running

NOW = time.time() - 3600


def called(tool: str, *, outcome: str = "ok", at: float = NOW, **given: Any) -> ToolCalled:
    facts = {"grant_id": "g1", "client_id": "c1", "person_id": "p1", "http": 200, "rpc": 0, "milliseconds": 1.5}
    return ToolCalled(at, tool=tool, outcome=outcome, arguments="words: text of 4", **{**facts, **given})


async def test_the_tools_are_told_with_their_hints_schema_and_rule(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as engine:
        tools = {tool.name: tool for tool in await engine.tools()}
        add = tools["add-item"]
        assert (add.effect, add.read_only, add.destructive, add.rule, add.default_rule) == (
            "write", False, False, "allow", "allow",
        )  # fmt: skip
        assert add.input_schema["properties"]["title"]
        assert add.rule_from == ""
        assert tools["get-items"].widget == "list-view"


async def test_a_rule_is_written_into_the_owners_file_and_counts_at_once(tmp_path: Path) -> None:
    file = tmp_path / "data" / "homeport.toml"
    file.parent.mkdir(mode=0o700)
    file.write_text("# mine\n[rules]\n# because\nsearch = 'block' # yes\n")
    async with running(tmp_path / "data") as engine:
        await engine.set_rule("add-item", "ask")
        rules = {tool.name: (tool.rule, tool.rule_from) for tool in await engine.tools()}
        assert rules["add-item"][0] == "ask"
        assert str(file) in rules["add-item"][1]
        assert rules["search"][0] == "block"
        assert engine.rooms.live.rule("add-item", "write") == "ask"
        text = file.read_text()
        assert "# mine" in text
        assert "# because" in text
        assert "# yes" in text
        await engine.set_rule("add-item", "default")
        await engine.set_rule("search", "default")
        assert engine.rooms.live.rule("search", "read") == "allow"
        with pytest.raises(NotFoundError):
            await engine.set_rule("no-such-tool", "block")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[rules]\nadd-item = "ask"\n'),
        ("rules = {}\n", 'rules = {add-item = "ask"}\n'),
        ('rules.search = "block" # why\n', 'rules.search = "block" # why\nrules.add-item = "ask"\n'),
        ("# first\naccess_token_minutes = 5\n", '# first\naccess_token_minutes = 5\n\n[rules]\nadd-item = "ask"\n'),
    ],
)
def test_a_rule_finds_its_place_in_whatever_form_the_file_has(tmp_path: Path, before: str, after: str) -> None:
    file = tmp_path / "homeport.toml"
    file.write_text(before)
    assert with_entry(file, "rules", "add-item", "ask") == after
    assert file.read_text() == before


@pytest.mark.parametrize("broken", ["rules = 5\n", "rules = [1]\n", "[rules]\n'a b' = 'allow'\n", "no toml"])
def test_a_file_that_is_wrong_already_is_refused_and_not_made_worse(tmp_path: Path, broken: str) -> None:
    file = tmp_path / "homeport.toml"
    file.write_text(broken)
    with pytest.raises(SettingsError):
        with_entry(file, "rules", "add-item", "ask")


async def test_a_rule_that_something_else_decides_is_refused_with_words(tmp_path: Path) -> None:
    async with running(tmp_path / "data", rules=("add-item=block",)) as engine:
        with pytest.raises(SettingsError) as refused:
            await engine.set_rule("search", "block")
        assert "--rule" in refused.value.hint
        assert not (tmp_path / "data" / "homeport.toml").exists()


async def test_pausing_is_told_and_outlives_a_restart(tmp_path: Path) -> None:
    told: list[Event] = []
    async with running(tmp_path / "data") as engine:
        engine.events.subscribe(told.append)
        await engine.pause()
        await engine.pause()
        assert (await engine.status()).paused
    async with running(tmp_path / "data") as engine:
        assert (await engine.status()).paused
        engine.events.subscribe(told.append)
        await engine.resume()
        assert not (await engine.status()).paused
        assert (await engine.status()).computer
    assert [event.paused for event in told if isinstance(event, ToolsPaused)] == [True, False]
    async with running(tmp_path / "data") as engine:
        assert not (await engine.status()).paused


async def test_activity_comes_in_pages_and_can_be_searched(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as engine:
        for number in range(5):
            engine.events.publish(called(f"tool-{number}", at=NOW + number))
        engine.events.publish(called("100%_odd", at=NOW + 10, client_id=PREVIEW_CLIENT))
        engine.events.publish(ApprovalDecided(NOW + 20, 1, "sign-in", "ChatGPT", "approved", "Alice"))
        newest = await engine.activity(2, "", "")
        assert [line.kind for line in newest] == ["approval_decided", "tool_called"]
        assert (newest[1].client, newest[1].preview) == ("Homeport preview", True)
        older = await engine.activity(10, newest[-1].activity_id, "")
        assert [line.tool for line in older] == [f"tool-{number}" for number in (4, 3, 2, 1, 0)]
        assert (older[0].http, older[0].outcome, older[0].milliseconds) == (200, "ok", 1.5)
        assert not any(line.preview for line in older)
        for query, found in (("TOOL-3", 1), ("%_", 1), ("alice", 1), ("preview", 1), ("nothing like it", 0), ("'", 0)):
            assert len(await engine.activity(10, "", query)) == found, query
        assert await engine.activity(10, "0", "") == []


async def test_the_form_of_settings_says_what_holds_and_why_something_cannot_be_changed(tmp_path: Path) -> None:
    loaded = load_settings(
        options={"data_dir": tmp_path / "data", "port": 0},
        environ={"HOMEPORT_LOG_FORMAT": "json", "HOMEPORT_DATABASE_URL": "postgresql://x:hunter2@localhost/none"},
        cwd=tmp_path,
    )
    lines = {line.name: line for line in await Engine(loaded).settings()}
    assert (lines["port"].value, lines["port"].source, lines["port"].editable) == ("0", "--port", False)
    assert lines["log_format"].source == "HOMEPORT_LOG_FORMAT in the environment"
    assert "HOMEPORT_LOG_FORMAT" in lines["log_format"].why_not
    assert lines["log_format"].choices == ["text", "json"]
    assert lines["people"].editable
    assert lines["people"].kind == "list"
    assert not lines["data_dir"].editable
    assert lines["database_url"].value == ""
    assert "hunter2" not in str(lines)
    for line in lines.values():
        assert line.value == "" or json.loads(line.value) is not Ellipsis


async def test_a_changed_setting_is_written_and_said_to_count_when_it_does(tmp_path: Path) -> None:
    engine = engine_for(tmp_path / "data")
    changed = await engine.change_setting("access_token_minutes", "30")
    assert (changed.applies, changed.note) == ("now", "This counts at once.")
    lines = {line.name: line for line in await engine.settings()}
    assert lines["access_token_minutes"].value == "30"
    assert lines["access_token_minutes"].source == "homeport.toml in the data folder"
    await engine.change_setting("access_token_minutes", None)
    assert (tmp_path / "data" / "homeport.toml").read_text().strip() == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nothing", "1"),
        ("access_token_minutes", '"30"'),
        ("access_token_minutes", "99999"),
        ("access_token_minutes", "no json"),
        ("access_token_minutes", "[" * 5_000),
        ("people", '"nobody at all"'),
        ("allowed_origins", "[1]"),
        ("sign_in", '"privy"'),  # alone it is a value that fits, and there is no app to sign in with
        ("port", "3333"),  # an option decides
        ("data_dir", '"/tmp"'),
    ],
)
async def test_what_does_not_fit_is_refused_and_nothing_is_written(tmp_path: Path, name: str, value: str) -> None:
    file = tmp_path / "data" / "homeport.toml"
    file.parent.mkdir(mode=0o700)
    file.write_text("# as it was\nlog_format = 'json'\n")
    engine = engine_for(tmp_path / "data")
    with pytest.raises(SettingsError):
        await engine.change_setting(name, value)
    assert file.read_text() == "# as it was\nlog_format = 'json'\n"


async def test_the_log_keeps_what_was_said_and_nothing_that_acts_on_a_screen(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as engine:
        logging.getLogger("homeport.test").warning("a\x1b[2J line of %s", "many\nlines")
        line = (await engine.logs(500))[-1]
        assert (line.level, line.text) == ("warning", "homeport.test: a[2J line of many lines")
        assert len(await engine.logs(1)) == 1
        rooms = engine.rooms
    logging.getLogger("homeport.test").warning("after the end")
    assert "after the end" not in rooms.logs.last(1)[0].text


async def test_the_first_steps_tick_themselves_and_stay_ticked(tmp_path: Path) -> None:
    async with running(tmp_path / "data", public_url="https://home.example.com") as engine:

        async def states() -> list[str]:
            return [step.state for step in (await engine.checklist()).steps]

        start = await engine.checklist()
        assert [step.title for step in start.steps][:3] == [
            "Homeport runs", "It has a public address", "Add it to ChatGPT",
        ]  # fmt: skip
        assert tuple(step.name for step in start.steps) == STEPS
        assert await states() == ["done", "done", "now", *["later"] * 5]
        assert start.form.url == "https://home.example.com/mcp"
        assert start.form.authentication == "OAuth"
        assert start.prompt.startswith("Show me my items")
        engine.events.publish(Discovered(1.0, "openai-mcp"))
        engine.events.publish(GrantCreated(1.0, "g1", "ChatGPT", "me"))
        assert await states() == ["done"] * 4 + ["now"] + ["later"] * 3
        engine.events.publish(called("get-items", client_id=PREVIEW_CLIENT))
        assert (await states())[4] == "now", "the owner's own preview is no first call"
        engine.events.publish(called("get-items", outcome="internal_error"))
        failed = (await engine.checklist()).steps[4]
        assert failed.state == "failed"
        assert "internal_error" in failed.problem
        engine.events.publish(called("perform-item-action"))
        assert await states() == ["done"] * 5 + ["now", "later", "later"]
        engine.events.publish(called("get-items"))
        engine.events.publish(called("perform-item-action"))
        assert await states() == ["done"] * 6 + ["now", "later"], "nothing has started that was not fetched"
        engine.events.publish(WidgetShown(1.0, "list-view", "fetched"))
        engine.events.publish(called("perform-item-action"))
        assert await states() == ["done"] * 8
    async with running(tmp_path / "data", public_url="https://home.example.com") as engine:
        assert {step.state for step in (await engine.checklist()).steps} == {"done"}


async def test_a_call_that_waits_for_the_owner_is_told_with_everything_and_can_be_allowed(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as engine:
        desk = engine.rooms.calls
        asked = AskedCall("g1", "p1", "Alice", "c1", "ChatGPT", "add-item", "Add", "write", '{"title": "x"}', "ab" * 32)
        task = asyncio.create_task(desk.ask(asked))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        (call,) = await engine.calls()
        assert (call.tool, call.person, call.client, call.client_verified, call.waiting) == (
            "add-item", "Alice", "ChatGPT", False, True,
        )  # fmt: skip
        assert (await engine.status()).calls_waiting == 1
        await engine.allow_call(call.number, call.digest)
        assert await task is Answer.GO
        with pytest.raises(HomeportError):
            await engine.deny_call(call.number)
