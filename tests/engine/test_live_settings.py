"""Rules and token lives count as soon as their file says so; a file with an error changes nothing."""

from __future__ import annotations

import os
from pathlib import Path

from homeport.engine.engine import Engine
from homeport.engine.live_settings import LiveSettings
from homeport.settings import LoadedSettings, load_settings
from homeport.settings.write import replace
from tests.auth.outside import HandClock


def loaded_from(folder: Path) -> LoadedSettings:
    return load_settings(options={"data_dir": folder, "port": None}, environ={}, cwd=folder)


def write(folder: Path, text: str) -> None:
    (folder / "homeport.toml").write_text(text)


def test_a_rule_counts_within_a_second_of_being_written(tmp_path: Path) -> None:
    timer = HandClock()
    heard: list[LoadedSettings] = []
    live = LiveSettings(loaded_from(tmp_path), heard.append, timer=timer)
    assert live.rule("add-item", "write") == "allow"
    write(tmp_path, 'access_token_minutes = 5\n[rules]\nadd-item = "block"\n')
    assert live.rule("add-item", "write") == "allow"
    timer.now += 1
    assert live.rule("add-item", "write") == "block"
    assert [new.access_token_seconds for new in heard] == [300]
    (tmp_path / "homeport.toml").unlink()
    timer.now += 1
    assert live.rule("add-item", "write") == "allow"


def test_a_rule_that_takes_the_place_of_one_as_long_within_the_same_second_counts(tmp_path: Path) -> None:
    file = tmp_path / "homeport.toml"
    replace(file, '[rules]\nadd-item = "allow"\n')
    os.utime(file, (1_000, 1_000))
    live = LiveSettings(loaded_from(tmp_path), lambda new: None)
    replace(file, '[rules]\nadd-item = "block"\n')
    os.utime(file, (1_000, 1_000))
    live.look()
    assert live.rule("add-item", "write") == "block"


def test_a_file_with_an_error_keeps_the_rules_from_before_and_says_so(tmp_path: Path) -> None:
    write(tmp_path, '[rules]\nadd-item = "block"\n')
    timer = HandClock()
    heard: list[LoadedSettings] = []
    live = LiveSettings(loaded_from(tmp_path), heard.append, timer=timer)
    write(tmp_path, '[rules]\nadd-item = "alow"\n')
    timer.now += 1
    assert live.rule("add-item", "write") == "block"
    assert "rules" in live.problem
    assert "stay in force" in live.problem
    write(tmp_path, '[rules]\nadd-item = "allow"\n')
    timer.now += 1
    assert live.rule("add-item", "write") == "allow"
    assert live.problem == ""
    assert len(heard) == 1


def test_a_rule_for_no_tool_is_told_with_the_tool_that_is_meant(tmp_path: Path) -> None:
    write(tmp_path, '[rules]\nadd_item = "block"\nsearch = "allow"\n')
    live = LiveSettings(loaded_from(tmp_path), lambda new: None)
    assert live.idle_rules(["get-items", "add-item", "search"]) == [
        "The rule for 'add_item' applies to no tool. Do you mean 'add-item'?"
    ]


async def test_between_a_stop_and_a_start_the_port_and_the_public_url_are_read_again(tmp_path: Path) -> None:
    write(tmp_path, "port = 0\n")
    engine = Engine(loaded_from(tmp_path), environ={})
    await engine.start()
    try:
        first = engine.origins.port
        assert (await engine.status()).public_url == ""
        await engine.stop()
        write(tmp_path, 'port = 0\npublic_url = "https://home.invalid"\n')
        await engine.start()
        assert engine.origins.port == first
        assert (await engine.status()).public_url == "https://home.invalid"
    finally:
        await engine.close()


async def test_a_listener_open_to_the_network_and_a_slip_in_a_rule_are_warnings(tmp_path: Path) -> None:
    write(tmp_path, 'port = 0\nhost = "0.0.0.0"\n[rules]\nadd_item = "block"\n')
    engine = Engine(loaded_from(tmp_path), environ={})
    await engine.start()
    try:
        warnings = " ".join((await engine.status()).warnings)
        assert "open to the networks of this computer" in warnings
        assert "Do you mean 'add-item'?" in warnings
    finally:
        await engine.close()
