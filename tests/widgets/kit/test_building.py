"""What a widget is built with: types of the app's own tools, React's names, plain HTML, and a style of what is used."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import expect

from homeport import bundles
from tests.browser.chromium import needs_chromium
from tests.judges.node import PACKAGES, needs_judges
from tests.npm import install, run_node
from tests.widgets.kit.built import WIDGETS, built, probe
from tests.widgets.kit.scene import chat_with, result

HERE = Path(__file__).parent


def test_calls_and_results_of_the_apps_own_tools_are_typed() -> None:
    install(WIDGETS)
    compiler = str(WIDGETS / "node_modules/typescript/bin/tsc")
    checked = run_node("node", compiler, "--noEmit", "--pretty", "false", "-p", str(HERE / "probe"), cwd=WIDGETS)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_judges
def test_there_is_a_value_for_each_standard_style_variable() -> None:
    specified = (PACKAGES / "@modelcontextprotocol/ext-apps/dist/src/spec.types.d.ts").read_text(encoding="utf-8")
    names = re.search(r"type McpUiStyleVariableKey = (.*?);", specified)
    assert names is not None
    tokens = (WIDGETS / "src/kit/tokens.css").read_text(encoding="utf-8")
    assert set(re.findall(r"^ +(--[\w-]+):", tokens, re.MULTILINE)) == set(re.findall(r'"(--[\w-]+)"', names[1]))


def test_a_built_widget_has_the_style_variables_that_it_uses_and_no_others() -> None:
    page = bundles.page("list-view")
    declared = set(re.findall(r"[{;](--(?:color|font|border|shadow)-[\w-]+):", page))
    used = set(re.findall(r"var\((--(?:color|font|border|shadow)-[\w-]+)", page))
    assert declared == used != set()


def test_hooks_weigh_nothing_where_nobody_calls_one() -> None:
    assert "requestAnimationFrame" in probe()
    assert "requestAnimationFrame" not in bundles.page("list-view")


@needs_chromium
async def test_a_widget_in_plain_html_has_the_kit_in_window_homeport() -> None:
    async with chat_with(built(HERE / "plain"), "both") as chat:
        await expect(chat.widget.get_by_role("heading")).to_have_text("pending")
        await chat.show_result(result({"title": "Soup"}))
        await expect(chat.widget.get_by_role("heading")).to_have_text("Soup")
