"""Scopes as text and as sets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.auth.errors import InvalidScope
from homeport.auth.scopes import effective, join, ordered, parse


def test_scopes_are_parsed_each_once_in_a_fixed_order() -> None:
    assert parse("publish offline_access write read write") == ("read", "write", "offline_access", "publish")
    assert parse("") == ()


@pytest.mark.parametrize(
    "text", ["read\twrite", 'a"b', "a\\b", "ü", "read\n", "\x00", "read  write", " read", "a" * 65, "a " * 600]
)
def test_what_rfc_6749_does_not_allow_is_invalid_scope(text: str) -> None:
    with pytest.raises(InvalidScope):
        parse(text)


def test_write_includes_read_and_nothing_includes_write() -> None:
    assert effective(["write"]) == {"read", "write"}
    assert effective(["read", "publish"]) == {"read", "publish"}
    assert effective([]) == frozenset()


@given(st.sets(st.from_regex(r"[!#-\[\]-~]{1,64}", fullmatch=True), max_size=12))
def test_equal_sets_are_equal_strings_and_come_back(names: set[str]) -> None:
    assert set(parse(join(names))) == names
    assert ordered(names) == ordered(sorted(names, reverse=True))
