"""The https URLs that Homeport itself may fetch: client metadata documents and key sets. Pure: string rules, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LENGTH = 512

# One grammar for the whole URL, so that no two parsers can read it differently: a lower-case DNS name with a dot, no
# port (443 is the only one), no user name, no fragment, RFC 3986 characters only.
_URL = re.compile(
    r"https://(?P<host>(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)"
    r"(?P<path>/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*)"
    r"(?P<query>\?(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?",
    re.ASCII,
)
_DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?=/|$)", re.ASCII | re.IGNORECASE)


class NotADocumentUrl(ValueError):
    """The text breaks a rule for URLs we fetch; the message says which, for the log only."""


@dataclass(frozen=True, slots=True)
class DocumentUrl:
    """A URL that obeys the rules: `text` as it was given, byte for byte; `target` is path and query."""

    text: str
    host: str
    target: str


def parse_document_url(text: str) -> DocumentUrl:
    """Raises NotADocumentUrl. Source: SECURITY, clients; OAuth Client ID Metadata Document 3."""
    if len(text) > MAX_LENGTH:
        raise NotADocumentUrl(f"longer than {MAX_LENGTH} characters")
    match = _URL.fullmatch(text)
    if match is None:
        raise NotADocumentUrl("not a plain https URL with a host name, a path and no port, user name or fragment")
    if len(match["host"]) > 253:
        raise NotADocumentUrl("the host name is too long")
    if match["path"] == "/":
        raise NotADocumentUrl("the path is missing")
    if _DOT_SEGMENT.search(match["path"]):
        raise NotADocumentUrl("the path has a dot segment")
    return DocumentUrl(text=text, host=match["host"], target=match["path"] + (match["query"] or ""))
