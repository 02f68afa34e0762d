"""A client's state in the database is readable by the browser that brought it, and by nobody else."""

from __future__ import annotations

from homeport.auth.sealing import seal, unseal
from homeport.clock import system_randomness

BROWSER = "b" * 43


def test_the_browser_that_sealed_a_state_reads_it_again() -> None:
    sealed = seal("a state", browser=BROWSER, request_id="one", random=system_randomness)
    assert "a state" not in sealed
    assert unseal(sealed, browser=BROWSER, request_id="one") == "a state"


def test_another_browser_or_another_request_reads_nothing() -> None:
    sealed = seal("a state", browser=BROWSER, request_id="one", random=system_randomness)
    assert unseal(sealed, browser="c" * 43, request_id="one") is None
    assert unseal(sealed, browser=BROWSER, request_id="two") is None


def test_what_was_never_sealed_is_nothing() -> None:
    for text in ("", "a state", "AAAA", "A" * 64):
        assert unseal(text, browser=BROWSER, request_id="one") is None


def test_the_same_state_sealed_twice_looks_different() -> None:
    first, second = (seal("x", browser=BROWSER, request_id="one", random=system_randomness) for _ in range(2))
    assert first != second
