"""The built pages, as the running program finds them."""

from __future__ import annotations

import re

import pytest

from homeport import bundles
from homeport.errors import BundleError


def test_the_bundles_were_built_from_the_sources_as_they_are() -> None:
    assert bundles.build_error() == ""


def test_the_dashboard_is_one_document_with_one_script_and_one_style_and_loads_nothing() -> None:
    page = bundles.page("dashboard")
    assert len(re.findall(r"<script\b", page)) == 1
    assert len(re.findall(r"<style\b", page)) == 1
    assert "<link" not in page
    assert not re.search(r"""\b(?:src|href)\s*=\s*["']""", page)


def test_an_unknown_page_is_an_error_that_says_how_to_build() -> None:
    with pytest.raises(BundleError, match="no-such-page") as caught:
        bundles.page("no-such-page")
    assert "uv sync" in caught.value.hint


def test_a_missing_package_of_pages_is_an_error_that_says_how_to_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "PACKAGE", "homeport_web_that_is_not_installed")
    with pytest.raises(BundleError, match="not installed"):
        bundles.page("dashboard")
    assert bundles.build_error() == ""
