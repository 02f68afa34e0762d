"""`homeport preview`: takes a browser to the preview of the running Homeport, and to a simulation by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.test_commands import Prompt
from tests.control.running import control_in_a_thread


def test_it_prints_a_link_where_there_is_no_desktop(tmp_path: Path) -> None:
    with control_in_a_thread(tmp_path) as control:
        said = Prompt(tmp_path, control).run("preview", "--simulation", "dark-soup")
        assert re.fullmatch(
            rf"http://127\.0\.0\.1:{control.running.port}/preview#code=[0-9a-f]{{48}}&simulation=dark-soup\n",
            said.stdout,
        )


def test_it_opens_a_browser_with_a_private_file_and_no_code_in_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def browser(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", browser)
    with control_in_a_thread(tmp_path) as control:
        said = Prompt(tmp_path, control).run("preview", "--simulation", "soup", desktop=True)
        assert "opens in your browser" in said.output
        page = tmp_path / "open-dashboard.html"
        assert opened == [page.as_uri()]
        assert f"http://127.0.0.1:{control.running.port}/preview#code=" in page.read_text()
        assert "&amp;simulation=soup" in page.read_text()


@pytest.mark.parametrize("name", ["../up", "Soup", "a.json", ""])
def test_a_name_that_is_none_is_a_misuse(tmp_path: Path, name: str) -> None:
    with control_in_a_thread(tmp_path) as control:
        said = Prompt(tmp_path, control).run("preview", "--simulation", name)
        assert said.exit_code == 2
        assert "a simulation is named" in said.output
