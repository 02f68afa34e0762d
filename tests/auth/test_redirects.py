"""Redirect URIs: which may be registered, which a request may use, which hosts wait for the owner."""

from __future__ import annotations

import pytest

from homeport.auth.client import Client
from homeport.auth.clients import STATIC_CLIENT
from homeport.auth.errors import InvalidRedirectUri, PageError
from homeport.auth.redirects import host_needs_allow, match_redirect, parse_host, redirect_host, validate_redirect_uri


def client(*uris: str) -> Client:
    return Client("dcr_x", "dcr", "Some app", None, uris, frozenset({"none"}))


@pytest.mark.parametrize(
    ("uri", "allowed"),
    [
        ("https://chatgpt.com/connector_platform_oauth_redirect", True),
        ("https://claude.ai/api/mcp/auth_callback", True),
        ("https://app.example.com", True),
        ("https://app.example.com/", True),
        ("https://app.example.com:8443/cb?x=1&y=%20", True),
        ("https://xn--bcher-kva.example/cb", True),
        ("https://192.0.2.1/cb", True),
        ("https://[2001:db8::1]/cb", True),
        ("https://localhost:8443/cb", True),
        ("https://app.example.com/cb?next=https://other.example/", True),
        ("http://127.0.0.1/cb", True),
        ("http://127.0.0.1:3334/cb", True),
        ("http://localhost:3334/oauth/callback?x=1", True),
        ("http://[::1]:3334/cb", True),
        ("http://localhost", True),
        ("", False),
        ("/cb", False),
        ("//app.example.com/cb", False),
        ("app.example.com/cb", False),
        ("http://app.example.com/cb", False),
        ("http://127.0.0.2/cb", False),
        ("http://127.1/cb", False),
        ("http://2130706433/cb", False),
        ("http://0.0.0.0/cb", False),
        ("http://[::]/cb", False),
        ("http://[0:0:0:0:0:0:0:1]/cb", False),
        ("http://[::ffff:127.0.0.1]/cb", False),
        ("http://localhost.evil.example/cb", False),
        ("http://localhost./cb", False),
        ("http://LOCALHOST/cb", False),
        ("http://localhost@evil.example/cb", False),
        ("http://127.0.0.1:80@evil.example/cb", False),
        ("https://user@app.example.com/cb", False),
        ("https://user:pass@app.example.com/cb", False),
        ("https://@app.example.com/cb", False),
        ("https://app.example.com/cb#", False),
        ("https://app.example.com/cb#fragment", False),
        ("https://app.example.com\\@evil.example/cb", False),
        ("https:\\\\app.example.com/cb", False),
        ("https:/app.example.com/cb", False),
        ("https:app.example.com", False),
        ("https:///cb", False),
        ("https://?x", False),
        ("HTTPS://app.example.com/cb", False),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)//https://app.example.com", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("vbscript:msgbox", False),
        ("file:///etc/passwd", False),
        ("blob:https://app.example.com/x", False),
        ("about:blank", False),
        ("urn:ietf:wg:oauth:2.0:oob", False),
        ("myapp://callback", False),
        ("com.example.app:/callback", False),
        ("ftp://app.example.com/cb", False),
        ("wss://app.example.com/cb", False),
        ("https://app.example.com/cb\n", False),
        ("https://app.example.com/cb\r\nLocation: https://evil.example", False),
        ("https://app.example.com/cb\x00", False),
        ("https://app.example.com/\tcb", False),
        ("https://app.example.com/a b", False),
        (" https://app.example.com/cb", False),
        ("https://app.example.com/\x7f", False),
        ("https://app.example.com/\x85", False),
        ("https://app.example.com/\u202ecb", False),
        ("https://app.example.com/\u200bcb", False),
        ("https://bücher.example/cb", False),
        ("https://аpp.example.com/cb", False),
        ("https://app。example.com/cb", False),
        ("https://app.example.com/ü", False),
        ('https://app.example.com/"><script>', False),
        ("https://app.example.com/<b>", False),
        ("https://app.example.com/{x}", False),
        ("https://app.example.com/%", False),
        ("https://app.example.com/%2", False),
        ("https://app.example.com/%zz", False),
        ("https://app.example.com%2eevil.example/cb", False),
        ("https://app.example.com:/cb", False),
        ("https://app.example.com:0/cb", False),
        ("https://app.example.com:0443/cb", False),
        ("https://app.example.com:65536/cb", False),
        ("https://app.example.com:443x/cb", False),
        ("https://app.example.com./cb", False),
        ("https://app..example.com/cb", False),
        ("https://.example.com/cb", False),
        ("https://-app.example.com/cb", False),
        ("https://*.example.com/cb", False),
        ("https://127.1/cb", False),
        ("https://0x7f.0.0.1/cb", False),
        ("https://2130706433/cb", False),
        ("https://0177.0.0.1/cb", False),
        ("https://1.2.3.4.5/cb", False),
        ("https://[::1/cb", False),
        ("https://[v1.x]/cb", False),
        ("https://app.example.com/" + "a" * 2048, False),
    ],
)
def test_what_may_be_registered(uri: str, allowed: bool) -> None:
    if allowed:
        assert validate_redirect_uri(uri) == uri
    else:
        with pytest.raises(InvalidRedirectUri):
            validate_redirect_uri(uri)


