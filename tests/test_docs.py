"""The code that README.md, docs/tools.md and docs/widgets.md show works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from homeport import App, ToolError
from homeport.apps.loading import load_app
from homeport.apps.tools import Effect
from homeport.mcp_server.rules import default_rule
from homeport.settings.model import Settings
from homeport.testing import Chat

ROOT = Path(__file__).resolve().parents[1]
IN_A_FILE_OF_ITS_OWN = "# test_app.py\n"


def blocks(page: str, language: str = "python") -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def write_app(folder: Path, page: str) -> Path:
    """The blocks of a page in one app.py, and those for another file in that."""
    code = blocks(page)
    assert code
    folder.mkdir()
    (folder / "app.py").write_text("\n\n".join(b for b in code if not b.startswith("# ")), encoding="utf-8")
    tests = [block for block in code if block.startswith(IN_A_FILE_OF_ITS_OWN)]
    (folder / "test_app.py").write_text("\n\n".join(tests), encoding="utf-8")
    return folder


def app_of(folder: Path) -> App:
    loaded = load_app(folder)
    loaded.modules.drop()
    return loaded.app


async def test_the_app_in_the_readme_works(tmp_path: Path) -> None:
    async with Chat(app_of(write_app(tmp_path / "recipes", "README.md"))) as chat:
        assert await chat.call("find_recipe", name="soup") == "Carrots, ginger, an hour."
        with pytest.raises(ToolError, match="no recipe called 'bread'"):
            await chat.call("find_recipe", name="bread")
        assert await chat.call("keep_recipe", name="bread", text="Flour.") == "Kept bread."
        assert await chat.call("find_recipe", name="bread") == "Flour."


async def test_the_app_in_the_page_about_tools_works(tmp_path: Path) -> None:
    app = app_of(write_app(tmp_path / "recipes", "docs/tools.md"))
    assert list(app.tools) == ["find_recipes", "keep_recipe", "forget_recipe", "bake", "count_steps"]
    async with Chat(app) as chat:
        with pytest.raises(ToolError, match="The oven is off") as refused:
            await chat.call("bake", title="Bread")
        assert refused.value.code == "oven_is_off"


def test_the_tests_in_the_page_about_tools_pass(tmp_path: Path) -> None:
    folder = write_app(tmp_path / "recipes", "docs/tools.md")
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "."]
    done = subprocess.run([*command, "test_app.py"], cwd=folder, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


@pytest.mark.parametrize("page", ["README.md", "docs/tools.md", "docs/widgets.md"])
def test_the_code_in_a_page_passes_the_type_checker_and_the_linter(tmp_path: Path, page: str) -> None:
    folder = write_app(tmp_path / "recipes", page)
    cache = ROOT / ".mypy_cache" / "snippets"
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(cache), "."]
    types = subprocess.run(
        mypy, cwd=folder, env={"MYPYPATH": str(ROOT / "src"), "PATH": ""}, capture_output=True, text=True, timeout=110
    )
    assert types.returncode == 0, types.stdout + types.stderr
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--ignore", "E402", "."]
    lint = subprocess.run(ruff, cwd=folder, capture_output=True, text=True)
    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_the_settings_in_the_page_about_tools_are_settings() -> None:
    for block in blocks("docs/tools.md", "toml"):
        assert Settings.model_validate(tomllib.loads(block)).rules


def test_the_page_about_tools_knows_every_effect_and_what_holds_for_it() -> None:
    page = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r'^\| `"(\w+)"` \| .* \| (\w+)[^|]*\|$', page, re.MULTILINE))
    assert rows == {e: "allowed" if default_rule("x", e) == "allow" else "asked" for e in get_args(Effect)}
