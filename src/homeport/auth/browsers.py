"""Which browser and which network asks, as far as one can tell: for lists and warnings, never for trust. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from homeport.origins import Origin

THIS_COMPUTER = "this computer"
UNKNOWN_NETWORK = "an unknown network"
UNKNOWN_BROWSER = "an unknown browser"
MOST_USER_AGENT = 512

# What a proxy in the same house or machine room says: everybody in the world comes from there.
_NOT_TELLING = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10"),
        *("fc00::/7", "fe80::/10", "::/64"),
    )
)

_BROWSERS = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/")),
    ("Opera", re.compile(r"\bOPR/")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(?:Headless)?(?:Chrome|CriOS)/")),
    ("Safari", re.compile(r"\bVersion/.*\bSafari/")),
)
_SYSTEMS = (
    ("iPhone", re.compile(r"iPhone|iPod")),
    ("iPad", re.compile(r"iPad")),
    ("Android", re.compile(r"Android")),
    ("Windows", re.compile(r"Windows")),
    ("Mac", re.compile(r"Mac OS X|Macintosh")),
    ("ChromeOS", re.compile(r"CrOS")),
    ("Linux", re.compile(r"Linux|X11")),
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a page is open: `network` is an address, THIS_COMPUTER or UNKNOWN_NETWORK, IPv6 by its /64."""

    network: str
    browser: str


def describe_browser(user_agent: str) -> str:
    """ "Chrome on Windows" for people; a browser that says nothing known is "an unknown browser"."""
    # Bounded first: the patterns take time that grows with the square of the length.
    user_agent = user_agent[:MOST_USER_AGENT]
    browser = next((name for name, pattern in _BROWSERS if pattern.search(user_agent)), "")
    system = next((name for name, pattern in _SYSTEMS if pattern.search(user_agent)), "")
    if not browser:
        # Not what it calls itself: a stranger would write into the warning that protects from strangers.
        return UNKNOWN_BROWSER
    return f"{browser} on {system}" if system else browser


def network_of(address: str) -> str:
    """The network of an address as limits count it: IPv4 as it is, IPv6 by its /64. Unreadable ones are unknown."""
    try:
        parsed = ipaddress.ip_address(address.strip().strip("[]").split("%", 1)[0])
    except ValueError:
        return UNKNOWN_NETWORK
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def visitor(origin: Origin, peer: str | None, forwarded_for: Iterable[str], user_agent: str) -> Visitor:
    """Who asks at `origin`. `forwarded_for` are the X-Forwarded-For values: the tunnel appends the last one itself.

    That value is shown and counted, never trusted: whoever writes it gains nothing but another place in the queue.
    """
    browser = describe_browser(user_agent)
    if origin.local:
        network = network_of(peer or "")
        loopback = network in ("127.0.0.1", "::/64")
        return Visitor(THIS_COMPUTER if loopback else network, browser)
    hops = [hop for value in forwarded_for for hop in value.split(",") if hop.strip()]
    return Visitor(forwarded_network(hops[-1]) if hops else UNKNOWN_NETWORK, browser)


def forwarded_network(hop: str) -> str:
    """The network of the last hop that a tunnel names; one of a proxy's own neighbourhood tells nothing."""
    network = network_of(hop)
    if network == UNKNOWN_NETWORK:
        return network
    address = ipaddress.ip_network(network).network_address
    return UNKNOWN_NETWORK if any(address in private for private in _NOT_TELLING) else network