@pytest.mark.parametrize("value", [None, 1, ["https://app.example.com/cb"], {}, b"https://app.example.com/cb", True])
def test_what_is_no_string_is_no_redirect_uri(value: object) -> None:
    with pytest.raises(InvalidRedirectUri):
        validate_redirect_uri(value)


REGISTERED = (
    "https://app.example.com/cb?x=1",
    "http://127.0.0.1:1000/cb",
    "http://localhost/cb",
    "http://[::1]/cb?x=1",
    "https://localhost:8443/cb",
)


@pytest.mark.parametrize(
    ("presented", "matches"),
    [
        ("https://app.example.com/cb?x=1", True),
        ("http://127.0.0.1:1000/cb", True),
        ("http://127.0.0.1:2000/cb", True),
        ("http://127.0.0.1/cb", True),
        ("http://localhost/cb", True),
        ("http://localhost:49152/cb", True),
        ("http://[::1]:49152/cb?x=1", True),
        ("https://localhost:8443/cb", True),
        ("", False),
        ("https://app.example.com/cb", False),
        ("https://app.example.com/cb?x=1&y=2", False),
        ("https://app.example.com/cb?x=1#", False),
        ("https://app.example.com/cb/?x=1", False),
        ("https://app.example.com/CB?x=1", False),
        ("https://App.example.com/cb?x=1", False),
        ("https://app.example.com:443/cb?x=1", False),
        ("https://app.example.com:8443/cb?x=1", False),
        ("http://app.example.com/cb?x=1", False),
        ("https://app.example.com/%63b?x=1", False),
        ("https://app.example.com/./cb?x=1", False),
        ("https://app.example.com/cb?x=1 ", False),
        ("https://app.example.com/cb?x=1\n", False),
        ("https://evil.example/cb?x=1", False),
        ("https://app.example.com.evil.example/cb?x=1", False),
        ("https://app.example.com@evil.example/cb?x=1", False),
        ("http://127.0.0.1:2000/cb/", False),
        ("http://127.0.0.1:2000/other", False),
        ("http://127.0.0.1:2000/cb?x=1", False),
        ("http://127.0.0.1:2000/cb#x", False),
        ("http://127.0.0.1:2000@evil.example/cb", False),
        ("http://127.0.0.1:99999/cb", False),
        ("http://127.0.0.1:/cb", False),
        ("http://127.0.0.1:2000\\cb", False),
        ("http://127.0.0.2:1000/cb", False),
        ("https://127.0.0.1:1000/cb", False),
        ("https://localhost/cb", False),
        ("https://localhost:9443/cb", False),
        ("http://[::1]:49152/cb", False),
        ("http://[::2]/cb?x=1", False),
        ("http://localhost.evil.example/cb", False),
        ("javascript:alert(1)", False),
    ],
)
def test_a_redirect_matches_as_a_string_and_loopback_in_all_but_its_port(presented: str, matches: bool) -> None:
    if matches:
        assert match_redirect(client(*REGISTERED), presented) == presented
    else:
        with pytest.raises(PageError):
            match_redirect(client(*REGISTERED), presented)


def test_a_port_of_a_registered_https_address_stays_what_it_is() -> None:
    with pytest.raises(PageError):
        match_redirect(client("https://app.example.com:8443/cb"), "https://app.example.com:8444/cb")


