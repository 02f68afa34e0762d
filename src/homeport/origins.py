"""The origins Homeport answers at. Every URL that Homeport shows, compares or signs is built here, as a plain string.

An origin is scheme, host and port (`https://example.ngrok.app`), without a slash at the end. Each origin has its own
issuer (the origin itself, RFC 8414) and, for each path an app is served at, its own resource (RFC 8707). A Host
header chooses one of the allowed origins and never builds a URL.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from homeport.errors import SettingsError

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")

_PUBLIC_URL = re.compile(r"(?i:https)://(?P<host>\[[^\]]*\]|[^\[\]/:?#@]+)(?::(?P<port>[0-9]{1,5}))?/?")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


ORIGIN_KEY = "homeport.origin"
"""Key of the ASGI scope: which of our origins was asked, an `Origin`. The public listener sets it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One allowed origin; `url` is also its issuer."""

    url: str
    local: bool

    @property
    def issuer(self) -> str:
        return self.url

    @property
    def host(self) -> str:
        """What a Host header must be, byte for byte, in lower case."""
        return self.url.split("://", 1)[1]

    @property
    def secure(self) -> bool:
        return self.url.startswith("https://")

    def resource(self, path: str) -> str:
        """The resource identifier of the app at `path`: the connector URL."""
        return self.url + path

    def endpoint(self, path: str) -> str:
        return self.url + path


class Origins:
    """The live set: the local origins of one port, and at most one public origin. The engine is the only writer."""

    def __init__(self, port: int) -> None:
        self._public: Origin | None = None
        self.listen_on(port)

    def listen_on(self, port: int) -> None:
        """The public listener has this port: the local origins follow from it."""
        self.port = port
        self._local = {f"{name}:{port}": Origin(f"http://{name}:{port}", local=True) for name in LOOPBACK_NAMES}
        self._allow()

    @property
    def local(self) -> Origin:
        return self._local[f"localhost:{self.port}"]

    @property
    def public(self) -> Origin | None:
        return self._public

    @property
    def preferred(self) -> Origin:
        """The origin to show to a person: the public one where there is one."""
        return self._public or self.local

    def set_public(self, url: str | None) -> None:
        """Replace the public origin; the old one leaves the allowed hosts at once."""
        self._public = Origin(parse_public_url(url), local=False) if url else None
        self._allow()

    def by_host(self, host: str) -> Origin | None:
        """The origin a Host header names, or None: the request is not for us."""
        return self._by_host.get(host.lower())

    def by_issuer(self, issuer: str) -> Origin | None:
        return next((o for o in self._by_host.values() if o.url == issuer), None)

    def is_own_host(self, host: str) -> bool:
        """Whether a host name, without port, is one that Homeport answers at."""
        return any(origin.host.rsplit(":", 1)[0] == host or origin.host == host for origin in self.allowed())

    def _allow(self) -> None:
        self._by_host: dict[str, Origin] = dict(self._local)
        if self._public:
            self._by_host[self._public.host] = self._public

    def allowed(self) -> tuple[Origin, ...]:
        return tuple(self._by_host.values())


def normal_resource(uri: str) -> str:
    """A resource identifier as it is compared: scheme and host in lower case (RFC 3986 6.2.2.1), nothing else."""
    scheme, separator, rest = uri.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{separator}{host.lower()}{slash}{path}"


def parse_public_url(url: str) -> str:
    """A public URL as a person writes it, as an origin: https, a host, no path. Raises SettingsError."""
    written = _PUBLIC_URL.fullmatch(url.strip())
    if written is None or not _is_host(written["host"]) or not 0 < int(written["port"] or 443) <= 65_535:
        raise SettingsError(
            f"The public URL {url!r} is not an https address without a path.",
            hint="Give scheme and host only, for example https://homeport.example.com",
        )
    port = int(written["port"] or 443)
    return f"https://{written['host'].lower()}{'' if port == 443 else f':{port}'}"


def _is_host(host: str) -> bool:
    """A DNS name in ASCII (RFC 1123 2.1), or an IP address, IPv6 in brackets."""
    if not host.startswith("["):
        return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))
    try:
        ipaddress.IPv6Address(host[1:-1])
    except ValueError:
        return False
    return "%" not in host
