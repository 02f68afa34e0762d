"""The TypeScript of everything that runs in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from homeport.apps.tool_types import tool_types
from homeport.items import Items, items_app
from tests.npm import install, run_node

WIDGETS = Path(__file__).resolve().parents[2] / "widgets"


def test_the_browser_code_passes_the_strict_type_check() -> None:
    install(WIDGETS)
    checked = run_node("node", "node_modules/typescript/bin/tsc", "--noEmit", "--pretty", "false", cwd=WIDGETS)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_type_check_sees_the_sources() -> None:
    install(WIDGETS)
    listed = run_node("node", "node_modules/typescript/bin/tsc", "--listFilesOnly", cwd=WIDGETS).stdout
    seen = {Path(line).resolve() for line in listed.splitlines()}
    sources = {path for suffix in ("ts", "tsx") for path in (WIDGETS / "src").rglob(f"*.{suffix}")}
    assert sources
    assert not sources - seen


def test_the_list_view_knows_the_tools_as_they_are() -> None:
    """What comes after the first line, which says where it is from."""
    written = (WIDGETS / "src" / "list-view" / "tools.d.ts").read_text(encoding="utf-8")
    generated = tool_types(items_app(cast(Items, None)))
    assert written.partition("\n")[2] == generated.partition("\n")[2]
