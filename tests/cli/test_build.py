"""`homeport build` as a command: what it prints and how it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.apps.building import counter, save, toolchain_cache
from tests.cli.programs import REAL, Homeport

APP = """
from homeport import App, Widget

app = App("Recipes")

@app.tool(effect="read", widget=Widget("counter"))
def count() -> int:
    "Count."
    return 1
"""


@pytest.fixture
def cache(pytestconfig: pytest.Config, tmp_path: Path) -> Path:
    """A folder for caches in which the toolchain is installed, or will be."""
    folder = tmp_path / "cache"
    (folder / "homeport").mkdir(parents=True)
    (folder / "homeport" / "widgets").symlink_to(toolchain_cache(pytestconfig).resolve())
    return folder


def homeport(tmp_path: Path, cache: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return Homeport(tmp_path / "data", REAL, {"XDG_CACHE_HOME": str(cache)}).run("build", *arguments)


def recipes(tmp_path: Path, code: str = APP) -> Path:
    folder = tmp_path / "recipes"
    save(folder, counter_tsx=counter("pressed"))
    (folder / "app.py").write_text(code, encoding="utf-8")
    return folder


def test_the_pages_are_listed_with_their_sizes(tmp_path: Path, cache: Path) -> None:
    folder = recipes(tmp_path)
    done = homeport(tmp_path, cache, "--app", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "widgets/dist/counter.html" in done.stdout
    assert "kB" in done.stdout
    printed = json.loads(homeport(tmp_path, cache, "--app", str(folder), "--json").stdout)
    assert printed["problems"] == []
    assert printed["pages"][0]["widget"] == "counter"


def test_a_problem_is_a_line_that_editors_and_terminals_make_a_link_of(tmp_path: Path, cache: Path) -> None:
    folder = recipes(tmp_path)
    save(folder, counter_tsx="\nimport x from 'nowhere';\nexport default x;")
    done = homeport(tmp_path, cache, "--app", str(folder))
    assert done.returncode == 1
    assert 'widgets/counter.tsx:2:16: There is no package "nowhere"' in done.stderr


def test_where_the_app_is_broken_its_widgets_are_built_all_the_same(tmp_path: Path, cache: Path) -> None:
    folder = recipes(tmp_path, "import nowhere_to_be_found")
    done = homeport(tmp_path, cache, "--app", str(folder))
    assert done.returncode == 1
    assert "widgets/dist/counter.html" in done.stdout
    assert "nowhere_to_be_found" in done.stderr


def test_without_an_app_it_says_how_to_name_one(tmp_path: Path, cache: Path) -> None:
    done = homeport(tmp_path, cache)
    assert done.returncode == 2
    assert "homeport build --app FOLDER" in done.stderr
