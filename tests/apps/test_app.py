"""Offering functions as tools of an app."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homeport import App

ROOT = Path(__file__).resolve().parents[2]

WITHOUT_EFFECT = '''
from homeport import App

app = App("Recipes")

@app.tool(title="Find")
async def find_recipe(name: str) -> str:
    """Find a recipe."""
    return name
'''
TYPED = '''
from homeport import App, Context, Person, Result

app = App("Recipes")

@app.tool(effect="read")
async def find_recipe(name: str, person: Person, context: Context) -> Result[list[str]]:
    """Find a recipe."""
    return Result([name])

async def test_it(person: Person, context: Context) -> str:
    found = await find_recipe("soup", person, context)
    return found.data[0]
'''


def check_types(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    (folder / "app.py").write_text(code, encoding="utf-8")
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--config-file=",
            "--cache-dir",
            str(ROOT / ".mypy_cache" / "snippets"),
            "app.py",
        ],
        cwd=folder,
        env={"MYPYPATH": str(ROOT / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=110,
    )


def test_tools_are_listed_in_the_order_in_which_they_were_written() -> None:
    app = App("Recipes")

    @app.tool(effect="write")
    async def keep(name: str) -> str:
        """Keep."""
        return name

    @app.tool(effect="read")
    async def find(name: str) -> str:
        """Find."""
        return name

    assert list(app.tools) == ["keep", "find"]


async def test_the_decorated_function_stays_as_it_is() -> None:
    app = App("Recipes")

    async def find(name: str) -> str:
        """Find."""
        return name

    assert app.tool(effect="read")(find) is find


def test_two_tools_cannot_have_one_name() -> None:
    app = App("Recipes")

    @app.tool(effect="read")
    async def find(name: str) -> str:
        """Find."""
        return name

    with pytest.raises(TypeError, match="'find' cannot be offered: the app uses the name 'find' already"):

        @app.tool(effect="read", name="find")
        async def search(name: str) -> str:
            """Search."""
            return name

    assert list(app.tools) == ["find"]


def test_an_old_name_stays_callable_and_is_not_listed() -> None:
    app = App("Recipes")

    @app.tool(effect="read", was=["search-recipes"])
    async def find(name: str) -> str:
        """Find."""
        return name

    assert app.find("search-recipes") is app.find("find") is app.tools["find"]
    assert list(app.tools) == ["find"]
    assert app.find("never") is None


@pytest.mark.parametrize("was", [["find"], ["old", "old"]])
def test_an_old_name_must_be_free_too(was: list[str]) -> None:
    app = App("Recipes")

    async def find(name: str) -> str:
        """Find."""
        return name

    with pytest.raises(TypeError, match="uses the name"):
        app.tool(effect="read", was=was)(find)
    assert not app.tools


@pytest.mark.parametrize("name", ["", "  ", None, 3])
def test_an_app_needs_a_name(name: str) -> None:
    with pytest.raises(TypeError, match="needs a name"):
        App(name)


@pytest.mark.parametrize(
    "offer",
    [
        lambda app: app.tool(lambda: None),
        lambda app: app.tool("write"),
        lambda app: app.tool(),
        lambda app: app.tool(title="Find"),
        lambda app: app.tool("Find", effect="read"),
    ],
    ids=["no-parentheses", "effect-without-its-name", "empty", "no-effect", "name-without-its-name"],
)
def test_a_decorator_without_an_effect_says_how_it_is_written(offer: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError) as refused:
        offer(App("Recipes"))
    assert str(refused.value) == 'Write @app.tool(effect="read"), "write" or "destroy".'


def test_an_app_without_a_name_says_how_it_is_written() -> None:
    make: Any = App
    for arguments in ({}, {"instructions": "Find recipes."}):
        with pytest.raises(TypeError, match=r"^An app needs a name, like App\('Recipes'\)\.$"):
            make(**arguments)
    assert make(name="Recipes").name == "Recipes"


@pytest.mark.parametrize(
    "line", ["@app.tool\nasync def", '@app.tool("write")\nasync def', "@app.tool()\nasync def", "App()\nasync def"]
)
def test_a_type_checker_sees_what_is_missing_too(tmp_path: Path, line: str) -> None:
    wrong = WITHOUT_EFFECT.replace('@app.tool(title="Find")\nasync def', line)
    assert wrong != WITHOUT_EFFECT
    done = check_types(tmp_path, wrong)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "error:" in done.stdout


def test_instructions_are_text() -> None:
    with pytest.raises(TypeError, match="instructions are text"):
        App("Recipes", instructions=["Find recipes."])  # type: ignore[arg-type]


def test_the_list_of_tools_cannot_be_changed_from_outside() -> None:
    with pytest.raises(TypeError):
        App("Recipes").tools["find"] = None  # type: ignore[index]


def test_mypy_refuses_a_tool_without_its_effect(tmp_path: Path) -> None:
    done = check_types(tmp_path, WITHOUT_EFFECT)
    assert done.returncode == 1, done.stderr
    assert 'app.py:6: error: Missing named argument "effect"' in done.stdout


def test_mypy_knows_a_decorated_function_by_its_own_types(tmp_path: Path) -> None:
    done = check_types(tmp_path, TYPED)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "instructions"), [("Recipes\ud83d", ""), ("Recipes", "Find \udc00.")])
def test_what_no_message_can_carry_is_refused_in_an_app_s_name_and_instructions(name: str, instructions: str) -> None:
    with pytest.raises(TypeError, match="Half a character"):
        App(name, instructions)
