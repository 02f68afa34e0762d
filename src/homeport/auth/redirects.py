"""Which redirect URIs are possible, which one a request may use, which hosts wait for the owner. Pure: no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from homeport.auth.client import Client
from homeport.auth.errors import InvalidRedirectUri, MatchedRedirect, PageError

MAX_LENGTH = 2048
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "[::1]", "localhost"})
KNOWN_HOSTS = frozenset({"chatgpt.com", "chat.openai.com", "claude.ai", "claude.com"})
"""ChatGPT and Claude: their redirects need no word of the owner. Every other host but loopback does."""

# SECURITY, clients: the two forms ChatGPT uses, and nothing near them.
_CONNECTOR = re.compile(
    r"https://(?:chatgpt\.com|chat\.openai\.com)/connector_platform_oauth_redirect"
    r"|https://chatgpt\.com/connector/oauth/[A-Za-z0-9_-]{1,64}"
)

# RFC 3986 characters only: no control character, space, backslash, quote, non-ASCII letter or fragment gets through,
# so nothing is left for two parsers to disagree about.
_URI = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<rest>(?:/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*)?"
    r"(?:\?(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?)",
    re.ASCII,
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Parts:
    scheme: str
    host: str
    port: str | None
    rest: str

    @property
    def loopback(self) -> bool:
        return self.host in LOOPBACK_HOSTS


def validate_redirect_uri(uri: object) -> str:
    """A redirect URI that may be registered, unchanged. Raises InvalidRedirectUri (RFC 7591 3.2.2, RFC 8252 7.3)."""
    if not isinstance(uri, str):
        raise InvalidRedirectUri("A redirect URI must be a string.")
    if _parse(uri) is None:
        raise InvalidRedirectUri(
            "A redirect URI must be https, or http on 127.0.0.1, [::1] or localhost, "
            "without user name, fragment or special characters."
        )
    return uri


def match_redirect(client: Client, presented: str | None) -> MatchedRedirect:
    """The redirect URI to use: `presented` when it is one of the client's, or its only one when none is presented.

    Compared as strings; only the port of an http loopback URI may differ (RFC 9700 4.1.1, RFC 8252 7.3).
    Raises PageError, since there is nowhere safe to redirect to.
    """
    if presented is None:
        if len(client.redirect_uris) == 1:
            return MatchedRedirect(client.redirect_uris[0])
        raise PageError("The app did not say where to return to.", hint="Start again from the app.")
    if client.kind == "static":
        if _CONNECTOR.fullmatch(presented):
            return MatchedRedirect(presented)
    elif presented in client.redirect_uris or _same_but_for_port(presented, client.redirect_uris):
        return MatchedRedirect(presented)
    raise PageError(
        "The app wants to return to an address that it did not register.",
        hint="Remove the connector in the app and add it again.",
    )


def redirect_host(uri: str) -> str:
    """The host that a redirect URI leads to, in lower case, for people and for the owner's list.

    A port other than 443 is part of it, except on loopback, where the port changes with every start of the client.
    Raises InvalidRedirectUri for what could not be registered.
    """
    parts = _parse(uri)
    if parts is None:
        raise InvalidRedirectUri("This is not a redirect URI.")
    if parts.loopback or parts.port in (None, "443"):
        return parts.host
    return f"{parts.host}:{parts.port}"


def host_needs_allow(uri: str) -> bool:
    """Whether the owner must have allowed the host of this redirect URI first."""
    host = redirect_host(uri)
    return host not in KNOWN_HOSTS and host not in LOOPBACK_HOSTS


def parse_host(text: str) -> str | None:
    """A host as a person types it (`example.com`, `example.com:8443`), as `redirect_host` gives it, or None."""
    parts = _parse(f"https://{text.strip()}/")
    return None if parts is None or parts.rest != "/" else redirect_host(f"https://{text.strip()}/")


def _parse(uri: str) -> _Parts | None:
    match = _URI.fullmatch(uri) if len(uri) <= MAX_LENGTH else None
    if match is None:
        return None
    parts = _Parts(match["scheme"], match["host"].lower(), match["port"], match["rest"])
    if parts.port is not None and int(parts.port) > 65535:
        return None
    if parts.scheme == "http" and match["host"] not in LOOPBACK_HOSTS:
        return None
    return parts if _is_host(parts.host) else None


def _is_host(host: str) -> bool:
    """A host that every URL parser reads alike: canonical IP addresses, and names that cannot be taken for one."""
    try:
        if host.startswith("["):
            return f"[{IPv6Address(host[1:-1])}]" == host
        labels = host.split(".")
        if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
            # Browsers read 127.1, 0x7f.1 and 2130706433 as IPv4 addresses.
            return str(IPv4Address(host)) == host
    except ValueError:
        return False
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)


def _same_but_for_port(presented: str, registered: tuple[str, ...]) -> bool:
    one = _parse(presented)
    # http is possible on loopback only: see _parse.
    if one is None or one.scheme != "http":
        return False
    others = (_parse(uri) for uri in registered)
    return any(o is not None and (o.scheme, o.host, o.rest) == (one.scheme, one.host, one.rest) for o in others)
