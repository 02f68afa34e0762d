"""What the activity log may know of arguments."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from homeport.mcp_server.redaction import redact

MARK = "hunter2"


def test_numbers_and_truth_values_are_shown_and_everything_else_is_measured() -> None:
    arguments = {"a": 10, "b": 0.5, "c": True, "d": None, "e": MARK, "f": [MARK], "g": {MARK: MARK}, "h": 10**30}
    assert redact(arguments, arguments) == (
        "a: 10, b: 0.5, c: true, d: null, e: text of 7, f: list of 1, g: object of 1, h: number"
    )


def test_names_that_the_tool_does_not_declare_are_counted_only() -> None:
    assert redact({"a": 1, MARK: 2}, ["a", "b"]) == "a: 1, 1 more"


def test_a_huge_number_is_not_written_out() -> None:
    assert redact({"a": 10**100_000}, ["a"]) == "a: number"


def test_many_arguments_are_cut_short() -> None:
    arguments = {f"a{number}": number for number in range(30)}
    assert redact(arguments, arguments).endswith("a11: 11, 18 more")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from("abc"), json_values), st.text("XYZ", min_size=3))
def test_no_text_ever_comes_through(arguments: dict[str, Any], secret: str) -> None:
    shown = redact({**arguments, "text": secret, "nested": [{"text": secret}]}, ["a", "b", "text", "nested"])
    assert secret not in shown
    assert "\n" not in shown
