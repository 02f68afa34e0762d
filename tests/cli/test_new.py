"""`homeport new`: what it writes where, what it says, and which Homeport the project gets."""

from __future__ import annotations

import json
import tomllib
from importlib.metadata import Distribution
from os import PathLike
from pathlib import Path

import pytest

from homeport.cli.new import installed_homeport
from tests.cli.programs import REAL, Homeport


@pytest.fixture
def homeport(tmp_path: Path) -> Homeport:
    return Homeport(tmp_path / "data", REAL)


def test_it_writes_a_project_and_says_what_comes_next(homeport: Homeport, tmp_path: Path) -> None:
    done = homeport.run("new", "recipes")
    assert done.returncode == 0, done.stderr
    assert [line.strip() for line in done.stdout.splitlines()[1:]] == [
        "cd recipes",
        "uv run homeport",
        "uv run homeport preview    (in a second terminal: shows the widget as ChatGPT would)",
    ]
    project = tomllib.loads((tmp_path / "recipes" / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["name"] == "recipes"


def test_a_name_may_be_a_path(homeport: Homeport, tmp_path: Path) -> None:
    (tmp_path / "my apps").mkdir()
    done = homeport.run("new", "my apps/recipes")
    assert "cd 'my apps/recipes'" in done.stdout
    assert (tmp_path / "my apps" / "recipes" / "app.py").is_file()


def test_what_is_there_stays_and_names_are_explained(homeport: Homeport) -> None:
    assert homeport.run("new", "recipes").returncode == 0
    again = homeport.run("new", "recipes")
    assert again.returncode == 1
    assert "not empty. Nothing was changed." in again.stderr
    wrong = homeport.run("new", "My Recipes")
    assert wrong.returncode == 1
    assert "begins with a letter" in wrong.stderr
    assert "like my-pydantic" in homeport.run("new", "pydantic").stderr


class Told(Distribution):
    """A Homeport that was installed as its direct_url.json says."""

    def __init__(self, direct_url: object) -> None:
        self._files = {"METADATA": "Name: homeport\nVersion: 1.2.3\n"}
        if direct_url is not None:
            self._files["direct_url.json"] = json.dumps(direct_url)

    def read_text(self, filename: str) -> str | None:
        return self._files.get(filename)

    def locate_file(self, path: str | PathLike[str]) -> Path:
        raise AssertionError


@pytest.mark.parametrize(
    ("direct_url", "source"),
    [
        (None, None),
        (
            {"url": "file:///my%20code/homeport", "dir_info": {"editable": True}},
            {"path": "/my code/homeport", "editable": True},
        ),
        ({"url": "file:///code/homeport", "dir_info": {}}, {"path": "/code/homeport"}),
        ({"url": "file:///homeport-1.whl", "archive_info": {}}, {"path": "/homeport-1.whl"}),
        (
            {"url": "https://example.com/homeport-1.whl", "archive_info": {}},
            {"url": "https://example.com/homeport-1.whl"},
        ),
        (
            {"url": "https://example.com/homeport.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            {"git": "https://example.com/homeport.git", "rev": "abc"},
        ),
    ],
)
def test_the_project_gets_the_homeport_that_wrote_it(direct_url: object, source: object) -> None:
    installed = installed_homeport(Told(direct_url))
    assert installed.version == "1.2.3"
    assert tomllib.loads(installed.source) == ({} if source is None else {"homeport": source})
