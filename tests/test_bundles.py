"""The built pages, as the running program finds them."""

from __future__ import annotations

import gzip
import hashlib
import re
from importlib import resources

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


def test_the_sign_in_script_and_its_style_are_named_by_their_content() -> None:
    script = bundles.script("sign-in")
    for asset, kind in ((script.code, "js"), (script.css, "css")):
        digest = hashlib.sha256(asset.content).hexdigest()
        assert asset.file == f"sign-in-{digest[:16]}.{kind}"


def test_the_sign_in_script_loads_no_other_file_and_needs_no_eval() -> None:
    code = bundles.script("sign-in").code.content.decode()
    assert not re.search(r"""\bimport\s*\(|\bfrom\s*["']|\beval\(|new Function\(""", code)


def test_the_sign_in_page_is_usable_after_less_than_its_goal_of_120_kb() -> None:
    script = bundles.script("sign-in")
    assert sum(len(gzip.compress(asset.content)) for asset in (script.code, script.css)) < 120_000


def test_the_licences_of_what_was_bundled_are_passed_on() -> None:
    licences = (resources.files(bundles.PACKAGE) / "licenses.txt").read_text(encoding="utf-8")
    for package in ("@privy-io/js-sdk-core 0.76.2 (Apache-2.0)", "preact ", "@noble/hashes "):
        assert package in licences
    assert "Apache License" in licences


def test_an_unknown_script_is_an_error_that_says_how_to_build() -> None:
    with pytest.raises(BundleError, match="no-such-script") as caught:
        bundles.script("no-such-script")
    assert "uv sync" in caught.value.hint


def test_an_unknown_page_is_an_error_that_says_how_to_build() -> None:
    with pytest.raises(BundleError, match="no-such-page") as caught:
        bundles.page("no-such-page")
    assert "uv sync" in caught.value.hint


def test_a_missing_package_of_pages_is_an_error_that_says_how_to_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "PACKAGE", "homeport_web_that_is_not_installed")
    with pytest.raises(BundleError, match="not installed"):
        bundles.page("dashboard")
    assert bundles.build_error() == ""


def test_the_kit_for_plain_html_is_one_script_that_makes_one_name() -> None:
    kit = bundles.plain_kit()
    assert "homeport" in kit
    assert "callTool" in kit
    assert not re.search(r"""\bimport\s*\(|\bfrom\s*["']|\beval\(|new Function\(""", kit)


def test_the_toolchain_has_the_kit_the_builder_and_a_lock_file() -> None:
    names = {entry.name for entry in bundles.toolchain().iterdir()}
    assert names == {"builder", "kit", "package.json", "package-lock.json"}
