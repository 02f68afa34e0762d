"""The six digits: derived, unique among live ones, and nothing but six digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.approvals.codes import derive_code, normalise, salt_with_unique_code, same_code
from tests.approvals.questions import KEY, question


def test_a_code_is_derived_from_the_vault_key_the_question_and_its_salt() -> None:
    code = derive_code(KEY, "a1", "salt")
    assert len(code) == 6
    assert code.isdigit()
    others = {derive_code(b"x" * 32, "a1", "salt"), derive_code(KEY, "a2", "salt"), derive_code(KEY, "a1", "tlas")}
    assert code not in others


def test_a_code_is_unique_among_live_ones() -> None:
    salts = [number.to_bytes(8, "big") for number in range(3000)]
    of_live = {derive_code(KEY, "a1", salt.hex()): salt for salt in salts}
    clash = next(salt for salt in salts if derive_code(KEY, "new", salt.hex()) in of_live)
    live = question(1, code_salt=of_live[derive_code(KEY, "new", clash.hex())].hex())
    offered = iter([clash, b"another1"])
    assert salt_with_unique_code(KEY, "new", [live], lambda size: next(offered)) == b"another1".hex()


@pytest.mark.parametrize("typed", ["428193", "428 193", " 428-193 ", "4 2 8 1 9 3\n"])
def test_spaces_and_hyphens_between_the_digits_do_not_count(typed: str) -> None:
    assert normalise(typed) == "428193"


@pytest.mark.parametrize(
    "typed",
    [
        *("", "42819", "4281933", "+42819", "428_193", "0x4281", "1e5000"),
        *("٤٢٨١٩٣", "４２８１９３", "42819³", "\ud800", "428193\x00"),
    ],
)
def test_only_six_ascii_digits_are_a_code(typed: str) -> None:
    assert normalise(typed) == ""


@given(st.text())
def test_whatever_is_typed_is_six_digits_or_nothing(typed: str) -> None:
    found = normalise(typed)
    assert found == "" or (len(found) == 6 and found.isascii() and found.isdigit())
    assert not same_code("000000", found) or found == "000000"
