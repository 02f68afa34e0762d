"""Widgets built for tests from their sources, with the Node of a Python package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.npm import install, run_node

HERE = Path(__file__).parent
WIDGETS = Path(__file__).resolve().parents[3] / "widgets"


@cache
def built(folder: Path) -> str:
    """The one document that the folder's index.html becomes."""
    install(WIDGETS)
    done = run_node("node", str(HERE / "build.mjs"), str(folder), cwd=WIDGETS)
    assert done.returncode == 0, done.stderr
    return done.stdout


def probe() -> str:
    """A widget that shows what each hook gives, and whose functions a test calls through `window.kit`."""
    return built(HERE / "probe")
