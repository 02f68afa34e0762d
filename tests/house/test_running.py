"""How the tests themselves are run: what is set up first, and what a skip means in CI."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import machine
from tests.npm import ToolchainError, install

ROOT = Path(__file__).resolve().parents[2]


def run_tests(folder: Path, code: str, *options: str) -> str:
    """The output of pytest with this repository's conftest for one file with `code`."""
    (folder / "test_it.py").write_text(code, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
    ]
    done = subprocess.run([*command, *options, str(folder)], cwd=ROOT, capture_output=True, text=True)
    return done.stdout + done.stderr


SKIPPING = """
import pytest

def test_skips(): pytest.skip("no browser here")

@pytest.mark.xfail
def test_is_expected_to_fail(): assert False

def test_passes(): pass
"""


def test_a_skip_is_a_skip_for_a_developer_and_a_failure_with_no_skips(tmp_path: Path) -> None:
    assert "1 passed, 1 skipped, 1 xfailed" in run_tests(tmp_path, SKIPPING)
    strict = run_tests(tmp_path, SKIPPING, "--no-skips")
    assert "1 failed, 1 passed, 1 xfailed" in strict
    assert "no browser here" in strict


def test_a_file_that_is_skipped_as_a_whole_is_an_error_with_no_skips(tmp_path: Path) -> None:
    whole = 'import pytest\npytest.skip("no bus here", allow_module_level=True)\n'
    assert "1 skipped" in run_tests(tmp_path, whole)
    strict = run_tests(tmp_path, whole, "--no-skips")
    assert "1 error" in strict
    assert "no bus here" in strict


def test_a_coroutine_test_is_run_to_its_end(tmp_path: Path) -> None:
    waiting = "import asyncio\nasync def test_it():\n    await asyncio.sleep(0)\n    assert 1 == 2\n"
    assert "assert 1 == 2" in run_tests(tmp_path, waiting)


def test_setting_up_needs_nothing_but_the_standard_library() -> None:
    bare = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import tests.__main__, tests.npm"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", bare], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_is_missing_is_named_with_its_purpose_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = machine.Needed("gnome-keyring", "a real Secret Service", lambda: False)
    monkeypatch.setattr(machine, "NEEDED", (missing, machine.Needed("chromium", "pages", lambda: True)))
    said = machine.prepare(may_install=False)
    assert "gnome-keyring: a real Secret Service" in said
    assert "apt-get install gnome-keyring" in said
    assert "chromium" not in said


def test_npm_packages_are_installed_once_for_each_lock_file(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "empty", "version": "1.0.0"}', encoding="utf-8")
    lock = tmp_path / "package-lock.json"
    lock.write_text('{"name": "empty", "version": "1.0.0", "lockfileVersion": 3, "packages": {}}', encoding="utf-8")
    install(tmp_path)
    digest = tmp_path / "node_modules" / ".lock-digest"
    first = digest.stat().st_mtime_ns
    install(tmp_path)
    assert digest.stat().st_mtime_ns == first
    lock.write_text("this is no lock file", encoding="utf-8")
    with pytest.raises(ToolchainError, match="npm ci"):
        install(tmp_path)
