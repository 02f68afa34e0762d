"""The whole program as a person meets it: started from a shell, approved from another, killed and started again."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import signal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.cli.programs import REAL, Homeport, end

REDIRECT = "http://127.0.0.1:9/callback"
VERIFIER = "a-verifier-that-is-long-enough-for-pkce-0123456789"
LIST_TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


class Visitor:
    """A client with its browser: registers, waits with a code on its page, and ends up with tokens."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = httpx2.Client(base_url=base, follow_redirects=True)

    def close(self) -> None:
        self.http.close()

    def begins(self) -> str:
        """Open the sign-in page; the code it shows."""
        body = {"client_name": "A test", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none"}
        self.client_id = self.http.post("/register", json=body).json()["client_id"]
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "state": "a-state",
            "scope": "read write",
        }
        self.page = self.http.get("/authorize", params=query)
        found = re.search(r'data-approval-code="(\d{6})"', self.page.text)
        assert found, self.page.text
        return found[1]

    def ends(self) -> dict[str, Any]:
        """Go on after the approval: the tokens."""
        back = self.http.get(f"{self.page.url.path}/continue", follow_redirects=False)
        answer = parse_qs(urlsplit(back.headers["location"]).query)
        assert answer["state"] == ["a-state"]
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"][0],
            "redirect_uri": REDIRECT,
            "client_id": self.client_id,
            "code_verifier": VERIFIER,
        }
        tokens = self.http.post("/token", data=form)
        assert tokens.status_code == 200, tokens.text
        found: dict[str, Any] = tokens.json()
        return found

    def tools(self, token: str) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
        return self.http.post("/mcp", json=LIST_TOOLS, headers=headers)


@pytest.fixture
def homeport(tmp_path: Path) -> Homeport:
    return Homeport(tmp_path / "data", REAL)


def local_url(homeport: Homeport) -> str:
    return str(json.loads(homeport.run("status", "--json").stdout)["local_url"])


def test_a_client_is_let_in_from_the_command_line_and_stays_in_after_a_kill(homeport: Homeport) -> None:
    with homeport.serving() as process:
        base = local_url(homeport)
        visitor = Visitor(base)
        code = visitor.begins()
        waiting = homeport.run("pending")
        assert "A test (unverified name)" in waiting.stdout
        assert code not in waiting.stdout + homeport.run("pending", "--json").stdout
        approved = homeport.run("approve", code, "--yes", "--as", "me")
        assert approved.returncode == 0, approved.stderr
        assert code not in approved.stdout
        visitor.http.get(str(visitor.page.url))
        token = visitor.ends()["access_token"]
        assert visitor.tools(token).json()["result"]["tools"]
        _, out, err = end(process, signal.SIGKILL)
        assert code not in out + err
        assert token not in out + err
    with homeport.serving("--port", str(urlsplit(base).port)):
        assert visitor.tools(token).status_code == 200
        (grant,) = json.loads(homeport.run("grants", "--json").stdout)
        assert homeport.run("grants", "revoke", grant["grant_id"]).returncode == 0
        assert visitor.tools(token).status_code == 401
    visitor.close()


def test_a_denied_request_leads_nowhere(homeport: Homeport) -> None:
    with homeport.serving():
        visitor = Visitor(local_url(homeport))
        code = visitor.begins()
        assert homeport.run("deny", "all").stdout == "1 request denied.\n"
        assert homeport.run("approve", code, "--yes", "--as", "me").returncode == 1
        assert homeport.run("pending").stdout == "Nobody waits.\n"
        visitor.close()


def test_the_public_listener_serves_nothing_of_the_control_listener(homeport: Homeport) -> None:
    with homeport.serving():
        control = json.loads((homeport.data_dir / "control.json").read_text())
        headers = {"Authorization": f"Bearer {control['token']}"}
        with httpx2.Client(base_url=local_url(homeport), headers=headers) as http:
            for path in ("/api/status", "/api/pending", "/api/session", "/control.json"):
                assert http.get(path).status_code == 404
            spoofed = http.get("/api/status", headers={"Host": f"127.0.0.1:{control['port']}"})
            assert spoofed.status_code in (404, 421)


def test_stopping_takes_the_public_side_away_and_starting_brings_it_back(homeport: Homeport) -> None:
    with homeport.serving():
        base = local_url(homeport)
        assert httpx2.get(f"{base}/health").json() == {"status": "ok"}
        assert homeport.run("stop").returncode == 0
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(f"{base}/health")
        assert "Homeport is stopped." in homeport.run("status").stdout
        assert homeport.run("start").returncode == 0
        assert httpx2.get(f"{local_url(homeport)}/health").status_code == 200


def test_a_signal_ends_the_real_program_within_three_seconds(homeport: Homeport) -> None:
    with homeport.serving() as process:
        seconds, _, err = end(process)
        assert process.returncode == 0, err
        assert seconds < 3
        assert "Warning" not in err


def test_the_terminal_shows_where_chatgpt_finds_it(homeport: Homeport) -> None:
    with homeport.serving("--public-url", "https://homeport.example.com") as process:
        assert homeport.run("url").stdout == "https://homeport.example.com/mcp\n"
        _, out, _ = end(process)
    assert "https://homeport.example.com/mcp" in out
