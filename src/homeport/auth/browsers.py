"""Which browser and which network asks, as far as one can tell: for lists and warnings, never for trust. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from homeport.foreign_text import clean
from homeport.origins import Origin

THIS_COMPUTER = "this computer"
UNKNOWN_NETWORK = "an unknown network"

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
    browser = next((name for name, pattern in _BROWSERS if pattern.search(user_agent)), "")
    system = next((name for name, pattern in _SYSTEMS if pattern.search(user_agent)), "")
    if not browser:
        return clean(user_agent, 32) or "an unknown browser"
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
    return Visitor(network_of(hops[-1]) if hops else UNKNOWN_NETWORK, browser)
