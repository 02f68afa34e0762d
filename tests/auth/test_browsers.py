"""Which browser and network asks: shown and counted, never trusted."""

from __future__ import annotations

import pytest

from homeport.auth.browsers import THIS_COMPUTER, UNKNOWN_NETWORK, describe_browser, network_of, visitor
from homeport.origins import Origin
from tests.auth.door import CHROME

LOCAL = Origin("http://localhost:3002", local=True)
PUBLIC = Origin("https://home.example", local=False)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Mobile/15E148 Safari/604"


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (CHROME, "Chrome on Windows"),
        (CHROME + " Edg/140.0", "Edge on Windows"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Firefox/1", "Firefox"),
        ("", "an unknown browser"),
        # What a browser calls itself would stand in the warning that protects from strangers.
        ("Chrome on Mac, on this computer", "an unknown browser"),
        ("\x1b[31mred\u202e<b>", "an unknown browser"),
        ("curl/8.5.0", "an unknown browser"),
    ],
)
def test_a_browser_is_described_for_people(agent: str, expected: str) -> None:
    assert describe_browser(agent) == expected


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::6]", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:1234", UNKNOWN_NETWORK),
        ("unknown", UNKNOWN_NETWORK),
        ("<script>", UNKNOWN_NETWORK),
        ("", UNKNOWN_NETWORK),
        ("1" * 10_000, UNKNOWN_NETWORK),
    ],
)
def test_a_network_is_an_ipv4_address_or_64_bits_of_ipv6(address: str, network: str) -> None:
    assert network_of(address) == network


def test_behind_the_tunnel_the_last_hop_counts_which_the_tunnel_wrote() -> None:
    for forwarded in (["6.6.6.6, 203.0.113.7"], ["6.6.6.6", "203.0.113.7"], ["this computer, 203.0.113.7 , "]):
        assert visitor(PUBLIC, "127.0.0.1", forwarded, CHROME).network == "203.0.113.7"


def test_nobody_is_this_computer_by_saying_so() -> None:
    for forwarded in (["127.0.0.1"], ["::1"], [THIS_COMPUTER], []):
        assert visitor(PUBLIC, "127.0.0.1", forwarded, CHROME).network != THIS_COMPUTER


def test_this_computer_is_a_loopback_peer_at_a_local_origin() -> None:
    for peer, expected in (("127.0.0.1", THIS_COMPUTER), ("::1", THIS_COMPUTER), ("192.168.1.5", "192.168.1.5")):
        assert visitor(LOCAL, peer, [], CHROME).network == expected
    assert visitor(LOCAL, None, [], CHROME).network == UNKNOWN_NETWORK


def test_describing_a_browser_reads_a_bounded_part_of_what_it_says() -> None:
    assert describe_browser("x" * 600 + CHROME) == "an unknown browser"
    assert describe_browser(CHROME + "Version/" * 8_000) == "Chrome on Windows"


@pytest.mark.parametrize("hop", ["10.0.0.1", "172.18.0.1", "192.168.1.9", "127.0.0.1", "100.64.0.1", "fd00::1", "::1"])
def test_a_hop_in_the_proxys_own_neighbourhood_tells_no_network(hop: str) -> None:
    assert visitor(PUBLIC, "127.0.0.1", [hop], CHROME).network == UNKNOWN_NETWORK
