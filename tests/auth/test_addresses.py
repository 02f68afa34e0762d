"""Which addresses are somewhere on the public internet."""

from __future__ import annotations

import pytest

from homeport.auth.addresses import is_public
from tests.auth.outside import OTHER_PUBLIC, PUBLIC, SPECIAL


@pytest.mark.parametrize("address", [*SPECIAL, "not an address", "", "93.184.216.34/32", "0x5db8d822", "1572395042"])
def test_special_addresses_and_odd_ways_to_write_one_are_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, OTHER_PUBLIC, "1.1.1.1", "172.32.0.1", "2a00:1450:4001:800::200e"])
def test_addresses_of_the_public_internet_pass(address: str) -> None:
    assert is_public(address)
