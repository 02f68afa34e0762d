"""The pytest plugin in an author's project: fixtures for the app beside the tests, and tests that are coroutines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.testing.apps import write_recipes

FIXTURES = '''
from pathlib import Path

import pytest

from homeport import App
from homeport.testing import Chat


async def test_a_chat(chat: Chat) -> None:
    assert await chat.call("count") == 1


async def test_each_test_has_the_app_anew(chat: Chat, homeport_app: App, homeport_folder: Path) -> None:
    assert await chat.call("count") == 1
    assert chat.app is homeport_app
    assert homeport_folder.name == "recipes"


async def test_an_assertion_counts() -> None:
    assert 1 == 2


def test_a_plain_one() -> None:
    """Runs as ever."""
'''
OTHERS = """
import asyncio
import pytest

@pytest.mark.anyio
async def test_that_is_anyios(anyio_backend_name):
    assert asyncio.current_task().get_name() != "Task-1" or anyio_backend_name == "asyncio"
"""
WIDGET = """
from playwright.async_api import expect

async def test_it(chat, open_widget):
    async with open_widget("book", simulation="soup") as widget:
        await widget.get_by_role("button", name="Count").click()
        await expect(widget.get_by_role("heading")).to_have_text("A saved soup")
    assert await chat.call("count") == 2
"""
UNUSED = """
import sys

def test_nothing_is_loaded():
    assert not {"mcp", "pydantic", "playwright", "homeport.testing.chat"} & set(sys.modules)
"""


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    return write_recipes(tmp_path / "recipes")


def pytest_in(folder: Path, test: str, **environ: str) -> tuple[int, str]:
    """Run one file of tests there; its exit code and what it says."""
    (folder / "tests").mkdir(exist_ok=True)
    (folder / "tests" / "test_it.py").write_text(test, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTEST_ADDOPTS")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-rA", "-p", "no:cacheprovider", "--rootdir", ".", "tests"],
        cwd=folder,
        env=kept | environ,
        capture_output=True,
        text=True,
        timeout=110,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_fixtures_are_there_and_coroutines_are_run(recipes: Path) -> None:
    code, said = pytest_in(recipes, FIXTURES)
    assert code == 1
    assert "FAILED tests/test_it.py::test_an_assertion_counts" in said
    assert "1 failed, 3 passed" in said


def test_a_test_that_another_plugin_takes_is_left_to_it(recipes: Path) -> None:
    code, said = pytest_in(recipes, OTHERS)
    assert code == 0, said
    assert "test_that_is_anyios[asyncio" in said


def test_a_widget_and_the_chat_are_of_one_app(recipes: Path) -> None:
    code, said = pytest_in(recipes, WIDGET)
    assert code == 0, said


def test_without_a_browser_a_test_is_skipped_and_in_ci_it_fails(recipes: Path, tmp_path: Path) -> None:
    nowhere = {"PATH": "", "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    code, said = pytest_in(recipes, WIDGET, **nowhere)
    assert code == 0, said
    assert "There is no Chromium to open widgets in. Install one: uv run playwright install chromium" in said
    code, said = pytest_in(recipes, WIDGET, **nowhere, CI="true")
    assert code == 1, said


def test_where_there_is_no_app_it_says_where_it_has_looked(tmp_path: Path) -> None:
    code, said = pytest_in(tmp_path, "def test_it(chat):\n    pass\n")
    assert code == 1
    assert "There is no app.py beside test_it.py or above it." in said


def test_a_run_that_asks_for_nothing_loads_nothing(recipes: Path) -> None:
    code, said = pytest_in(recipes, UNUSED)
    assert code == 0, said
