"""What single values of settings must look like. Knows no setting, and never how two of them go together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

PEOPLE_WORDS = ("invite", "open")
"""Values of `people` that stand alone; all others name e-mail addresses, domains or DIDs."""

_EMAIL = re.compile(r"[^\s@,:/*]+@[^\s@,:/*.]+(\.[^\s@,:/*.]+)*")
_DOMAIN = re.compile(r"[^\s@,:/*.]+(\.[^\s@,:/*.]+)+")
_DID = re.compile(r"did:privy:[A-Za-z0-9_-]{1,128}")


def https_or_empty(url: str) -> str:
    if url and not url.startswith("https://"):
        raise ValueError("not https")
    return url


def host_or_empty(host: str) -> str:
    if host and not re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", host):
        raise ValueError("not a host name")
    return host


def ssh_server(server: str) -> str:
    """user@host, with a port where it is not 22. A name that begins with a hyphen is an option to some programs."""
    if server and not re.fullmatch(r"[A-Za-z0-9_][\w.-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::[0-9]{1,5})?", server):
        raise ValueError("not user@host")
    return server


def browser_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if not re.fullmatch(r"https?://[a-z0-9.\-\[\]:]+", origin):
            raise ValueError("not an origin")
    return origins


def known_database(url: str) -> str:
    if url and not url.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise ValueError("unknown database")
    return url


def tool_names(rules: Mapping[str, object]) -> Mapping[str, object]:
    for name in rules:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
            raise ValueError("not a tool name")
    return rules


def identifier(text: str) -> str:
    """An id that a provider gave. It becomes part of addresses and headers: nothing in it may mean something there."""
    if text and not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", text):
        raise ValueError("not an id")
    return text


def people_from_text(value: object) -> object:
    """One text may stand for the list: "invite", or names divided by commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def people(entries: tuple[str, ...]) -> tuple[str, ...]:
    """E-mail addresses and domains in lower case, DIDs as they are; each once."""
    if len(entries) > 1 and any(entry.strip().lower() in PEOPLE_WORDS for entry in entries):
        raise ValueError("a word that stands alone")
    return tuple(dict.fromkeys(_person(entry.strip()) for entry in entries))


def _person(entry: str) -> str:
    if _DID.fullmatch(entry):
        return entry
    lower = entry.lower().removeprefix("@")
    if lower in PEOPLE_WORDS or _EMAIL.fullmatch(lower) or _DOMAIN.fullmatch(lower):
        return lower
    raise ValueError("nobody")


def backend_address(url: str) -> str:
    """Paths are added to it, so it ends before any query; who calls is said by the assertion, never by the address."""
    if not url:
        return url
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("not an http address")
    if "?" in url or "#" in url or "@" in parts.netloc or "\\" in url or re.search(r"[^\x21-\x7e]", url):
        raise ValueError("more than an address")
    return url
