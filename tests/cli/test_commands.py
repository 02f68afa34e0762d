"""Every command that talks to the running Homeport: what it prints, what it does, and its exit code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from homeport.cli.root import COMMANDS, root
from tests.control.running import Control, control_in_a_thread


class Prompt:
    """The command line with one running Homeport behind it."""

    def __init__(self, data_dir: Path, control: Control) -> None:
        self.data_dir = data_dir
        self.engine = control.engine
        self.control = control

    def run(self, *arguments: str, typed: str = "", desktop: bool = False, ssh: str | None = None) -> Result:
        environ: dict[str, str | None] = {
            "HOMEPORT_DATA_DIR": str(self.data_dir),
            "DISPLAY": ":0" if desktop else None,
            "WAYLAND_DISPLAY": None,
            "SSH_CONNECTION": ssh,
            "SSH_TTY": None,
        }
        return CliRunner().invoke(root, list(arguments), input=typed, env=environ)


@pytest.fixture
def prompt(tmp_path: Path) -> Iterator[Prompt]:
    with control_in_a_thread(tmp_path) as control:
        yield Prompt(tmp_path, control)


def test_status_reads_aloud_what_matters(prompt: Prompt) -> None:
    prompt.engine.ask("428193")
    said = prompt.run("status")
    assert said.exit_code == 0
    for words in (
        "Homeport is stopped.",
        "https://h.example.com/mcp",
        "Items at /mcp, 5 tools",
        "1 request (see `homeport pending`)",
        "SQLite, /data/homeport.sqlite3",
        "! The keys are in a file, since there is no keyring.",
    ):
        assert words in said.output
    assert json.loads(prompt.run("status", "--json").output)["apps"][0]["name"] == "Items"


def test_url_prints_the_connector_url_alone(prompt: Prompt) -> None:
    assert prompt.run("url").stdout == "https://h.example.com/mcp\n"


def test_start_and_stop_open_and_close_the_public_side(prompt: Prompt) -> None:
    assert "serves https://h.example.com/mcp" in prompt.run("start").output
    assert prompt.engine.state == "online"
    assert "no longer answers" in prompt.run("stop").output
    assert prompt.engine.state == "stopped"


def test_open_prints_a_link_that_works_once_where_there_is_no_desktop(prompt: Prompt) -> None:
    said = prompt.run("open")
    address, _, code = said.stdout.strip().partition("#code=")
    assert address == f"http://127.0.0.1:{prompt.control.running.port}/"
    assert len(code) >= 32
    assert "works once" in said.stderr


@pytest.mark.parametrize(("port", "option"), [("22", ""), ("2222", "-p 2222 ")])
@pytest.mark.parametrize(("command", "page"), [("open", ""), ("preview", "preview")])
def test_over_ssh_it_says_how_a_browser_gets_there(
    prompt: Prompt, monkeypatch: pytest.MonkeyPatch, port: str, option: str, command: str, page: str
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "alice")
    said = prompt.run(command, desktop=True, ssh=f"192.0.2.1 50000 192.0.2.2 {port}")
    there = prompt.control.running.port
    assert f"\n  ssh {option}-L {there}:127.0.0.1:{there} alice@192.0.2.2\n" in said.stderr
    assert f"Another one: homeport {command}\n" in said.stderr
    assert said.stdout.startswith(f"http://127.0.0.1:{there}/{page}#code=")
    assert "ssh" not in prompt.run(command).stderr


def test_open_opens_a_browser_where_there_is_a_desktop(prompt: Prompt, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def browser(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", browser)
    said = prompt.run("open", desktop=True)
    assert "opens in your browser" in said.output
    (address,) = opened
    assert address == (prompt.data_dir / "open-dashboard.html").as_uri()
    page = prompt.data_dir / "open-dashboard.html"
    assert page.stat().st_mode & 0o777 == 0o600
    (code,) = set(re.findall(r"#code=([0-9a-f]+)", page.read_text()))
    assert f"http://127.0.0.1:{prompt.control.running.port}/#code={code}" in page.read_text()
    assert len(code) >= 32
    assert code not in address + said.output


def test_where_no_browser_starts_open_prints_the_link(prompt: Prompt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    said = prompt.run("open", desktop=True)
    assert f"http://127.0.0.1:{prompt.control.running.port}/#code=" in said.stdout


def test_open_prints_the_link_instead_when_asked(prompt: Prompt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webbrowser.open", lambda address: pytest.fail(f"opened {address}"))
    said = prompt.run("open", "--print", desktop=True)
    assert f"http://127.0.0.1:{prompt.control.running.port}/#code=" in said.stdout
    assert not (prompt.data_dir / "open-dashboard.html").exists()


def test_pending_lists_who_waits_and_never_the_code(prompt: Prompt) -> None:
    assert prompt.run("pending").output == "Nobody waits.\n"
    prompt.engine.ask("428193")
    prompt.engine.ask("111111", client="Claude", same_network=False)
    for arguments in (("pending",), ("pending", "--json"), ("status",), ("status", "--json")):
        assert "428193" not in prompt.run(*arguments).output
    said = prompt.run("pending").output
    assert "1: ChatGPT, returns to chatgpt.com, Chrome on Windows, this network, since 7 s" in said
    assert "2: Claude" in said
    assert "ANOTHER NETWORK, 203.0.113.7" in said
    assert [request["number"] for request in json.loads(prompt.run("pending", "--json").output)] == [1, 2]


def test_approve_shows_what_it_allows_asks_who_and_asks_whether(prompt: Prompt) -> None:
    prompt.engine.ask("428193")
    said = prompt.run("approve", "428-193", typed="1\ny\n")
    assert said.exit_code == 0
    for words in ("You connect the browser", "read, change things", "add-item", "changes  new", "remove-item  DELETES"):
        assert words in said.output
    assert said.output.index("You connect the browser") < said.output.index(
        "Allow ChatGPT as me, the owner of this computer? [Y/n]"
    )
    assert "ChatGPT acts for Owner now" in said.output
    assert "428193" not in said.output
    assert prompt.engine.approvals == [("me", False, False)]


def test_who_has_signed_in_is_let_in_without_being_asked_who_they_are(prompt: Prompt) -> None:
    prompt.engine.ask("428193", newcomer="alice@example.com")
    assert "1: somebody who signed in and is not invited, through ChatGPT" in prompt.run("pending").output
    said = prompt.run("approve", "428193", typed="y\n")
    assert said.exit_code == 0
    assert "Who is this?" not in said.output
    assert "alice@example.com signed in and asks to be let in, to use ChatGPT" in said.output
    assert "Allow alice@example.com to enter, now and later? [y/N]" in said.output
    assert "alice@example.com may enter from now on" in said.output


def test_a_script_lets_somebody_in_without_saying_who_they_are(prompt: Prompt) -> None:
    prompt.engine.ask("428193", newcomer="alice@example.com")
    assert prompt.run("approve", "428193", "--yes").exit_code == 0


def test_me_is_offered_only_until_the_owner_exists_and_then_by_name(prompt: Prompt) -> None:
    prompt.engine.ask("428193")
    assert "me, the owner" in prompt.run("approve", "428193", typed="me\ny\n").output
    prompt.engine.ask("111111")
    said = prompt.run("approve", "111111", typed="7\n1\ny\n")
    assert "me, the owner" not in said.output
    assert "1  Owner" in said.output
    assert "Type 1, or a name." in said.output
    assert prompt.engine.approvals[-1][0] == "person-1"


def test_somebody_new_is_let_in_by_name(prompt: Prompt) -> None:
    prompt.engine.ask("428193")
    said = prompt.run("approve", "428193", typed="A friend\ny\n").output
    assert "Allow ChatGPT as somebody new called 'A friend'? [y/N]" in said
    assert "acts for A friend now" in said


def test_somebody_new_needs_a_yes_and_somebody_known_does_not(prompt: Prompt) -> None:
    prompt.engine.ask("428193")
    assert prompt.run("approve", "428193", typed="A friend\n\n").exit_code == 1
    assert prompt.engine.persons == []
    assert prompt.run("approve", "428193", typed="A friend\nyes\n").exit_code == 0
    prompt.engine.ask("111111")
    said = prompt.run("approve", "111111", typed="a FRIEND\n\n").output
    assert "Allow ChatGPT as A friend? [Y/n]" in said
    assert len(prompt.engine.approvals) == 2


@pytest.mark.parametrize("typed", ["deny 1", "deny", "pending", "help", "?", "111 111", "approve 111111", "y", "no"])
def test_what_is_typed_for_something_else_is_nobodys_name(prompt: Prompt, typed: str) -> None:
    prompt.engine.ask("428193")
    said = prompt.run("approve", "428193", typed=f"{typed}\n\n")
    assert "Answer this question first, or leave it empty to stop." in said.output
    assert said.exit_code == 1
    assert (prompt.engine.approvals, prompt.engine.persons) == ([], [])


@pytest.mark.parametrize("typed", ["deny 1", "pending", "help", "?", "111111"])
def test_what_is_typed_for_something_else_is_no_yes_and_no_no(prompt: Prompt, typed: str) -> None:
    prompt.engine.ask("428193")
    said = prompt.run("approve", "428193", typed=f"me\n{typed}\ny\n")
    assert "Answer this question first, with y or n." in said.output
    assert said.exit_code == 0


@pytest.mark.parametrize("name", ["Denys", "Helpful", "Nora", "Yes Man", "12 Monkeys"])
def test_a_name_may_begin_like_a_command(prompt: Prompt, name: str) -> None:
    prompt.engine.ask("428193")
    assert prompt.run("approve", "428193", typed=f"{name}\ny\n").exit_code == 0
    assert prompt.engine.approvals[0][0] == name


@pytest.mark.parametrize("typed", ["", "me\n", "me\nn\n", "me\nwhat?\n"])
def test_anything_but_a_yes_allows_nothing(prompt: Prompt, typed: str) -> None:
    prompt.engine.ask("428193")
    said = prompt.run("approve", "428193", typed=typed)
    assert said.exit_code == 1
    assert "Nothing was allowed. The request still waits: `homeport deny 1` turns it away." in said.stderr
    assert prompt.engine.approvals == []


def test_scripts_approve_with_yes_and_as(prompt: Prompt) -> None:
    prompt.engine.ask("428193")
    said = prompt.run("approve", "428193", "--yes", "--as", "me", "--read-only", "--consent-in-browser")
    assert said.exit_code == 0
    assert prompt.engine.approvals == [("me", True, True)]
    assert "add-item" not in said.output


def test_yes_without_as_is_misuse_and_so_is_what_cannot_be_a_code(prompt: Prompt) -> None:
    prompt.engine.ask("428193")
    assert prompt.run("approve", "428193", "--yes").exit_code == 2
    for code in ("42819", "4281933", "abcdef", "４２８１９３", ""):
        assert prompt.run("approve", code, "--yes", "--as", "me").exit_code == 2
    assert prompt.engine.approvals == []


def test_another_network_needs_its_own_yes(prompt: Prompt) -> None:
    prompt.engine.ask("428193", same_network=False)
    refused = prompt.run("approve", "428193", "--yes", "--as", "me")
    assert refused.exit_code == 1
    assert "203.0.113.7" in refused.stderr
    assert "--other-network" in refused.stderr
    assert prompt.run("approve", "428193", "--as", "me", typed="\n").exit_code == 1
    assert prompt.run("approve", "428193", "--yes", "--as", "me", "--other-network").exit_code == 0
    assert prompt.engine.approvals == [("me", False, False)]


def test_an_error_is_title_message_and_hint_and_says_nothing_twice(prompt: Prompt) -> None:
    said = prompt.run("approve", "000000", "--yes", "--as", "me")
    assert said.exit_code == 1
    assert said.stderr.splitlines() == ["No waiting request shows this code.", "Look at the page again."]
    said = prompt.run("deny", "9")
    assert said.stderr.splitlines() == ["No such waiting request", "No request 9 waits.", "See `homeport pending`."]


def test_deny_takes_a_number_or_all(prompt: Prompt) -> None:
    for code in ("111111", "222222", "333333"):
        prompt.engine.ask(code)
    assert prompt.run("deny", "2").output == "1 request denied.\n"
    assert prompt.run("deny", "9").exit_code == 1
    for misuse in ("x", "0", "-1", "428193428193"):
        assert prompt.run("deny", "--", misuse).exit_code == 2
    assert prompt.run("deny", "all").output == "2 requests denied.\n"
    assert prompt.run("deny", "all").output == "Nobody waits.\n"


def test_clients_lists_clients_and_waiting_hosts_and_allows_one(prompt: Prompt) -> None:
    said = prompt.run("clients").output
    assert "chatgpt.com" in said
    assert "press Refresh" in said
    assert "homeport clients allow client.example" in said
    assert prompt.run("clients", "list").output == said
    assert set(json.loads(prompt.run("clients", "--json").output)) == {"clients", "hosts"}
    assert json.loads(prompt.run("clients", "list", "--json").output)["hosts"][0]["host"] == "client.example"
    assert prompt.run("clients", "allow", "Client.Example").exit_code == 0
    allowed = prompt.run("clients").output
    assert "homeport clients allow" not in allowed
    assert "You allowed redirects to: client.example\n" in allowed
    assert prompt.run("clients", "allow", "elsewhere.example").exit_code == 1


def test_an_allowed_host_is_taken_back(prompt: Prompt) -> None:
    assert prompt.run("clients", "withdraw", "client.example").exit_code == 1
    prompt.run("clients", "allow", "client.example")
    said = prompt.run("clients", "withdraw", " Client.Example")
    assert said.exit_code == 0
    assert "Clients may no longer redirect to client.example:" in said.output
    assert "homeport grants revoke" in said.output
    assert "You allowed redirects" not in prompt.run("clients").output


def test_grants_are_listed_and_one_is_revoked(prompt: Prompt) -> None:
    assert prompt.run("grants").output == "Nobody has access.\n"
    prompt.engine.ask("428193")
    prompt.run("approve", "428193", "--yes", "--as", "me")
    assert "grant-1" in prompt.run("grants").output
    assert prompt.run("grants", "revoke", "grant-1").exit_code == 0
    assert json.loads(prompt.run("grants", "list", "--json").output)[0]["state"] == "revoked"
    assert prompt.run("grants", "revoke", "grant-2").exit_code == 1


def test_foreign_text_cannot_touch_the_terminal(prompt: Prompt) -> None:
    prompt.engine.ask("428193", client="Chat\x1b[2JGPT\u202e")
    for arguments in (("pending",), ("approve", "428193")):
        said = prompt.run(*arguments).output
        assert "\x1b" not in said
        assert "\u202e" not in said


@pytest.mark.parametrize(
    "command", [name for name in COMMANDS if name not in ("serve", "secrets", "build", "new", "doctor")]
)
def test_without_a_running_homeport_every_command_says_so(tmp_path: Path, command: str) -> None:
    arguments = {"approve": ["123456"], "deny": ["1"], "backend": ["key"]}.get(command, [])
    said = CliRunner().invoke(root, [command, *arguments, "--data-dir", str(tmp_path / "data")])
    assert said.exit_code == 1
    assert "No Homeport is running" in said.stderr
    assert not (tmp_path / "data").exists()


def test_a_script_reads_that_none_runs(tmp_path: Path) -> None:
    said = CliRunner().invoke(root, ["status", "--json", "--data-dir", str(tmp_path)])
    assert said.exit_code == 1
    assert json.loads(said.stdout)["state"] == "not_running"
