"""Foreign text before terminal, tray, notification, page or log: nothing in it acts, and it stays short."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.foreign_text import clean


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("ChatGPT", "ChatGPT"),
        ("", ""),
        ("  a  \t b \r\n c ", "a b c"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07x", "]0;titlex"),
        ("a\x9b31mb", "a31mb"),
        ("a\x00b\x7fc\x85d", "abcd"),
        ("evil\u202ecod.exe", "evilcod.exe"),
        ("\u2066a\u2069\u200e\u200f\u061c", "a"),
        ("z\u200be\u200cr\u200do\ufeff\u2060", "zero"),
        ("soft\u00adhyphen", "softhyphen"),
        ("line\u2028next\u2029last", "line next last"),
        ("\ue000private \U000e0041tag", "private tag"),
        ("lone \ud800 half", "lone half"),
        ("\u3164\uffa0\u115f\u2800\ufe0f\U000e0101", ""),
        ("<b>Bold</b> & co", "<b>Bold</b> & co"),
        ("Zoë 한국어 日本 العربية 🎉", "Zoë 한국어 日本 العربية 🎉"),
    ],
)
def test_what_acts_goes_and_what_is_read_stays(foreign: str, shown: str) -> None:
    assert clean(foreign) == shown


def test_at_most_64_characters_stay_and_the_cut_is_shown() -> None:
    assert clean("x" * 64) == "x" * 64
    assert clean("x" * 65) == "x" * 63 + "…"
    assert clean("x" * 65, 512) == "x" * 65
    assert clean("x" * 10_000_000) == "x" * 63 + "…"


@given(st.text(alphabet=st.characters(), max_size=300), st.integers(min_value=1, max_value=80))
def test_nothing_that_controls_a_screen_ever_stays(foreign: str, limit: int) -> None:
    shown = clean(foreign, limit)
    assert len(shown) <= limit
    assert {unicodedata.category(c) for c in shown}.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    assert shown == " ".join(shown.split())
    assert clean(shown, limit) == shown
    shown.encode()


def test_characters_that_show_as_nothing_are_no_name() -> None:
    for code in (0x034F, 0x115F, 0x17B4, 0x180B, 0x2800, 0x3164, 0xFFA0, 0xFE0F, 0xE0100):
        assert clean(chr(code)) == ""
        assert clean(f"A{chr(code)}na") == "Ana"
