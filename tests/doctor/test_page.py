"""docs/doctor.md lists every hop there is, in their order, and its commands are commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from homeport.cli.root import root
from homeport.doctor.hop import LOCAL_TITLES, TITLES
from homeport.engine.self_check import MOST_REQUESTS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")


def test_every_hop_is_explained_in_its_place() -> None:
    asked, _, looked_at = PAGE.partition("## What is looked at")
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", asked, re.MULTILINE) == list(TITLES)
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", looked_at, re.MULTILINE) == list(LOCAL_TITLES)
    assert f"at most {MOST_REQUESTS} requests" in PAGE


def test_the_commands_are_understood() -> None:
    block = re.search(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert block is not None
    for line in block[1].splitlines():
        program, command, *arguments = shlex.split(line, comments=True)
        assert (program, command) == ("homeport", "doctor")
        asked = CliRunner().invoke(root, [command, *arguments, "--help"])
        assert asked.exit_code == 0, asked.output
