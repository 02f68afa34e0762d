"""What Homeport and a browser see of ChatGPT: its client document, its keys, its page with a popup, its redirect page.

It is strict in what it is asked: anything that the real host would not be asked is kept in `complaints`.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.judges.tls import Request, read_request

HOST = "chatgpt.com"
CLIENT_ID = f"https://{HOST}/oauth/client.json"
REDIRECT_URI = f"https://{HOST}/connector_platform_oauth_redirect"
CONNECTION_REDIRECT_URI = f"https://{HOST}/connector/oauth/Ab_3-xyz"
CONNECT_PAGE = f"https://{HOST}/connect"

# The page that opens the popup is told the callback by it and shows it; window.opener is all they share.
_CONNECT = """<!doctype html><html lang="en"><title>Connect</title>
<button id="connect">Connect</button><output id="callback"></output>
<script>
const wanted = new URLSearchParams(location.search).get("authorize")
document.getElementById("connect").onclick = () => window.open(wanted, "connect", "popup,width=500,height=600")
window.onmessage = event => {
  if (event.origin === location.origin) document.getElementById("callback").textContent = event.data
}
</script>"""
_CALLBACK = """<!doctype html><html lang="en"><title>Connected</title><p>Connected.
<script>window.opener.postMessage(location.href, location.origin)</script>"""


def document(**changed: Any) -> dict[str, Any]:
    """ChatGPT's client metadata document, as it was seen in 2026."""
    return {
        "client_id": CLIENT_ID,
        "client_name": "ChatGPT",
        "client_uri": f"https://{HOST}",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg": "RS256",
        "jwks_uri": f"https://{HOST}/oauth/jwks.json",
    } | changed


@dataclass(slots=True)
class ChatGptHost:
    """Serves chatgpt.com. `fetches` are the paths that programs, not browsers, asked for; `pages` more pages of its."""

    kid: str = "chatgpt-1"
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65_537, 2_048))
    document: dict[str, Any] = field(default_factory=document)
    fetches: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=lambda: {"/connect": _CONNECT})

    def private_jwk(self) -> dict[str, Any]:
        return {**RSAAlgorithm.to_jwk(self.key, as_dict=True), "kid": self.kid, "alg": "RS256", "use": "sig"}

    def public_jwks(self) -> dict[str, Any]:
        public = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self.kid, "alg": "RS256", "use": "sig"}]}

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await read_request(reader)) is not None:
            status, media_type, body = self._answer_to(request)
            head = [
                f"HTTP/1.1 {status}",
                f"content-type: {media_type}",
                f"content-length: {len(body.encode())}",
                f"date: {time.strftime('%a, %d %b %Y %H:%M:%S GMT', time.gmtime())}",
                # The strictest policy that leaves the page its popup, as long as the popup's pages have none.
                *(["cross-origin-opener-policy: same-origin-allow-popups"] if body in self.pages.values() else []),
                "cache-control: max-age=3600" if media_type == "application/json" else "cache-control: no-store",
            ]
            writer.write("\r\n".join([*head, "", body]).encode())
            await writer.drain()

    def _answer_to(self, request: Request) -> tuple[str, str, str]:
        if request.method != "GET" or request.headers.get("host") != HOST:
            self.complaints.append(f"{request.method} for {request.headers.get('host')}")
        parts = urlsplit(request.target)
        if parts.path in ("/oauth/client.json", "/oauth/jwks.json"):
            self._check_fetch(request)
            self.fetches.append(request.target)
            document = self.document if parts.path == "/oauth/client.json" else self.public_jwks()
            return "200 OK", "application/json", json.dumps(document)
        if parts.path in self.pages:
            return "200 OK", "text/html; charset=utf-8", self.pages[parts.path]
        if parts.path == "/connector_platform_oauth_redirect" or parts.path.startswith("/connector/oauth/"):
            self._check_redirect(parts.query)
            return "200 OK", "text/html; charset=utf-8", _CALLBACK
        return "404 Not Found", "text/plain", "Not here"

    def _check_fetch(self, request: Request) -> None:
        for name in ("cookie", "authorization", "origin", "referer"):
            if name in request.headers:
                self.complaints.append(f"{request.target} was fetched with {name}")
        if "application/json" not in request.headers.get("accept", ""):
            self.complaints.append(f"{request.target} was fetched without asking for JSON")

    def _check_redirect(self, query: str) -> None:
        names = sorted(name for name, _ in parse_qsl(query, strict_parsing=True, keep_blank_values=True))
        if names not in (["code", "iss", "state"], ["error", "error_description", "iss", "state"]):
            self.complaints.append(f"the redirect carried {names}")
