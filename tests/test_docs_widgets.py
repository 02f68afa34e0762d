"""What docs/widgets.md shows works as it stands there, and it leaves nothing out that the kit has."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from homeport import Widget
from homeport.testing import open_widget
from tests.browser.chromium import needs_chromium
from tests.scaffold.projects import caches, run_in
from tests.test_docs import ROOT, blocks, write_app

PAGE = "docs/widgets.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
KIT = ROOT / "widgets" / "src" / "kit"


@pytest.fixture
def cache(tmp_path: Path, pytestconfig: pytest.Config) -> Path:
    return caches(tmp_path, pytestconfig)


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    """All that the page shows, in one folder."""
    folder = write_app(tmp_path / "recipes", PAGE)
    (tsx,) = blocks(PAGE, "tsx")
    (simulation,) = blocks(PAGE, "json")
    for name, text in {"widgets/recipe-list.tsx": tsx, "previews/soups.json": simulation}.items():
        (folder / name).parent.mkdir()
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@needs_chromium
def test_its_tests_pass(recipes: Path, cache: Path) -> None:
    done = run_in(recipes, cache, "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "test_app.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_its_widget_is_built_and_its_types_are_right(recipes: Path, cache: Path) -> None:
    done = run_in(recipes, cache, "homeport", "build", "--app", ".", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["problems"] == []


@needs_chromium
async def test_its_widget_in_plain_html_works(recipes: Path) -> None:
    (html,) = blocks(PAGE, "html")
    (recipes / "widgets" / "recipe-list.html").write_text(html, encoding="utf-8")
    async with open_widget(recipes, "recipe-list", simulation="soups") as widget:
        await expect(widget.get_by_role("listitem")).to_have_text(["Carrot soup", "Onion soup"])


def test_it_names_all_that_the_kit_has() -> None:
    exports = "".join((KIT / name).read_text(encoding="utf-8") for name in ("index.ts", "core.ts"))
    lists = re.findall(r"^export \{([^}]*)\}", exports, re.MULTILINE)
    names = [name.strip() for names in lists for name in names.split(",") if not name.strip().startswith("type ")]
    assert "useToolOutput" in names
    assert [name for name in names if not re.search(rf"\b{name}\b", TEXT)] == []


def test_it_names_all_that_a_widget_may_be_told() -> None:
    parameters = [name for name in inspect.signature(Widget).parameters if name != "name"]
    assert [name for name in parameters if f"`{name}" not in TEXT] == []
