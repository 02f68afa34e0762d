"""What the files of the repository look like as files: their length, and what may not stand in any of them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 420
CODE = {".py", ".ts", ".tsx", ".js", ".mjs", ".css", ".sql", ".html"}
TEXT = {*CODE, "", ".json", ".md", ".toml", ".yaml", ".yml", ".svg", ".example", ".spec"}

# Written in pieces, so that this file passes its own test.
REGISTRIES = ("registry." + "npmjs.org", "files.python" + "hosted.org", "deb." + "debian.org", "pypi." + "org/simple")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|home/[a-z_]\w*|Users/[A-Za-z]\w*|opt/wheels)/")
FORBIDDEN_NAMES = re.compile(r"(?:^|_)(?:utils?|helpers?|manager|common|misc)(?:_|$)")


def tracked() -> list[Path]:
    """Every file that is in the repository, or would be after `git add .`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in files if path.is_file()]


def text_files() -> list[tuple[str, str]]:
    """(name, content) of every tracked text file."""
    return [
        (path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in tracked()
        if path.suffix in TEXT
    ]


def test_no_file_is_too_long_to_read_in_one_sitting() -> None:
    lengths = {name: len(text.splitlines()) for name, text in text_files() if Path(name).suffix in CODE}
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    found = {name: MACHINE_PATHS.findall(text) for name, text in text_files()}
    assert {name: paths for name, paths in found.items() if paths} == {}


def test_no_file_records_where_packages_are_downloaded() -> None:
    hosts = {name: [host for host in REGISTRIES if host in text] for name, text in text_files()}
    assert {name: found for name, found in hosts.items() if found} == {}
    assert not [path for path in tracked() if path.name == "uv.lock"]


def test_no_npm_lock_file_records_addresses() -> None:
    locks = [path for path in tracked() if path.name == "package-lock.json"]
    assert locks
    for lock in locks:
        packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
        assert not [name for name, package in packages.items() if "resolved" in package], lock


def test_a_file_is_named_for_its_subject() -> None:
    named = {path.stem: path for path in tracked() if path.suffix in CODE}
    assert not [path for stem, path in named.items() if FORBIDDEN_NAMES.search(stem)]


@pytest.mark.parametrize("folder", ["src", "tests", "widgets"])
def test_a_python_file_opens_with_what_it_is_for(folder: str) -> None:
    silent = [
        name
        for name, text in text_files()
        if name.startswith(f"{folder}/") and name.endswith(".py") and text.strip() and not text.startswith('"""')
    ]
    assert silent == []
