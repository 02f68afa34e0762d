"""A query is words and nothing else, in any script; a snippet shows where they stand."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.folder.words import MOST_WORDS, SNIPPET_CHARACTERS, indexed, phrase, snippet, words_of

OPERATORS = ["AND", "OR", "NOT", "NEAR", "NEAR(", "--", "/*", *"\"'()*^:-+{},;%_\\"]
ODD = ["title", "carrot", "soup", "\0", "é", "\ud800", "猫", "５", "\u202e", "ß", "İ"]
SYNTAX = st.lists(st.sampled_from([*OPERATORS, *ODD]), max_size=30).map(" ".join)


@pytest.fixture(scope="module")
def database() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute(
        "CREATE VIRTUAL TABLE words"
        " USING fts5(title, names, body, content='', tokenize='unicode61 remove_diacritics 2')"
    )
    database.execute("INSERT INTO words VALUES ('', '', ?)", (indexed("Carrot soup with 猫舌 and Käse"),))
    return database


def finds(database: sqlite3.Connection, query: str) -> bool:
    words = words_of(query)
    asked = " AND ".join(phrase(word, begins=True) for word in words)
    return bool(words) and bool(database.execute("SELECT 1 FROM words WHERE words MATCH ?", (asked,)).fetchall())


@given(st.one_of(st.text(max_size=200), SYNTAX))
def test_no_query_is_an_error(database: sqlite3.Connection, query: str) -> None:
    finds(database, query)


@pytest.mark.parametrize(
    "query",
    [
        "carrot",
        "CARROTS"[:-1],
        "soup carrot",
        '"carrot" (soup)',
        "carro",
        "title:carrot"[6:],
        "猫",
        "猫舌",
        "kase",
        "KÄSE",
        "soup*",
    ],
)
def test_words_are_found_whatever_their_case_accents_and_script(database: sqlite3.Connection, query: str) -> None:
    assert finds(database, query)


@pytest.mark.parametrize("query", ["", "  ", '"', "-- ;", "()*^", "舌猫", "carrot NOT soup", "title:carrot"])
def test_operators_are_words_like_others(database: sqlite3.Connection, query: str) -> None:
    assert not finds(database, query)


def test_a_query_has_so_many_words_each_once() -> None:
    assert words_of("b a b A") == ["b", "a"]
    assert len(words_of(" ".join(map(str, range(1_000))))) == MOST_WORDS


def test_a_snippet_shows_the_place_with_most_of_the_words() -> None:
    text = "soup " + "nothing here " * 100 + "the carrot\nmeets the soup " + "and then more " * 100
    shown = snippet(text, ["carrot", "soup"])
    assert "the carrot meets the soup" in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(shown) <= SNIPPET_CHARACTERS + 4


def test_a_snippet_is_the_beginning_where_the_words_stand_elsewhere() -> None:
    assert snippet("A short text.", ["title"]) == "A short text."
    assert snippet("", ["title"]) == ""
    assert snippet("x" * 5_000, ["y"]) == "x" * SNIPPET_CHARACTERS + " …"


@given(st.text(), st.lists(st.text(min_size=1), max_size=4))
def test_a_snippet_is_short_whatever_the_text(text: str, words: list[str]) -> None:
    assert len(snippet(text, words)) <= SNIPPET_CHARACTERS + 4
