"""`homeport doctor` as it is typed: what it prints, where it asks, and its exit code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner, Result

from homeport.cli.doctor import report_text
from homeport.cli.root import root
from homeport.doctor import hop
from homeport.doctor.hop import Report
from homeport.engine.self_check import to_lines


def run(data_dir: Path, *arguments: str, **environ: str) -> Result:
    names: dict[str, str | None] = {"HOMEPORT_DATA_DIR": str(data_dir), "DBUS_SESSION_BUS_ADDRESS": None, **environ}
    ports = {"HOMEPORT_PORT": "0", "HOMEPORT_CONTROL_PORT": "0", "HTTPS_PROXY": "http://127.0.0.1:9"}
    return CliRunner().invoke(root, ["doctor", *arguments], env={**names, **ports})


def test_this_computer_is_looked_at_without_a_running_homeport(tmp_path: Path) -> None:
    said = run(tmp_path / "data", "--local")
    assert said.exit_code == 0, said.output
    assert "Nothing fails." in said.output
    assert not (tmp_path / "data").exists()
    report = json.loads(run(tmp_path / "data", "--local", "--json").output)
    assert report["ok"] is True
    assert {"settings", "data-folder", "disk", "database", "keyring", "signing-keys", "ports", "bundles", "clock"} <= {
        line["name"] for line in report["hops"]
    }


def test_a_wrong_setting_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    said = run(tmp_path, "--local", HOMEPORT_SIGN_IN="nobody")
    assert said.exit_code == 1
    assert "First that fails: Settings." in said.output
    assert "HOMEPORT_SIGN_IN" in said.output


def test_a_homeport_that_does_not_run_is_said_to_be_that(tmp_path: Path) -> None:
    said = run(tmp_path / "data")
    assert said.exit_code == 1
    assert "First that fails: Homeport runs." in said.output
    assert "Do: Start one with `homeport`" in said.output


def test_any_address_can_be_asked(tmp_path: Path) -> None:
    said = run(tmp_path, "localhost:1")
    assert said.exit_code == 1
    assert said.output.startswith(
        "The way from a program on this computer to http://localhost:1/mcp (ChatGPT needs a public https address)\n"
    )
    assert "Nothing listens on port 1 of this computer: the server is down." in said.output
    assert run(tmp_path, "localhost:1", "--local").exit_code == 2
    nonsense = run(tmp_path, "https://name:secret@host/mcp")
    assert nonsense.exit_code == 1
    assert "First that fails: Address." in nonsense.output


def test_a_report_names_the_first_that_fails_and_then_the_others() -> None:
    hops = (
        hop.ok("dns", "home.test is 192.0.2.1").took(12),
        hop.warning("tls", "It ends in 3 days.", "Look why it was not renewed."),
        hop.failed("issuer", "It calls itself \x1b[31mred", "Write both the same."),
        hop.skipped("token", "Not asked."),
        hop.failed("widgets", "It is empty.", "Build it."),
    )
    lines = to_lines(Report("https://home.test/mcp", hops))
    assert report_text(lines).splitlines() == [
        "The way from ChatGPT to https://home.test/mcp",
        "",
        "  ok     Name (DNS)           12 ms  home.test is 192.0.2.1",
        "  !      Certificate (TLS)           It ends in 3 days.",
        "  FAILED Issuer                      It calls itself [31mred",
        "  -      Token endpoint              Not asked.",
        "  FAILED Widget pages                It is empty.",
        "",
        "! Certificate (TLS): Look why it was not renewed.",
        "",
        "Also fails: Widget pages. It is empty.",
        "  Do: Build it.",
        "",
        "-" * 60,
        "First that fails: Issuer.",
        "  It calls itself [31mred",
        "  Do: Write both the same.",
    ]
    assert report_text(replace(lines, hops=lines.hops[:2], first_failed="", ok=True)).endswith(
        "Nothing fails. 1 thing could be better."
    )


def test_what_was_not_asked_for_one_reason_is_one_line_that_names_it_all() -> None:
    hops = (
        hop.failed("dns", "home.test has no address.", "Look for a slip of the pen."),
        *(hop.skipped(name, "Not asked: there is no connection.") for name in ("tls", "reach", "challenge")),
    )
    text = report_text(to_lines(Report("https://home.test/mcp", hops)))
    assert text.splitlines()[2:5] == [
        "  FAILED Name (DNS)                        home.test has no address.",
        "  -      Not asked: there is no connection. Certificate (TLS); Answer of the server; Demand to sign in (401)",
        "",
    ]
    every = (hops[0], *(hop.skipped(name, "Not asked.") for name in hop.TITLES if name not in ("address", "dns")))
    text = report_text(to_lines(Report("https://home.test/mcp", every)))
    assert text.count("Not asked.") == 1
    assert all(title in " ".join(text.split()) for name, title in hop.TITLES.items() if name != "address")
    assert max(map(len, text.splitlines())) <= 110


def test_this_computer_and_the_way_to_it_have_a_heading_each() -> None:
    hops = (hop.ok("settings", "All are understood."), hop.ok("reach", "An MCP server answers."))
    public = report_text(to_lines(Report("https://home.test/mcp", hops))).splitlines()
    assert (public[0], public[4]) == ("This computer", "The way from ChatGPT to https://home.test/mcp")
    local = report_text(to_lines(Report("http://localhost:3002/mcp", hops))).splitlines()
    assert local[4].startswith("The way from a program on this computer to http://localhost:3002/mcp ")
    assert not any(line.startswith("The way from ChatGPT") for line in local)
