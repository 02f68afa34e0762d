"""The app has one drawing: in assets/, on the pages of the sign-in and in the dashboard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("src/homeport/auth/pages/layout.html", "widgets/src/dashboard/parts/mark.tsx")


def drawing(file: Path) -> list[tuple[str, list[str]]]:
    """Each element inside the SVG, in order, with its attributes."""
    inside = re.search(r"<svg\b[^>]*>(.*?)</svg>", file.read_text(encoding="utf-8"), re.DOTALL)
    assert inside is not None, file
    shapes = re.sub(r"<title>.*?</title>", "", inside.group(1))
    found = re.findall(r"<([A-Za-z]+)\s?([^>]*?)\s*/?>", shapes)
    return [(name, sorted(re.findall(r"""[\w-]+="[^"]*\"""", attributes))) for name, attributes in found]


@pytest.mark.parametrize("page", PAGES)
def test_the_mark_on_the_pages_is_the_drawing_of_the_apps_icon(page: str) -> None:
    icon = drawing(ROOT / "assets" / "homeport.svg")
    assert [name for name, _ in icon].count("path") == 1
    assert drawing(ROOT / page) == icon
