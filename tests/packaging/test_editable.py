"""An editable checkout: the bundles follow their sources, and a broken source takes nothing away."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.packaging.checkout import Checkout

STATE = "from homeport import bundles; print('All quiet' in bundles.page('dashboard'), bundles.build_error())"
SOURCE = "widgets/src/dashboard/waiting.tsx"
SHOWN = "Nothing waits."


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_a_changed_source_is_in_the_page_at_the_next_run_and_a_broken_one_keeps_the_last_good_page(
    checkout: Checkout,
) -> None:
    assert checkout.python(STATE) == "False"

    source = checkout.folder / SOURCE
    good = source.read_text(encoding="utf-8").replace(SHOWN, "All quiet.")
    source.write_text(good, encoding="utf-8")
    assert checkout.python(STATE) == "True"

    source.write_text(good + "\nexport const broken = (;\n", encoding="utf-8")
    kept, _, error = checkout.python(STATE).partition(" ")
    assert kept == "True"
    assert "dashboard/waiting.tsx" in error
    assert "The browser bundles were not built" in error
    assert "uv sync -v --reinstall-package homeport" in error
    assert "\x1b" not in error

    source.write_text(good, encoding="utf-8")
    assert checkout.python(STATE) == "True"


def test_nothing_is_built_while_the_sources_stay_as_they_are_and_nothing_is_written_under_src(
    checkout: Checkout,
) -> None:
    sources = files_under(checkout.folder / "src")
    checkout.python(STATE)
    built = checkout.folder / "widgets" / "dist" / "dashboard.html"
    before = built.stat().st_mtime_ns
    again = checkout.uv("sync", "--python", sys.executable, "--reinstall-package", "homeport")
    assert again.returncode == 0, again.stderr
    assert built.stat().st_mtime_ns == before
    assert files_under(checkout.folder / "src") == sources


def files_under(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


def test_a_checkout_that_never_had_good_pages_says_why_it_cannot_be_built(checkout: Checkout) -> None:
    (checkout.folder / SOURCE).write_text("export const broken = (;\n", encoding="utf-8")
    done = checkout.uv("sync", "--python", sys.executable)
    assert done.returncode != 0
    assert "dashboard/waiting.tsx" in done.stderr
    assert "The browser bundles were not built" in done.stderr
