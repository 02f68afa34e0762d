"""New projects for the tests, and what is run in them: with this Python, and nothing from a network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.scaffold import Installed, write_project
from tests.apps.building import toolchain_cache

ROOT = Path(__file__).resolve().parents[2]
OURS = ("HOMEPORT_", "JWT_", "PRIVY_", "VITE_", "BACKEND_", "PYTEST_")


def new_project(folder: Path) -> Path:
    write_project(folder, folder.name, Installed("0.1.0"))
    return folder


def caches(tmp_path: Path, config: pytest.Config) -> Path:
    """A folder for caches in which what builds widgets is installed, or will be."""
    folder = tmp_path / "cache"
    (folder / "homeport").mkdir(parents=True, exist_ok=True)
    (folder / "homeport" / "widgets").symlink_to(toolchain_cache(config).resolve())
    return folder


def environment(cache: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS) and name != "PORT"}
    return kept | {"XDG_CACHE_HOME": str(cache), "HOMEPORT_DATA_DIR": str(cache.parent / "data")}


def run_in(project: Path, cache: Path, *module: str) -> subprocess.CompletedProcess[str]:
    """`python -m MODULE …` in the project's folder, with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", *module],
        cwd=project,
        env=environment(cache),
        capture_output=True,
        text=True,
        timeout=300,
    )
