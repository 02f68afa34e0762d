"""axe-core on a page: what keeps people with a keyboard, a screen reader or weak eyes out."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Frame, Page

_SOURCE = Path(__file__).parents[1] / "judges" / "node_modules" / "axe-core" / "axe.min.js"

needs_axe = pytest.mark.skipif(
    not _SOURCE.exists(), reason="axe-core in tests/judges is not installed: run `uv run python -m tests`"
)


async def violations(page: Page | Frame, *rules: str) -> list[str]:
    """One line for each broken rule and element: of these rules, or of all, best practices as well."""
    if not await page.evaluate("'axe' in window"):
        # Evaluated from outside, so that the page's own policy stays as strict as it is.
        await page.evaluate(_SOURCE.read_text(encoding="utf-8"))
    run = "async rules => (await axe.run(rules.length ? {runOnly: rules} : {})).violations"
    found = await page.evaluate(run, rules)
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]
