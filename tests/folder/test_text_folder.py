"""What a search finds while the folder changes, and what the index is allowed to be."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from homeport import NotFound, ToolError
from homeport.folder import TextFolder, index, scanning
from homeport.folder.index import open_index
from homeport.folder.opening import LARGEST_BYTES
from homeport.folder.text import decoded
from homeport.folder.text_folder import FRESH_SECONDS, MOST_HITS
from tests.folder.conftest import Make, look_again, titles


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_new_changed_and_deleted_files_are_found_as_they_are_now(notes: Path, scanned: Make) -> None:
    searched = scanned(notes)
    assert sorted(titles(searched, "ginger")) == ["Carrot soup", "lisbon.txt"]
    write(notes / "tea.md", "# Ginger tea\n")
    write(notes / "soup.md", "# Plain soup with onions\n")
    (notes / "trips" / "lisbon.txt").unlink()
    look_again(searched)
    assert titles(searched, "ginger") == ["Ginger tea"]
    assert titles(searched, "onions") == ["Plain soup with onions"]


def test_a_deleted_file_is_gone_at_once_and_a_deleted_folder_with_all_in_it(notes: Path, scanned: Make) -> None:
    searched = scanned(notes)
    (hit,) = searched.search("lisbon").hits
    (notes / "trips").rename(notes.parent / "elsewhere")
    assert titles(searched, "lisbon") == []
    with pytest.raises(NotFound):
        searched.fetch(hit.id)
    look_again(searched)
    with open_index(searched.index_file) as kept:
        assert kept.files == 1


def test_an_unchanged_file_is_not_read_again(notes: Path, scanned: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = scanned(notes)
    write(notes / "photo.txt", "\0 no text \0")
    read: list[bytes] = []
    monkeypatch.setattr(scanning, "decoded", lambda data: read.append(data))
    look_again(searched)
    look_again(searched)
    assert read == [b"\0 no text \0"]


def test_a_search_looks_at_the_folder_again_when_the_last_look_is_old(notes: Path, tmp_path: Path) -> None:
    now = [0.0]
    searched = TextFolder(notes, cache=tmp_path / "cache", timer=lambda: now[0])
    searched.start()
    searched.wait()
    write(notes / "tea.md", "# Ginger tea\n")
    assert titles(searched, "tea") == []
    now[0] += FRESH_SECONDS
    searched.search("tea")
    assert searched.wait(10)
    assert titles(searched, "tea") == ["Ginger tea"]
    searched.stop()


def test_hidden_linked_binary_and_huge_files_are_left_out(notes: Path, scanned: Make, tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.txt", "secret ginger")
    (notes / "link.txt").symlink_to(outside)
    (notes / "linked").symlink_to(tmp_path, target_is_directory=True)
    write(notes / ".hidden.txt", "secret ginger")
    write(notes / ".config" / "note.txt", "secret ginger")
    write(notes / "key.pem", "secret ginger")
    (notes / "image.txt").write_bytes(b"secret ginger \0\1\2")
    write(notes / "huge.txt", "secret ginger " * (LARGEST_BYTES // 14 + 1))
    assert titles(scanned(notes), "secret") == []


def test_a_file_that_becomes_a_link_after_the_scan_is_not_followed(notes: Path, scanned: Make, tmp_path: Path) -> None:
    searched = scanned(notes)
    (hit,) = searched.search("lisbon").hits
    (notes / "trips" / "lisbon.txt").unlink()
    (notes / "trips" / "lisbon.txt").symlink_to(write(tmp_path / "outside.txt", "lisbon, a secret"))
    assert searched.search("lisbon").hits == []
    with pytest.raises(NotFound):
        searched.fetch(hit.id)


def test_a_folder_that_is_left_out_is_not_searched(notes: Path, scanned: Make) -> None:
    assert titles(scanned(notes, left_out=[notes / "trips"]), "ginger") == ["Carrot soup"]


def test_ids_stay_the_same_in_a_new_index_and_after_a_change(notes: Path, scanned: Make) -> None:
    searched = scanned(notes)
    before = [hit.id for hit in searched.search("soup").hits]
    write(notes / "soup.md", "# Other soup\n")
    look_again(searched)
    assert [hit.id for hit in searched.search("soup").hits] == before
    searched.index_file.unlink()
    look_again(searched)
    assert [hit.id for hit in searched.search("soup").hits] == before


def test_what_holds_the_words_in_its_title_comes_first_and_some_words_are_better_than_none(
    notes: Path, scanned: Make
) -> None:
    write(notes / "a.md", "# Something\n\nbread, bread and bread with butter\n")
    write(notes / "b.md", "# Bread\n\nflour\n")
    searched = scanned(notes)
    assert titles(searched, "bread") == ["Bread", "Something"]
    assert titles(searched, "bread butter") == ["Something", "Bread"]
    assert titles(searched, "buttered zeppelin bread") == ["Bread", "Something"]
    assert titles(searched, "brea") == ["Bread", "Something"]


def test_a_name_that_no_encoding_explains_is_read_and_shown(notes: Path, scanned: Make) -> None:
    path = os.fsencode(notes) + b"/k\xe4se.txt"
    try:
        Path(os.fsdecode(path)).write_text("cheese", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    searched = scanned(notes)
    (hit,) = searched.search("cheese").hits
    assert hit.title == "k\ufffdse.txt"
    assert searched.fetch(hit.id).text == "cheese"


def test_a_search_during_the_first_look_says_how_far_it_is(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def slowly(data: bytes) -> str | None:
        reading.set()
        assert go_on.wait(30)
        return decoded(data)

    monkeypatch.setattr(scanning, "decoded", slowly)
    searched = TextFolder(notes, cache=tmp_path / "cache")
    searched.start()
    assert reading.wait(10)
    found = searched.search("ginger")
    assert found.hits == []
    assert "still reading this folder for the first time: 1 files so far" in found.note
    go_on.set()
    assert searched.wait(10)
    assert searched.search("ginger").note == ""
    assert len(searched.search("ginger").hits) == 2


def test_stopping_breaks_a_look_off_and_leaves_no_thread(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(50):
        write(notes / f"{number}.txt", "text")
    searched = TextFolder(notes, cache=tmp_path / "cache")
    read: list[bytes] = []

    def stop_after_the_third(data: bytes) -> str:
        read.append(data)
        if len(read) == 3:
            searched.end()
        return "text"

    monkeypatch.setattr(scanning, "decoded", stop_after_the_third)
    searched.start()
    assert searched.wait(10)
    searched.stop()
    assert len(read) == 3
    assert not [thread for thread in threading.enumerate() if thread.name == "homeport-folder"]


def test_between_looks_no_thread_and_no_file_is_held(notes: Path, scanned: Make) -> None:
    searched = scanned(notes)
    searched.search("ginger")
    assert not [thread for thread in threading.enumerate() if thread.name == "homeport-folder"]
    if Path("/proc/self/fd").is_dir():
        links = [
            os.readlink(f"/proc/self/fd/{name}")
            for name in os.listdir("/proc/self/fd")
            if name.isdigit() and os.path.lexists(f"/proc/self/fd/{name}")
        ]
        assert not [link for link in links if str(notes.parent) in link]


def test_the_index_is_this_users_only_and_holds_no_sentence(notes: Path, scanned: Make) -> None:
    searched = scanned(notes)
    searched.search("ginger")
    cache = searched.index_file.parent
    assert cache.stat().st_mode & 0o777 == 0o700
    for file in cache.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
        assert b"hour of patience" not in file.read_bytes()


def break_it(path: Path) -> None:
    path.write_bytes(b"this is no database, and it is long enough to be looked at as one" * 100)


def make_it_old(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 999")
    database.close()


@pytest.mark.parametrize("spoil", [break_it, make_it_old])
def test_an_index_that_is_broken_or_of_another_version_is_made_anew(notes: Path, scanned: Make, spoil: Any) -> None:
    searched = scanned(notes)
    for beside in searched.index_file.parent.glob("*-*"):
        beside.unlink()
    spoil(searched.index_file)
    look_again(searched)
    assert searched.problem == ""
    assert len(searched.search("ginger").hits) == 2


def spoil_it(path: Path, *tables: str) -> None:
    """Wrong bytes in the middle of what a good index is made of: its head says nothing of it."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    names = ", ".join(f"'{table}'" for table in tables)
    pages = [number for (number,) in database.execute(f"SELECT rootpage FROM sqlite_schema WHERE name IN ({names})")]
    (size,) = database.execute("PRAGMA page_size").fetchone()
    database.close()
    with path.open("r+b") as file:
        for number in pages:
            file.seek((number - 1) * size)
            file.write(b"\xa5" * size)


