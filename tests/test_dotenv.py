"""Reading .env files: all forms that people write, and errors that never repeat a value."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.errors import SettingsError
from homeport.settings.dotenv import parse_dotenv

PEM = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\nByqGSM49AgE=\n-----END PRIVATE KEY-----"


def values(text: str) -> dict[str, str]:
    return {name: value.text for name, value in parse_dotenv(text, ".env").items()}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=value", "value"),
        ("export NAME=value", "value"),
        ("  export   NAME = value  ", "value"),
        ("NAME=", ""),
        ("NAME= # nothing", ""),
        ("NAME=value # a comment", "value"),
        ("NAME=value#no-comment", "value#no-comment"),
        ("NAME=a=b==", "a=b=="),
        ("NAME=two words", "two words"),
        ("NAME='single # quoted $X \\n'", "single # quoted $X \\n"),
        ('NAME="double # quoted"  # a comment', "double # quoted"),
        ('NAME="a \\"quote\\" and \\\\ and \\n a line"', 'a "quote" and \\ and \n a line'),
        ('NAME="unknown \\d escape"', "unknown \\d escape"),
        ("NAME=`back 'and' \"ticks\"`", "back 'and' \"ticks\""),
        ("NAME=''", ""),
        ("NAME=value\r", "value"),
    ],
)
def test_each_way_to_write_a_value_is_read(line: str, value: str) -> None:
    assert values(f"# first\n\n{line}\nLAST=1\n") == {"NAME": value, "LAST": "1"}
    assert values(line) == {"NAME": value}


@pytest.mark.parametrize("quote", ['"', "'", "`"])
def test_a_value_of_several_lines_stands_in_quotes(quote: str) -> None:
    text = f"A=1\nKEY={quote}{PEM}{quote}\nB=2\n"
    assert values(text) == {"A": "1", "KEY": PEM, "B": "2"}
    assert values(text.replace("\n", "\r\n")) == {"A": "1", "KEY": PEM, "B": "2"}


def test_a_byte_order_mark_and_a_repeated_name_are_no_trouble() -> None:
    assert values("\ufeffA=1\nA=2\n") == {"A": "2"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\nKEY=" + PEM, ".env, line 2: KEY goes on in the next line."),
        ('A=1\n\nKEY="hush', '.env, line 3: KEY: the quote " that begins the value is never closed.'),
        ("KEY='hush' hush", ".env, line 1: KEY: something follows the closing quote."),
        ("A=1\nhush hush", ".env, line 2: this is no NAME=value."),
        ("A='1\n2'\nhush", ".env, line 3: this is no NAME=value."),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_line_and_not_repeated(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_dotenv(text, ".env")
    assert caught.value.message == message
    assert "hush" not in str(caught.value)
    assert "MIGH" not in str(caught.value)


def test_a_value_is_not_in_the_representation() -> None:
    assert "hush" not in repr(parse_dotenv("A=hush", ".env"))


@given(st.text(alphabet=st.characters(blacklist_characters='\r"\\', blacklist_categories=["Cs"])))
def test_whatever_stands_in_double_quotes_comes_back(text: str) -> None:
    assert values(f'A="{text}"\nB=1') == {"A": text, "B": "1"}


@given(st.text(alphabet="AB=\"'`#\n\\ export\t"))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(SettingsError):
        parse_dotenv(text, ".env")
