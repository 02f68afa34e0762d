"""The URLs of client metadata documents and key sets: one grammar, nothing for two parsers to disagree about."""

from __future__ import annotations

import pytest

from homeport.auth.document_url import NotADocumentUrl, parse_document_url


@pytest.mark.parametrize(
    "url",
    [
        "https://client.example/app.json",
        "https://a.b.c-d.example/~x/(y);z=1/client.json?v=1&w=a/b",
        "https://xn--bcher-kva.example/app%20one",
        "https://client.example//double",
        "https://client.example/...",
        "https://client.example/a..b/.well-known/x",
    ],
)
def test_a_plain_https_url_may_be_fetched(url: str) -> None:
    assert parse_document_url(url).text == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://client.example/app.json",
        "HTTPS://client.example/app.json",
        "ftp://client.example/app.json",
        "https:/client.example/app.json",
        "https:client.example/app.json",
        "https://client.example",
        "https://client.example/",
        "https://client.example?x",
        "https://client.example/?x",
        "https://Client.example/app.json",
        "https://client.example./app.json",
        "https://client..example/app.json",
        "https://-client.example/app.json",
        "https://client_x.example/app.json",
        "https://localhost/app.json",
        "https://intranet/app.json",
        "https://127.0.0.1/app.json",
        "https://127.1/app.json",
        "https://2130706433/app.json",
        "https://0x7f.0x0.0x0.0x1/app.json",
        "https://[::1]/app.json",
        "https://user@client.example/app.json",
        "https://user:pass@client.example/app.json",
        "https://@client.example/app.json",
        "https://client.example:443/app.json",
        "https://client.example:/app.json",
        "https://client.example:8443/app.json",
        "https://client.example/app.json#",
        "https://client.example/app.json#x",
        "https://client.example/./app.json",
        "https://client.example/../app.json",
        "https://client.example/a/..",
        "https://client.example/a/.",
        "https://client.example/%2e%2e/app.json",
        "https://client.example/.%2E/app.json",
        "https://client.example/a/%2e",
        "https://client.example/a\\b",
        "https://client.example\\@evil.example/a",
        "https://client.example/a b",
        "https://client.example/a\n",
        "https://client.example/a\x00",
        "https://client.example/a\r\nX: y",
        "https://client.example/%zz",
        "https://client.example/%",
        "https://client.example/ü",
        "https://clıent.example/app.json",
        "https://client。example/app.json",
        " https://client.example/app.json",
        "https://client.example/" + "a" * 490,
        "https://" + "a" * 64 + ".example/app.json",
        "https://" + "a." * 126 + "example/x",
        "javascript:alert(1)",
        "data:application/json,{}",
        "file:///etc/passwd",
    ],
)
def test_anything_else_may_not(url: str) -> None:
    with pytest.raises(NotADocumentUrl):
        parse_document_url(url)
