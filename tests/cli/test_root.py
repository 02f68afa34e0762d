"""The command line as such: help, versions, misuse, and how little is loaded for a small command."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from homeport.cli.root import COMMANDS, FIRST_OPTIONS, root
from homeport.settings.model import table


def test_help_names_every_command() -> None:
    said = CliRunner().invoke(root, ["--help"])
    assert said.exit_code == 0
    for name, (_, line) in COMMANDS.items():
        assert name in said.output
        assert line in " ".join(said.output.split())


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_explains_itself(command: str) -> None:
    said = CliRunner().invoke(root, [command, "--help"])
    assert said.exit_code == 0
    assert len(said.output.splitlines()) > 4


def test_every_setting_is_an_option_of_serve_and_of_plain_homeport() -> None:
    served = CliRunner().invoke(root, ["serve", "--help"]).output
    for row in table().values():
        assert f"{row.option} " in served
        assert row.environment in served
    plain = CliRunner().invoke(root, ["run", "--help"]).output
    assert "--public-url" in plain


def test_the_version_is_the_installed_one() -> None:
    assert CliRunner().invoke(root, ["--version"]).output == f"homeport {version('homeport')}\n"


@pytest.mark.parametrize("arguments", [["dance"], ["--dance"], ["status", "--dance"], ["approve"], ["grants", "dance"]])
def test_misuse_is_exit_code_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(root, arguments).exit_code == 2


def test_help_shows_the_options_that_a_first_user_needs_as_serve_shows_them() -> None:
    shown = " ".join(CliRunner().invoke(root, ["--help"]).output.split())
    served = " ".join(CliRunner().invoke(root, ["serve", "--help"]).output.split())
    for option, meaning in FIRST_OPTIONS.items():
        assert f"{option} {meaning}" in shown
        assert f"{option} {meaning}" in served


def test_a_wrong_option_names_no_hidden_command() -> None:
    said = CliRunner().invoke(root, ["--dance"]).stderr
    assert said.startswith("Usage: homeport [OPTIONS]\nTry 'homeport --help' for help.\n")
    assert "homeport run" not in said


def test_a_mistyped_command_gets_the_nearest_one() -> None:
    assert "Do you mean `homeport status`?" in CliRunner().invoke(root, ["statsu"]).stderr
    assert "mean" not in CliRunner().invoke(root, ["xyzzy"]).stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["serve", "--help"]])
def test_a_full_disk_is_told_in_words(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "homeport", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr == "Nothing more can be written: No space left on device.\n"


def test_a_reader_that_goes_away_is_no_failure_to_talk_about() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "homeport", "--help"], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60
    )
    os.close(writer)
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [["--help"], ["status"]])
def test_a_small_command_loads_no_server_no_models_and_no_mcp(tmp_path: Path, arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from homeport.cli import main\n"
        "try:\n"
        "    main(sys.argv[1:])\n"
        "except SystemExit:\n"
        "    print('LOADED', *(m for m in list(sys.modules) if '.' not in m))\n"
    )
    environ = {"HOMEPORT_DATA_DIR": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, env=environ, timeout=60
    )
    loaded = set(done.stdout.split("LOADED ", 1)[1].split())
    assert not loaded & {"pydantic", "starlette", "uvicorn", "mcp", "tomlkit", "rich", "httpx2", "cryptography"}


def test_the_module_is_the_program() -> None:
    done = subprocess.run([sys.executable, "-m", "homeport", "--version"], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("homeport ")
