"""Which folders may be opened to ChatGPT."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.errors import SettingsError
from homeport.settings import load_settings
from homeport.settings.searched_folder import why_not


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("notes", ".ssh", "Library/Mail", "data/sub", "notes/.obsidian"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "shortcut").symlink_to(tmp_path / ".ssh")
    (tmp_path / "file.txt").touch()
    return tmp_path


@pytest.mark.parametrize("chosen", ["notes", ".", "gone"])
def test_a_folder_of_ones_own_may_be_chosen(home: Path, chosen: str) -> None:
    assert why_not(home / chosen, data_dir=home / "data", home=home) == ""


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("/", "the whole computer"),
        ("data", "its own data"),
        ("data/sub", "its own data"),
        (".ssh", "hidden folder .ssh"),
        ("shortcut", "hidden folder .ssh"),
        ("notes/.obsidian", "hidden folder .obsidian"),
        ("notes/../.ssh", "hidden folder .ssh"),
        ("Library/Mail", "in Library"),
        ("file.txt", "is a file"),
    ],
)
def test_other_folders_are_refused_with_the_reason(home: Path, chosen: str, words: str) -> None:
    assert words in why_not(home / chosen, data_dir=home / "data", home=home)


def test_the_settings_refuse_such_a_folder_wherever_it_was_chosen(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    data_dir = home / "data"
    (data_dir / "homeport.toml").write_text('folder = "~/.ssh"\n')
    with pytest.raises(SettingsError) as refused:
        load_settings(options={"data_dir": str(data_dir)}, environ={}, cwd=home)
    assert "homeport.toml, line 1: this folder cannot be opened to ChatGPT." in refused.value.message
    with pytest.raises(SettingsError, match="the whole computer"):
        load_settings(options={"data_dir": str(data_dir), "folder": "/"}, environ={}, cwd=home)
    chosen = load_settings(options={"data_dir": str(data_dir), "folder": "~/notes"}, environ={}, cwd=home)
    assert chosen.settings.folder == home / "notes"


def test_a_folder_is_not_opened_to_everybody_on_the_internet(home: Path) -> None:
    given = {"data_dir": str(home / "data"), "folder": str(home / "notes"), "privy_app_id": "cm0app"}
    with pytest.raises(SettingsError, match="everyone your Privy app admits"):
        load_settings(options={**given, "people": "open"}, environ={}, cwd=home)
    assert load_settings(options={**given, "people": "invite"}, environ={}, cwd=home).settings.folder