def test_no_redirect_uri_means_the_only_one() -> None:
    assert match_redirect(client("https://app.example.com/cb"), None) == "https://app.example.com/cb"
    with pytest.raises(PageError):
        match_redirect(client("https://app.example.com/cb", "https://app.example.com/other"), None)
    with pytest.raises(PageError):
        match_redirect(STATIC_CLIENT, None)


@pytest.mark.parametrize(
    ("uri", "matches"),
    [
        ("https://chatgpt.com/connector_platform_oauth_redirect", True),
        ("https://chat.openai.com/connector_platform_oauth_redirect", True),
        ("https://chatgpt.com/connector/oauth/AVY7bkwkV--3", True),
        ("https://chatgpt.com/connector/oauth/" + "a" * 64, True),
        ("https://chatgpt.com/connector/oauth/" + "a" * 65, False),
        ("https://chatgpt.com/connector/oauth/", False),
        ("https://chatgpt.com/connector/oauth/a/b", False),
        ("https://chatgpt.com/connector/oauth/a?x=1", False),
        ("https://chatgpt.com/connector/oauth/a#x", False),
        ("https://chatgpt.com/connector/oauth/a\n", False),
        ("https://chatgpt.com/connector/oauth/..", False),
        ("https://chatgpt.com/connector/oauth/%61", False),
        ("https://chatgpt.com/connector/oauth/ä", False),
        ("https://chat.openai.com/connector/oauth/abc", False),
        ("https://chatgpt.com/connector_platform_oauth_redirect/", False),
        ("https://chatgpt.com/connector_platform_oauth_redirect?x=1", False),
        ("https://chatgpt.com:443/connector_platform_oauth_redirect", False),
        ("https://chatgptxcom/connector_platform_oauth_redirect", False),
        ("https://chatgpt.com.evil.example/connector_platform_oauth_redirect", False),
        ("https://evil.example/https://chatgpt.com/connector_platform_oauth_redirect", False),
        ("http://chatgpt.com/connector_platform_oauth_redirect", False),
        ("http://localhost:1/cb", False),
    ],
)
def test_the_static_client_reaches_chatgpts_two_addresses_only(uri: str, matches: bool) -> None:
    if matches:
        assert match_redirect(STATIC_CLIENT, uri) == uri
    else:
        with pytest.raises(PageError):
            match_redirect(STATIC_CLIENT, uri)


@pytest.mark.parametrize(
    ("uri", "host", "waits"),
    [
        ("https://chatgpt.com/cb", "chatgpt.com", False),
        ("https://ChatGPT.com/cb", "chatgpt.com", False),
        ("https://chatgpt.com:443/cb", "chatgpt.com", False),
        ("https://chat.openai.com/cb", "chat.openai.com", False),
        ("https://claude.ai/cb", "claude.ai", False),
        ("https://claude.com/cb", "claude.com", False),
        ("http://127.0.0.1:3000/cb", "127.0.0.1", False),
        ("http://localhost:3000/cb", "localhost", False),
        ("http://[::1]:3000/cb", "[::1]", False),
        ("https://chatgpt.com:8443/cb", "chatgpt.com:8443", True),
        ("https://www.chatgpt.com/cb", "www.chatgpt.com", True),
        ("https://chatgpt.com.evil.example/cb", "chatgpt.com.evil.example", True),
        ("https://xchatgpt.com/cb", "xchatgpt.com", True),
        ("https://127.0.0.2/cb", "127.0.0.2", True),
        ("https://vscode.dev/redirect", "vscode.dev", True),
    ],
)
def test_hosts_outside_chatgpt_claude_and_loopback_wait_for_the_owner(uri: str, host: str, waits: bool) -> None:
    assert redirect_host(uri) == host
    assert host_needs_allow(uri) is waits


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("app.example.com", "app.example.com"),
        (" App.Example.COM ", "app.example.com"),
        ("app.example.com:8443", "app.example.com:8443"),
        ("app.example.com:443", "app.example.com"),
        ("https://app.example.com", None),
        ("app.example.com/cb", None),
        ("app.example.com?x", None),
        ("a@app.example.com", None),
        ("*.example.com", None),
        ("", None),
        ("app example com", None),
    ],
)
def test_a_host_as_a_person_types_it(typed: str, host: str | None) -> None:
    assert parse_host(typed) == host
