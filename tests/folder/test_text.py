"""Which files are text, what they say in which encoding, and what they are called."""

from __future__ import annotations

import time

import pytest

from homeport.folder.text import decoded, is_text_name, title_of

SAID = "Käse kostet 5 €\n"


@pytest.mark.parametrize(
    "data",
    [
        SAID.encode(),
        b"\xef\xbb\xbf" + SAID.encode(),
        SAID.encode("utf-16"),
        b"\xfe\xff" + SAID.encode("utf-16-be"),
        SAID.encode("utf-32"),
        SAID.encode("cp1252"),
        SAID.encode().replace(b"\n", b"\r\n"),
        "Ka\u0308se kostet 5 €\n".encode(),
    ],
)
def test_text_is_read_in_the_encodings_people_have(data: bytes) -> None:
    assert decoded(data) == SAID


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", bytes(range(1, 32)) * 9, b"text\0and more", b"\xff\xfe\1\0\2\0\3\0"]
)
def test_what_is_no_text_under_a_texts_name_is_left_out(data: bytes) -> None:
    assert not decoded(data)


def test_a_stray_control_character_does_not_spoil_a_text() -> None:
    assert decoded(b"page one\x0c" + b"page two " * 50 + b"\x07") == "page one\x0c" + "page two " * 50 + " "


@pytest.mark.parametrize(
    "name", ["a.md", "A.MD", "notes.txt", "README", "b.markdown", "table.csv", "x.y.txt", "Ünï.md"]
)
def test_texts_are_known_by_their_name(name: str) -> None:
    assert is_text_name(name)


@pytest.mark.parametrize(
    "name", ["a.py", "id_rsa", "key.pem", "photo.jpg", "wallet.dat", "md", "a.md.gpg", "page.html"]
)
def test_everything_else_stays_unread(name: str) -> None:
    assert not is_text_name(name)


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("soup.md", "# Carrot soup\n\nText", "Carrot soup"),
        ("soup.md", "\n\nText first\n\n## Then   a heading ##\n", "Then a heading"),
        ("soup.md", "Carrot soup\n===========\n", "Carrot soup"),
        ("soup.md", '---\ntags: [a]\ntitle: "The soup"\n---\n# Other\n', "The soup"),
        ("soup.md", "---\ntags: [a]\n---\n# Other\n", "Other"),
        ("soup.md", "no heading", "soup"),
        ("soup.md", "", "soup"),
        ("soup.txt", "# not Markdown", "soup.txt"),
        ("README", "# not Markdown", "README"),
        ("long.md", "# " + "x" * 300, "x" * 200),
    ],
)
def test_a_markdown_file_says_what_it_is_called(name: str, text: str, title: str) -> None:
    assert title_of(name, text) == title


def test_a_file_without_end_or_breaks_is_named_quickly() -> None:
    assert title_of("a.md", "-" * 2_000_000) == "a"
    assert title_of("a.md", "---\n" * 500_000)
    assert title_of("a.md", "x " * 1_000_000) == "a"
    assert title_of("a.md", "---\ntitle:" + " " * 9_000 + "x" * 900 + "\n---\n") == "x" * 200


def test_a_text_of_nothing_but_accents_is_read_within_seconds() -> None:
    began = time.process_time()
    decoded(("a" + "\u0300\u0316" * 490_000).encode())
    assert time.process_time() - began < 10


def test_accents_are_composed_wherever_they_stand_in_a_long_text() -> None:
    assert decoded("Ka\u0308se ".encode() * 5_000) == "Käse " * 5_000