@pytest.mark.parametrize("tables", [("files", "folders"), ("words_data", "words_idx")])
def test_an_index_that_is_spoiled_inside_is_made_anew(notes: Path, scanned: Make, tables: tuple[str, ...]) -> None:
    searched = scanned(notes)
    spoil_it(searched.index_file, *tables)
    look_again(searched)
    with contextlib.suppress(ToolError):  # what a look does not see, the next search does
        searched.search("ginger")
    look_again(searched)
    assert searched.problem == ""
    assert len(searched.search("ginger").hits) == 2


def test_an_index_that_is_mostly_about_the_past_is_made_anew(
    notes: Path, scanned: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "WORN_ROWS", 5)
    searched = scanned(notes)
    for edit in range(10):
        write(notes / "soup.md", f"# Soup number {edit}\n" + "x" * edit)
        look_again(searched)
    with open_index(searched.index_file) as kept:
        assert not kept.worn
        assert kept.files == 2
    assert titles(searched, "soup") == ["Soup number 9"]
    assert [file.name for file in searched.index_file.parent.iterdir() if ".new" in file.name] == []


def test_a_cache_that_cannot_be_written_is_a_problem_in_words(notes: Path, tmp_path: Path) -> None:
    write(tmp_path / "cache", "a file")
    searched = TextFolder(notes, cache=tmp_path / "cache")
    searched.start()
    searched.wait()
    assert searched.problem.startswith(f"The folder {notes} cannot be searched: ")


def test_thousands_of_files_are_searched_in_less_than_a_tenth_of_a_second(notes: Path, scanned: Make) -> None:
    for number in range(2_000):
        write(notes / f"{number % 30}" / f"{number}.txt", f"common words in each file and number{number} alone")
    searched = scanned(notes)
    taken = []
    for query in [
        "common words",
        "number77",
        "in each file and common words alone",
        "comm",
        "number17 zeppelin common",
    ] * 4:
        began = time.perf_counter()
        found = searched.search(query)
        taken.append(time.perf_counter() - began)
        assert 0 < len(found.hits) <= MOST_HITS
    assert sorted(taken)[len(taken) // 2] < 0.1, taken
