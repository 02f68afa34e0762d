"""`homeport people` as the owner uses it: who is there, who may come, who no longer may, and what each answer says."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.cli.test_commands import Prompt, prompt

__all__ = ["prompt"]


def test_while_nobody_is_known_it_says_how_people_come_in(prompt: Prompt) -> None:
    said = prompt.run("people").output
    assert "Nobody yet" in said
    assert "homeport approve CODE" in said
    assert "homeport people invite EMAIL" in said


def test_people_are_listed_with_how_they_came_in_and_when_they_were_last_here(prompt: Prompt) -> None:
    prompt.engine.ask("428193")
    prompt.run("approve", "428193", "--yes", "--as", "me")
    prompt.engine.comes("Alice", "alice@example.com", "work@example.org")
    prompt.engine.comes("Bob", admitted_as="listed")
    prompt.engine.comes("", "carol@example.org", admitted_as="", grants=0)
    header, owner, alice, bob, carol = prompt.run("people").output.splitlines()
    assert header.split() == ["NAME", "E-MAIL", "SIGNS", "IN", "BY", "LET", "IN", "LAST", "SEEN", "GRANTS", "ID"]
    assert "by your code" in owner
    assert "alice@example.com +1" in alice
    assert "invited by e-mail" in alice
    assert "did:privy:2" in alice
    assert "Nov 2023" in alice
    assert "on the list" in bob
    assert "not yet" in carol
    assert prompt.run("people", "list").output.splitlines()[0] == header


def test_a_script_reads_people_and_invitations(prompt: Prompt) -> None:
    prompt.engine.comes("Alice", "alice@example.com")
    prompt.run("people", "invite", "bob@example.org")
    for arguments in (("people", "--json"), ("people", "list", "--json"), ("people", "--json", "list")):
        said = json.loads(prompt.run(*arguments).output)
        assert said["people"][0]["emails"] == ["alice@example.com"]
        assert said["invitations"] == [{"email": "bob@example.org", "invited_at": 1_700_000_000}]


def test_an_invitation_says_whom_it_lets_in_and_that_nothing_was_sent(prompt: Prompt) -> None:
    said = prompt.run("people", "invite", "Alice@Example.com")
    assert said.exit_code == 0
    assert said.output.startswith("alice@example.com is invited: whoever signs in with Privy")
    assert "Nothing was sent" in said.output
    assert "Invited, not here yet: alice@example.com" in prompt.run("people").output
    assert "Nobody yet" not in prompt.run("people").output


def test_an_invitation_of_somebody_who_was_here_does_not_say_that_they_were_not(prompt: Prompt) -> None:
    prompt.engine.comes("Alice", "alice@example.com", admitted_as="approved")
    prompt.engine.comes("Bob", "bob@example.com")
    prompt.run("people", "block", "bob@example.com")
    prompt.run("people", "invite", "alice@example.com")
    prompt.run("people", "invite", "bob@example.com")
    said = prompt.run("people").output
    assert "Invited, counts at the next sign-in: alice@example.com" in said
    assert "Invited, but blocked: bob@example.com" in said
    assert "not here yet" not in said


def test_an_invitation_that_changes_nothing_says_why(prompt: Prompt) -> None:
    prompt.engine.invitation_note = "The setting `people` is open."
    said = prompt.run("people", "invite", "alice@example.com")
    assert said.exit_code == 0
    assert said.output.splitlines() == [
        "alice@example.com is invited, but that changes nothing yet.",
        "The setting `people` is open.",
    ]
    assert json.loads(prompt.run("people", "invite", "a@example.com", "--json").output)["note"]


def test_what_is_no_address_is_not_invited(prompt: Prompt) -> None:
    said = prompt.run("people", "invite", "alice")
    assert said.exit_code == 1
    assert said.stderr.splitlines() == [
        "The address cannot be used",
        "'alice' is not an e-mail address.",
        "Give one address.",
    ]
    assert prompt.engine.invited == {}


@pytest.mark.parametrize("who", ["Alice", "alice@example.com", "did:privy:1"])
def test_somebody_is_blocked_and_unblocked_by_name_address_or_id(prompt: Prompt, who: str) -> None:
    prompt.engine.comes("Alice", "alice@example.com")
    said = prompt.run("people", "block", who)
    assert said.exit_code == 0
    assert said.output.splitlines() == [
        "Alice (alice@example.com) is blocked. Every app that acted for them is signed out.",
        "To undo it: homeport people unblock did:privy:1",
    ]
    assert "BLOCKED" in prompt.run("people").output
    assert "is not blocked" in prompt.run("people", "unblock", who).output
    assert "BLOCKED" not in prompt.run("people").output
    assert json.loads(prompt.run("people", "block", who, "--json").output)["blocked"] is True


def test_a_name_that_several_have_changes_nobody(prompt: Prompt) -> None:
    prompt.engine.comes("Alice", "alice@example.com")
    prompt.engine.comes("Alice", "alice@example.org")
    for command in ("block", "remove"):
        said = prompt.run("people", command, "Alice", typed="y\n")
        assert said.exit_code == 1
        assert "Say which one by id." in said.stderr
    assert [person.blocked for person in prompt.engine.persons] == [False, False]


def test_removing_says_what_goes_before_it_asks(prompt: Prompt) -> None:
    prompt.engine.comes("Alice", "alice@example.com", grants=2)
    prompt.run("people", "invite", "alice@example.com")
    said = prompt.run("people", "remove", "Alice", typed="y\n")
    assert said.exit_code == 0
    assert said.stdout.splitlines() == [
        "Alice (alice@example.com), did:privy:1. This goes for good:",
        "  access      2 apps signed in for them",
        "  data        the items and Privy sessions that Homeport keeps for them",
        "  invitation  alice@example.com",
        "Alice (alice@example.com) is removed, with all that Homeport kept for them. 2 apps can do no more for them.",
        "They may sign in anew where the setting `people` lets them. To keep somebody out, block them instead.",
    ]
    assert said.stderr == "Remove? [y/N] "
    assert (prompt.engine.persons, prompt.engine.invited) == ([], {})


@pytest.mark.parametrize("typed", ["", "\n", "n\n", "maybe\n", "y es\n"])
def test_anything_but_a_yes_removes_nobody(prompt: Prompt, typed: str) -> None:
    prompt.engine.comes("Alice", "alice@example.com")
    said = prompt.run("people", "remove", "alice@example.com", typed=typed)
    assert said.exit_code == 1
    assert "Nothing was removed." in said.stderr
    assert len(prompt.engine.persons) == 1


def test_with_yes_nothing_is_asked(prompt: Prompt) -> None:
    prompt.engine.comes("Alice", "alice@example.com", grants=0)
    said = prompt.run("people", "remove", "Alice", "--yes")
    assert said.exit_code == 0
    assert said.output.startswith("Alice (alice@example.com) is removed, with all that Homeport kept for them.\n")
    prompt.engine.comes("Bob")
    assert json.loads(prompt.run("people", "remove", "Bob", "--yes", "--json").output)["name"] == "Bob"


def test_a_script_that_forgot_yes_reads_json_alone(prompt: Prompt) -> None:
    prompt.engine.comes("Alice")
    said = prompt.run("people", "remove", "Alice", "--json", typed="yes\n")
    assert json.loads(said.stdout)["name"] == "Alice"
    assert "This goes for good" in said.stderr


def test_an_invitation_is_withdrawn_by_its_address(prompt: Prompt) -> None:
    prompt.run("people", "invite", "bob@example.org")
    said = prompt.run("people", "remove", "bob@example.org", typed="y\n")
    assert "bob@example.org is invited and has not come yet. The invitation goes." in said.output
    assert "The invitation for bob@example.org is withdrawn." in said.output
    assert prompt.engine.invited == {}


def test_the_owner_is_not_called_me_in_the_middle_of_nowhere(prompt: Prompt) -> None:
    prompt.engine.ask("428193")
    prompt.run("approve", "428193", "--yes", "--as", "me")
    prompt.engine.persons = [replace(owner, name="me") for owner in prompt.engine.persons]
    said = prompt.run("people", "remove", "me", typed="y\n").output
    assert "The owner of this computer, person-1. This goes for good:" in said
    assert "The owner of this computer is removed" in said
    assert "Privy" not in said


@pytest.mark.parametrize("command", ["block", "unblock", "remove"])
def test_nobody_of_that_name_is_said_and_what_to_do(prompt: Prompt, command: str) -> None:
    said = prompt.run("people", command, "nobody", typed="y\n")
    assert said.exit_code == 1
    assert said.stderr.splitlines() == ["Not found", "Nobody is called 'nobody'.", "See `homeport people`."]


@pytest.mark.parametrize("arguments", [("invite",), ("block",), ("unblock",), ("remove",), ("forget", "x")])
def test_misuse_is_said_and_exits_with_2(prompt: Prompt, arguments: tuple[str, ...]) -> None:
    assert prompt.run("people", *arguments).exit_code == 2


def test_what_people_call_themselves_cannot_touch_the_terminal(prompt: Prompt) -> None:
    prompt.engine.comes("Al\x1b[2Jice\u202e", "al\x1b[31mice@example.com")
    prompt.engine.invited["ev\x1bil@example.com"] = 1
    for arguments in ((), ("block", "did:privy:1"), ("unblock", "did:privy:1"), ("remove", "did:privy:1")):
        said = prompt.run("people", *arguments).output
        assert "\x1b" not in said
        assert "\u202e" not in said
