"""Who may import whom, and what an import must not load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOADED_BY_HOMEPORT = "import homeport, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
HEAVY = {"cryptography", "httpx2", "jinja2", "keyring", "mcp", "rich", "sqlite3", "starlette", "tomlkit", "uvicorn"}


def test_a_room_imports_only_rooms_below_it() -> None:
    lint = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"]
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_an_app_author_imports_loads_no_server() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED_BY_HOMEPORT], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "homeport" in loaded
    assert not loaded & HEAVY
