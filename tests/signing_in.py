"""Signs a client in at a running Homeport without a browser: the shortest honest way to an access token."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass

import httpx2

from tests.program import Installation

REDIRECT = "http://127.0.0.1:9/callback"


@dataclass(frozen=True, slots=True)
class SignedIn:
    client_id: str
    access_token: str
    refresh_token: str


async def sign_in(homeport: Installation, *more: str) -> SignedIn:
    """Register, ask, type the code, exchange. `more` is typed after `homeport approve CODE`."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    async with httpx2.AsyncClient(base_url=homeport.issuer, follow_redirects=True) as browser:
        registered = await browser.post("/register", json={"redirect_uris": [REDIRECT], "client_name": "A client"})
        client_id = registered.json()["client_id"]
        asked = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": REDIRECT,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "resource": homeport.mcp_url,
        }
        page = await browser.get("/authorize", params=asked)
        code = re.search(r'data-approval-code="(\d{6})"', page.text)
        assert code is not None, page.text
        await homeport.approve(code[1], *more)
        await browser.get(page.url.path)
        back = await browser.get(f"{page.url.path}/continue", follow_redirects=False)
        form = {
            "grant_type": "authorization_code",
            "code": httpx2.URL(back.headers["location"]).params["code"],
            "code_verifier": verifier,
            "client_id": client_id,
            "redirect_uri": REDIRECT,
        }
        tokens = (await browser.post("/token", data=form)).json()
    return SignedIn(client_id, tokens["access_token"], tokens["refresh_token"])
