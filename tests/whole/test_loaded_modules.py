"""What a start loads before it answers for the first time: nothing that it does not need for that."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.child import child_process
from tests.program import ROOT, Installation, _answers

HEAVY = {
    "PIL": "pictures for the tray",
    "asyncssh": "a tunnel",
    "desktop_notifier": "notifications",
    "fastmcp": "nothing here",
    "hypothesis": "tests",
    "jinja2": "the first page",
    "psycopg": "PostgreSQL",
    "pyngrok": "a tunnel",
    "pystray": "the tray",
    "rich": "tables that a command prints",
    "tomlkit": "writing settings",
    "watchfiles": "an app folder",
}
"""Library, and what it is for instead."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules at the first 200 on /health of `homeport serve`, without an app folder."""
    return asyncio.run(loaded_at_the_first_answer(tmp_path_factory.mktemp("loaded")))


async def loaded_at_the_first_answer(folder: Path) -> set[str]:
    installation = Installation(folder)
    report = folder / "modules"
    async with child_process(
        *(sys.executable, "-m", "tests.whole.reporting_program", str(report), "serve"),
        *("--data-dir", str(installation.data_dir), "--port", str(installation.port), "--control-port", "0"),
        environment={**installation.environment, "PYTHONPATH": str(ROOT)},
        folder=folder,
    ) as child:
        async with asyncio.timeout(20):
            while not await _answers(installation.port):
                await asyncio.sleep(0.001)
        await child.terminate()
    return set(report.read_text().split("\n"))


@pytest.mark.parametrize("library", HEAVY)
def test_a_start_does_not_load(library: str, loaded: set[str]) -> None:
    assert "homeport.public" in loaded
    assert not {name for name in loaded if name == library or name.startswith(f"{library}.")}, HEAVY[library]


def test_a_start_loads_nothing_that_only_tests_or_builds_need(loaded: set[str]) -> None:
    assert loaded.isdisjoint({"pytest", "mypy", "setuptools", "pip", "unittest.mock", "doctest", "pdb", "tkinter"})
