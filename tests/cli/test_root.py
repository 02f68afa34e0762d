"""The command line as such: help, versions, misuse, and how little is loaded for a small command."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from homeport.cli.root import COMMANDS, root
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
