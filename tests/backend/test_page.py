"""What docs/backend.md shows to authors of tools works as it stands there, and what it says of errors is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from homeport import ToolError
from homeport.apps.backend_errors import error_of
from homeport.testing import Chat
from tests.backend.reference import ReferenceBackend, Reply
from tests.backend.verifiers import PAGE
from tests.test_docs import ROOT, app_of, blocks, write_app


async def test_the_app_in_the_page_works(tmp_path: Path) -> None:
    backend = ReferenceBackend(base="")
    backend.replies(Reply(200, [{"id": "1", "title": "Soup"}]), Reply(200, {"id": "1", "title": "Soup"}), Reply(409))
    async with Chat(app_of(write_app(tmp_path / "recipes", PAGE)), backend=backend) as chat:
        assert await chat.call("find_recipes", words="soup") == [{"id": "1", "title": "Soup"}]
        assert await chat.call("publish_recipe", id="1") == {"id": "1", "title": "Soup"}
        with pytest.raises(ToolError, match="public already") as refused:
            await chat.call("publish_recipe", id="1")
        assert refused.value.code == "already_published"
        with pytest.raises(ToolError) as refused:
            await chat.call("publish_recipe", id="../admin")
        assert refused.value.code == "path_refused"
    assert [seen.target for seen in backend.seen] == [
        "/recipes?q=soup",
        "/recipes/1/publish",
        "/recipes/1/publish",
    ]


def test_the_tests_in_the_page_pass(tmp_path: Path) -> None:
    folder = write_app(tmp_path / "recipes", PAGE)
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "."]
    done = subprocess.run([*command, "test_app.py"], cwd=folder, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_code_in_the_page_passes_the_type_checker_and_the_linter(tmp_path: Path) -> None:
    folder = write_app(tmp_path / "recipes", PAGE)
    (main,) = [block for block in blocks(PAGE) if block.startswith("# main.py")]
    (folder / "main.py").write_text(main, encoding="utf-8")
    cache = ROOT / ".mypy_cache" / "snippets"
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(cache), "."]
    environment = {"MYPYPATH": str(ROOT / "src"), "PATH": ""}
    types = subprocess.run(mypy, cwd=folder, env=environment, capture_output=True, text=True, timeout=110)
    assert types.returncode == 0, types.stdout + types.stderr
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--ignore", "E402", "."]
    lint = subprocess.run(ruff, cwd=folder, capture_output=True, text=True)
    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_the_table_of_errors_is_what_happens() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([^|]+) \| `(\w+)`[^|]*\|$", page, re.MULTILINE))
    for status in (400, 402, 403, 404, 405, 409, 410, 412, 415, 422, 429, 451, 500, 502, 503, 504):
        code = error_of(status, "GET", b"", None).code
        general = "5xx" if status >= 500 else "any other 4xx"
        row = next((row for row in rows if str(status) in row), general)
        assert rows[row] == code, status
    assert {"backend_timeout", "backend_unreachable", "answer_not_usable"} < set(rows.values())
