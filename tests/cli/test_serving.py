"""`homeport` and `homeport serve` as real processes: they start, tell where they are, and end when told to."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from homeport.control.instance import find_running
from homeport.errors import NotRunning
from tests.cli.programs import Homeport, end


@pytest.fixture
def homeport(tmp_path: Path) -> Homeport:
    return Homeport(tmp_path / "data")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_within_three_seconds(homeport: Homeport, number: int) -> None:
    with homeport.serving() as process:
        seconds, _, err = end(process, number)
        assert process.returncode == 0
        assert seconds < 3
        assert "Traceback" not in err
    assert not (homeport.data_dir / "control.json").exists()


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    homeport = Homeport(tmp_path / "data", environ={"TEST_HANGS": "1"})
    with homeport.serving() as process:
        assert process.stdout is not None
        process.send_signal(signal.SIGINT)
        while "Stopping" not in process.stdout.readline():
            pass
        seconds, _, _ = end(process, signal.SIGINT)
        assert process.returncode == 128 + signal.SIGINT
        assert seconds < 1


def test_what_never_stops_is_left_after_three_seconds(tmp_path: Path) -> None:
    homeport = Homeport(tmp_path / "data", environ={"TEST_HANGS": "1"})
    with homeport.serving() as process:
        seconds, _, err = end(process)
        assert process.returncode == 1
        assert seconds < 3
        assert "could not stop within" in err


def test_it_says_what_to_do_next_and_how_to_stop(homeport: Homeport) -> None:
    with homeport.serving() as process:
        assert homeport.run("status").returncode == 0
        _, out, _ = end(process)
    assert "https://h.example.com/mcp" in out
    assert "homeport approve" in out
    assert "Ctrl+C" in out
    assert "Stopping." in out


def test_a_second_start_names_the_first_and_its_connector_url(homeport: Homeport) -> None:
    with homeport.serving() as process:
        second = homeport.run("serve")
        assert second.returncode == 1
        assert f"process {process.pid}" in second.stderr
        assert "https://h.example.com/mcp" in second.stderr
        assert "Traceback" not in second.stderr


def test_after_a_kill_it_starts_again(homeport: Homeport) -> None:
    with homeport.serving() as process:
        end(process, signal.SIGKILL)
    assert homeport.run("status").returncode == 1
    with homeport.serving():
        assert homeport.run("status").returncode == 0


def test_quitting_from_another_terminal_returns_when_it_has_ended(homeport: Homeport) -> None:
    with homeport.serving() as process:
        done = homeport.run("stop", "--quit")
        assert (done.returncode, done.stdout) == (0, "Homeport has ended.\n")
        assert process.wait(5) == 0
        with pytest.raises(NotRunning):
            find_running(homeport.data_dir)


def test_strangers_cannot_fill_the_log(tmp_path: Path) -> None:
    homeport = Homeport(tmp_path / "data", environ={"TEST_STRANGERS": "1"})
    with homeport.serving() as process:
        assert homeport.run("start").returncode == 0
        _, _, err = end(process)
    said = [line for line in err.splitlines() if "Somebody" in line]
    assert len(said) == 6
    assert err.count("more like these within this minute") == 1


def test_json_logs_are_json_from_the_first_line_to_the_last(homeport: Homeport) -> None:
    with homeport.serving("--log-format", "json") as process:
        homeport.run("stop")
        homeport.run("start")
        _, out, err = end(process)
    assert out == ""
    lines = [json.loads(line) for line in err.splitlines()]
    (runs,) = [line for line in lines if line["message"] == "Homeport runs"]
    assert runs["connector_url"] == "https://h.example.com/mcp"
    assert all({"level", "logger", "time"} <= set(line) for line in lines)
    requests = [line for line in lines if line["logger"] == "homeport.access"]
    assert {(line["method"], line["path"], line["status"]) for line in requests} == {
        ("POST", "/api/stop", 200),
        ("POST", "/api/start", 200),
        ("GET", "/api/status", 200),
    }


def test_a_taken_control_port_given_by_hand_is_an_error_and_a_default_one_moves(homeport: Homeport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = homeport.run("serve", "--port", "0", "--control-port", str(port))
        assert refused.returncode == 1
        assert f"Port {port} is taken" in refused.stderr
        assert f"(process {os.getpid()})" in refused.stderr


def test_a_wrong_setting_is_misuse_and_names_its_fix(homeport: Homeport) -> None:
    done = homeport.run("serve", "--port", "banana")
    assert done.returncode == 2
    assert "--port: port must be a whole number from 0 to 65535" in done.stderr
    homeport.environ["HOMEPORT_PROT"] = "1"
    done = homeport.run("serve")
    assert done.returncode == 2
    assert "Do you mean HOMEPORT_PORT?" in done.stderr


class Typist:
    """A person at a terminal: sees what the program shows, types, and never sees an echo."""

    def __init__(self, homeport: Homeport) -> None:
        self._ours, theirs = pty.openpty()
        import termios

        attributes = termios.tcgetattr(theirs)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(theirs, termios.TCSANOW, attributes)
        self.process = subprocess.Popen(
            homeport.command("--port", "0", "--control-port", "0"),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=homeport.environment,
            cwd=homeport.data_dir.parent,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def sees(self, text: str) -> None:
        deadline = time.monotonic() + 20
        while text not in self.seen:
            ready, _, _ = select.select([self._ours], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"{text!r} does not appear in:\n{self.seen}"
            try:
                self.seen += os.read(self._ours, 4096).decode().replace("\r\n", "\n")
            except OSError:
                raise AssertionError(f"{text!r} does not appear in:\n{self.seen}") from None

    def types(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


def test_the_terminal_takes_the_code_asks_who_and_lets_the_browser_in(tmp_path: Path) -> None:
    typist = Typist(Homeport(tmp_path / "data", environ={"TEST_ASKS": "428193"}))
    try:
        typist.sees("Who waits already")
        typist.types("428 193\n")
        typist.sees("me, the owner of this computer")
        typist.types("1\n")
        typist.sees("Allow ChatGPT as me, the owner of this computer? [Y/n]")
        typist.types("\n")
        typist.sees("ChatGPT acts for Owner now (read, change things)")
        assert "428193" not in typist.seen
        assert "428 193" not in typist.seen
        typist.process.send_signal(signal.SIGINT)
        assert typist.process.wait(5) == 0
    finally:
        typist.close()


def test_on_another_network_an_empty_answer_is_no(tmp_path: Path) -> None:
    typist = Typist(Homeport(tmp_path / "data", environ={"TEST_ASKS": "428193!"}))
    try:
        typist.sees("ANOTHER NETWORK, 203.0.113.7")
        typist.types("428193\n")
        typist.sees("Who: ")
        typist.types("me\n")
        typist.sees("do you allow ChatGPT as me, the owner of this computer? [y/N]")
        typist.types("\n")
        typist.sees("Nothing was allowed. The request still waits: `deny 1` turns it away.")
    finally:
        typist.close()


def test_a_wrong_code_and_other_words_are_answered_and_the_end_of_input_hurts_nobody(tmp_path: Path) -> None:
    homeport = Homeport(tmp_path / "data", environ={"TEST_ASKS": "428193"})
    typist = Typist(homeport)
    try:
        typist.sees("Who waits already")
        typist.types("000000\n")
        typist.sees("No waiting request shows this code")
        typist.types("hello?\n")
        typist.sees("Type the six digits")
        typist.types("deny 1\n")
        typist.sees("1 request denied.")
        typist.types("pending\n")
        typist.sees("Nobody waits.")
        typist.types("\x04")
        typist.sees("Nothing more can be typed here")
        assert homeport.run("status").returncode == 0
    finally:
        typist.close()


@pytest.mark.parametrize("command", [(), ("serve",)])
def test_a_folder_that_was_typed_and_is_not_there_ends_it_before_anything_starts(
    homeport: Homeport, tmp_path: Path, command: tuple[str, ...]
) -> None:
    gone = tmp_path / "notse"
    said = homeport.run(*command, "--folder", str(gone), "--port", "0", "--control-port", "0")
    assert said.returncode == 2
    assert f"--folder: there is no folder {gone}." in said.stderr
    assert f"({tmp_path} is there)" in said.stderr
    assert said.stdout == ""
    assert not homeport.data_dir.exists()
    (tmp_path / "notes.md").touch()
    said = homeport.run(*command, "--folder", str(tmp_path / "notes.md"))
    assert (said.returncode, "is a file" in said.stderr) == (2, True)


def test_a_folder_that_was_chosen_elsewhere_and_is_not_there_ends_nothing(tmp_path: Path) -> None:
    homeport = Homeport(tmp_path / "data", environ={"HOMEPORT_FOLDER": str(tmp_path / "unplugged")})
    with homeport.serving():
        assert homeport.run("status").returncode == 0
