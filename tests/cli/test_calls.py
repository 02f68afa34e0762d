"""`homeport calls`: what waits, shown whole before it is allowed, and allowed only as it was shown."""

from __future__ import annotations

import json

import pytest

from homeport.cli.calls import call_text, calls_text
from tests.cli.test_commands import Prompt, prompt

__all__ = ["prompt"]


def test_calls_lists_what_waits(prompt: Prompt) -> None:
    assert prompt.run("calls").output == "No call waits.\n"
    prompt.engine.call_waits()
    prompt.engine.call_waits(verified=False)
    said = prompt.run("calls")
    assert said.exit_code == 0
    assert "remove-item" in said.output
    assert "ChatGPT (unverified name)" in said.output
    assert "homeport calls allow NUMBER" in said.output
    assert [call["number"] for call in json.loads(prompt.run("calls", "--json").output)] == [1, 2]


def test_a_call_is_shown_whole_before_it_is_allowed(prompt: Prompt) -> None:
    request = prompt.engine.call_waits('{\n  "path": "photos\\u202egpj.exe",\n  "all": true\n}')
    said = prompt.run("calls", "allow", "1", "--yes")
    assert said.exit_code == 0
    for words in ("remove-item (Remove an item)", "CAN LOSE SOMETHING", "Alice", '"path": "photos\\u202egpj.exe"'):
        assert words in said.output
    assert said.output.index('"all": true') < said.output.index("It runs now.")
    assert prompt.engine.decided == {request.number: "allowed"}


def test_without_a_terminal_and_without_yes_nothing_is_allowed(prompt: Prompt) -> None:
    prompt.engine.call_waits()
    said = prompt.run("calls", "allow", "1", typed="y\n")
    assert said.exit_code == 2
    assert '"item_id": "7"' in said.output
    assert "--yes" in said.output
    assert prompt.engine.decided == {}


def test_a_call_is_denied_by_its_number(prompt: Prompt) -> None:
    prompt.engine.call_waits()
    assert prompt.run("calls", "deny", "1").output == "Call 1 is denied.\n"
    assert prompt.engine.decided == {1: "denied"}
    for arguments in (("calls", "deny", "1"), ("calls", "allow", "7", "--yes")):
        said = prompt.run(*arguments)
        assert said.exit_code == 1
        assert "homeport calls" in said.output
    assert prompt.run("calls", "deny", "0").exit_code == 2


def test_status_tells_of_paused_tools_and_of_calls_that_wait(prompt: Prompt) -> None:
    assert "homeport calls" not in prompt.run("status").output
    prompt.engine.call_waits()
    prompt.engine.paused = True
    said = prompt.run("status").output
    assert "1 call for your yes (see `homeport calls`)" in said
    assert "paused" in said


@pytest.mark.parametrize("hidden", ["\x1b[2J", "\u202e", "\u200b"])
def test_nothing_that_comes_with_a_call_acts_on_the_terminal(prompt: Prompt, hidden: str) -> None:
    request = prompt.engine.call_waits(f'{{"a": "{hidden}"}}')
    assert hidden not in call_text(request)
    assert '"a": "' in call_text(request)
    assert hidden not in calls_text([request])
