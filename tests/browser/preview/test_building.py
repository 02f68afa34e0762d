"""The preview of an app that is being written: what is wrong with its files is said there and in the terminal, with its
place, by the program that a developer starts.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from tests.apps.building import toolchain_cache
from tests.browser.chromium import chromium_window, needs_chromium
from tests.browser.screens import picture
from tests.program import running_homeport
from tests.scaffold.projects import new_project

pytestmark = needs_chromium

# A build comes within a second; types are read by a program that takes several, on a busy machine more.
PATIENCE_MILLISECONDS = 60_000


async def test_a_mistake_in_a_widget_is_said_with_its_place_and_goes_when_it_is_mended(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    folder = new_project(tmp_path / "recipes")
    source = folder / "widgets" / "recipe-list.tsx"
    good = source.read_text(encoding="utf-8")
    broken = good.replace("<h1>Recipes</h1>", "<h1>Recipes</h2>")
    wrong = good.replace('useToolOutput("find_recipes"', 'useToolOutput("find_recipe"')
    assert good not in (broken, wrong)
    has_toolchain(tmp_path / "home", pytestconfig)
    async with running_homeport(tmp_path, "--app", str(folder), command=()) as homeport, chromium_window() as window:
        page = await window.new_page()
        printed = await homeport.run("preview", "--print", "--simulation", "two-recipes")
        address = re.search(r"^http\S+$", printed, re.MULTILINE)
        assert address is not None
        await page.goto(address[0])
        shown = page.frame_locator(".stage iframe").frame_locator("iframe").get_by_text("Onion soup")
        await expect(shown).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        problems = page.locator(".problems")
        await expect(problems).to_have_count(0)

        source.write_text(broken, encoding="utf-8")
        place = place_of("</h2>", broken)
        await says(problems, "build", "The last good one is shown", place)
        await expect(shown).to_be_visible()
        await homeport.says(rf"recipe-list is not built anew: {re.escape(place)}\d+")
        await picture(page, "preview-build-error")

        source.write_text(wrong, encoding="utf-8")
        place = place_of('"find_recipe"', wrong)
        await says(problems, "types", "The widget is shown all the same", place, '"find_recipe"')
        await expect(problems.locator("[data-kind=build]")).to_have_count(0)
        await homeport.says(rf"Types: {re.escape(place)}\d+")

        source.write_text(good, encoding="utf-8")
        await expect(problems).to_have_count(0, timeout=PATIENCE_MILLISECONDS)
        await expect(shown).to_be_visible()


async def says(problems: Locator, kind: str, *words: str) -> None:
    one = problems.locator(f"[data-kind={kind}]").first
    for word in words:
        await expect(one).to_contain_text(word, timeout=PATIENCE_MILLISECONDS)


def place_of(words: str, source: str) -> str:
    line = next(number for number, line in enumerate(source.splitlines(), 1) if words in line)
    return f"widgets/recipe-list.tsx:{line}:"


def has_toolchain(home: Path, config: pytest.Config) -> None:
    """What builds widgets is in this home's cache already, or will be in that of the tests."""
    (home / ".cache" / "homeport").mkdir(parents=True)
    (home / ".cache" / "homeport" / "widgets").symlink_to(toolchain_cache(config).resolve())
