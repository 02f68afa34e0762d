"""An HTTP answer as the judges see it, or why there is none. Pure: nothing here asks anybody."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from homeport.foreign_text import clean

Trouble = Literal["name", "refused", "silent", "tls", "no-http", "proxy", "too-many", "broken", "private"]
"""Why there is no answer: no address, nobody listens, nobody answers, TLS, no HTTP, the proxy, our own limit, the
connection broke, or it would have led into this computer's own network."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers by lower-case name (the last one of each), and as much of the body as is read."""

    url: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def is_html(self) -> bool:
        return self.media_type == "text/html" or self.text.lstrip()[:15].lower().startswith(("<!doctype html", "<html"))

    @property
    def title(self) -> str:
        """The title of an HTML page, cleaned, or nothing."""
        found = re.search(r"<title[^>]*>([^<]*)</title>", self.text, re.IGNORECASE)
        return clean(found[1], 80) if found else ""

    @property
    def location(self) -> str:
        """Where a redirect leads, as an absolute address; empty for what is none."""
        if self.status not in (301, 302, 303, 307, 308) or not self.headers.get("location"):
            return ""
        try:
            return urljoin(self.url, self.headers["location"])
        except ValueError:
            return ""

    def object(self) -> dict[str, Any] | None:
        """The body where it is a JSON object."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def message(self) -> dict[str, Any] | None:
        """The JSON-RPC answer in it, as JSON or as the first such event of a stream."""
        for text in [self.text] if self.media_type != "text/event-stream" else events(self.text):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict) and value.get("jsonrpc") == "2.0" and ("result" in value or "error" in value):
                return value
        return None

    @property
    def shown(self) -> str:
        """What answered, for a person: the status, and what kind of body came with it."""
        kind = f"a web page{f' titled {self.title!r}' if self.title else ''}" if self.is_html else self.media_type
        return f"HTTP {self.status}" + (f" with {kind}" if kind and self.body else "")

    @property
    def complaint(self) -> str:
        """What an error says of itself: OAuth's words, or a JSON-RPC error's, or nothing."""
        value = self.object() or self.message() or {}
        error = value.get("error")
        if isinstance(error, dict):
            return clean(str(error.get("message") or error.get("code") or ""), 200)
        words = value.get("error_description") or value.get("message") or value.get("detail") or ""
        said = f"{error}: {words}" if error and words else str(error or words)
        return clean(said, 200)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nobody answered `url`; `detail` is what the system said."""

    url: str
    trouble: Trouble
    detail: str = ""


Outcome = Answer | NoAnswer


def events(text: str) -> Iterable[str]:
    """The data of each event of an event stream (HTML, server-sent events)."""
    for block in re.split(r"\r\n\r\n|\n\n|\r\r", text):
        data = [line[5:].removeprefix(" ") for line in block.splitlines() if line.startswith("data:")]
        if data:
            yield "\n".join(data)


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, in lower case; empty for what has none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


def host_of(url: str) -> str:
    """The host name of an address, for a person."""
    try:
        return clean(urlsplit(url).hostname or "", 255)
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    return host in ("localhost", "::1", "[::1]") or host.endswith(".localhost") or host.startswith("127.")


def no_answer_words(outcome: NoAnswer) -> str:
    """Why nobody answered, as the end of a sentence about the address."""
    return {
        "name": "its name has no address",
        "refused": "nothing listens there",
        "silent": "nothing answered in time",
        "tls": "its certificate is not trusted",
        "no-http": "what answers there is no HTTP",
        "proxy": "the proxy of this computer refused",
        "too-many": "the doctor had asked enough already",
        "broken": "the connection broke off",
        "private": "its address is a private one, where ChatGPT cannot go and the doctor does not",
    }[outcome.trouble] + (f" ({clean(outcome.detail, 120)})" if outcome.detail else "")
