"""Encrypted columns: readable with the same key in the same place, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.errors import VaultError
from homeport.keys.columns import KEY_BYTES, NAME, ColumnKey, DamagedColumn
from tests.keys.our_keys import a_vault

PLACE = {"table": "sessions", "column": "token", "row": "grant-1"}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_comes_back(text: str) -> None:
    key = ColumnKey(b"k" * KEY_BYTES)
    assert key.unseal(key.seal(text, **PLACE), **PLACE) == text


def test_a_sealed_value_shows_nothing_and_is_never_twice_the_same() -> None:
    key = ColumnKey(b"k" * KEY_BYTES)
    one, two = key.seal("canary", **PLACE), key.seal("canary", **PLACE)
    assert "canary" not in one
    assert one != two


@pytest.mark.parametrize("moved", [{"table": "other"}, {"column": "refresh_token"}, {"row": "grant-2"}])
def test_a_value_moved_to_another_place_is_refused(moved: dict[str, str]) -> None:
    key = ColumnKey(b"k" * KEY_BYTES)
    with pytest.raises(DamagedColumn, match="cannot be decrypted"):
        key.unseal(key.seal("canary", **PLACE), **{**PLACE, **moved})


def test_another_key_reads_nothing_and_its_error_shows_nothing() -> None:
    sealed = ColumnKey(b"k" * KEY_BYTES).seal("canary", **PLACE)
    with pytest.raises(DamagedColumn) as caught:
        ColumnKey(b"x" * KEY_BYTES).unseal(sealed, **PLACE)
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


@given(st.text(max_size=200))
def test_what_was_never_sealed_is_damaged_and_nothing_worse(text: str) -> None:
    with pytest.raises(DamagedColumn):
        ColumnKey(b"k" * KEY_BYTES).unseal(text, **PLACE)


async def test_the_key_is_made_once_and_kept_in_the_vault(tmp_path: Path) -> None:
    sealed = (await ColumnKey.load(await a_vault(tmp_path))).seal("kept", **PLACE)
    again = await a_vault(tmp_path)
    assert len(bytes.fromhex(again.get(NAME) or "")) == KEY_BYTES
    assert (await ColumnKey.load(again)).unseal(sealed, **PLACE) == "kept"


async def test_every_replica_takes_the_key_of_the_environment(tmp_path: Path) -> None:
    given_key = "ab" * KEY_BYTES
    first = await ColumnKey.load(await a_vault(tmp_path / "one", HOMEPORT_SECRET_COLUMN_KEY=given_key))
    second = await ColumnKey.load(await a_vault(tmp_path / "two", HOMEPORT_SECRET_COLUMN_KEY=given_key))
    assert second.unseal(first.seal("shared", **PLACE), **PLACE) == "shared"


@pytest.mark.parametrize("wrong", ["ab" * 31, "ab" * 33, "zz" * KEY_BYTES, "canary"])
async def test_a_key_of_the_wrong_form_is_named_and_not_shown(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(VaultError, match="column-key") as caught:
        await ColumnKey.load(await a_vault(tmp_path, HOMEPORT_SECRET_COLUMN_KEY=wrong))
    assert wrong not in str(caught.value)
