"""A program without a terminal, as Windows starts one from its menu, says what it has to say in a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import clean_environment


@pytest.mark.skipif(sys.platform == "win32", reason="closes the streams as a POSIX shell does")
def test_without_streams_what_is_said_goes_to_a_file(tmp_path: Path) -> None:
    state = tmp_path / "state"
    environment = clean_environment(tmp_path / "home") | {"XDG_STATE_HOME": str(state)}
    command = ["sh", "-c", 'exec "$0" -m homeport status --data-dir data >&- 2>&-', sys.executable]
    assert subprocess.run(command, cwd=tmp_path, env=environment, timeout=60).returncode == 1
    log = next(file for place in (state, tmp_path / "home") for file in place.rglob("homeport.log"))
    assert "Homeport does not run" in log.read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="closes the streams as a POSIX shell does")
def test_without_streams_and_without_a_place_for_a_file_it_runs_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    environment = clean_environment(tmp_path / "home") | {"XDG_STATE_HOME": str(tmp_path / "state")}
    command = ["sh", "-c", 'exec "$0" -m homeport --version >&- 2>&-', sys.executable]
    assert subprocess.run(command, cwd=tmp_path, env=environment, timeout=60).returncode == 0
