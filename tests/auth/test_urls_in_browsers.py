"""A URL that was accepted means to a browser what it means to us: no two parsers can be played off."""

from __future__ import annotations

import contextlib
import json
import random
from pathlib import Path
from urllib.parse import urlsplit

from homeport.auth.document_url import NotADocumentUrl, parse_document_url
from homeport.auth.errors import InvalidRedirectUri
from homeport.auth.redirects import redirect_host, validate_redirect_uri
from tests.npm import run_node

SCHEMES = ["https://", "http://", "https:/", "https:", "HTTPS://", "https:\\\\", "javascript:", "//", "https:///"]
NAMES = ["app.example.com", "App.Example.COM", "chatgpt.com", "xn--bcher-kva.example", "a_b.example", "a--b.example"]
LOOPBACKS = ["localhost", "127.0.0.1", "[::1]", "localhost.", "127.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"]
ODD_HOSTS = ["1.2.3.4", "1.2.3", "0177.1", "[::]", "0", "a.0x7", "a.b.1", "0x.example", "xn--a.example", "app.example."]
HOSTS = NAMES + LOOPBACKS + ODD_HOSTS
BETWEEN = ["", "", "", ":443", ":80", ":8443", ":", ":0", "@", "user@", ":x@", "\\@", "%2e", "#@", "?@", "\t", "\n"]
PATHS = ["", "/", "/cb", "/a/../b", "/%2e%2e/b", "/./", "/a;b=c", "//x", "/a\\b", "/a b", "/ü", "/%61", "?x=/.."]
TAILS = ["", "", "?x=1", "#", "#f", "?a=b&c=%20", "\n", " ", "@evil.example", ".evil.example", ":99999"]

READ_ALL = """
const read = (text) => {
  try {
    const url = new URL(text);
    return [url.protocol, url.hostname, url.port, url.username + url.password, url.hash, url.pathname + url.search];
  } catch { return null; }
};
const texts = JSON.parse(require('fs').readFileSync(process.argv[2], 'utf8'));
process.stdout.write(JSON.stringify(texts.map(read)));
"""


def candidates() -> list[str]:
    pick = random.Random(20_260_728).choice
    parts = (SCHEMES, BETWEEN, HOSTS, BETWEEN, PATHS, TAILS)
    made = {"".join(pick(part) for part in parts) for _ in range(20_000)}
    plain = {
        f"{scheme}{host}{port}{path}" for scheme in SCHEMES for host in HOSTS for port in BETWEEN for path in PATHS
    }
    return sorted(made | plain)


def as_a_browser_reads(texts: list[str], folder: Path) -> list[list[str] | None]:
    """Protocol, host, port, user, fragment and target of each; None: a browser goes nowhere."""
    (folder / "read.js").write_text(READ_ALL, encoding="utf-8")
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    found: list[list[str] | None] = json.loads(run_node("node", "read.js", "texts.json", cwd=folder).stdout)
    return found


def test_an_accepted_redirect_uri_leads_a_browser_where_we_say(tmp_path: Path) -> None:
    accepted = []
    for text in candidates():
        with contextlib.suppress(InvalidRedirectUri):
            accepted.append(validate_redirect_uri(text))
    assert len(accepted) > 200
    for text, read in zip(accepted, as_a_browser_reads(accepted, tmp_path), strict=True):
        if read is None:
            assert "xn--a." in text, "only what is no Punycode leads nowhere"
            continue
        protocol, host, port, user, fragment, _ = read
        shown = redirect_host(text)
        assert shown in (host, f"{host}:{port}"), text
        assert (user, fragment) == ("", ""), text
        assert protocol == "https:" or host in ("localhost", "127.0.0.1", "[::1]"), text
        assert (urlsplit(text).hostname or "") == host.strip("[]"), text


def test_an_accepted_document_url_is_its_own_normal_form(tmp_path: Path) -> None:
    accepted = []
    for text in candidates():
        with contextlib.suppress(NotADocumentUrl):
            accepted.append(parse_document_url(text))
    assert len(accepted) > 20
    for url, read in zip(accepted, as_a_browser_reads([one.text for one in accepted], tmp_path), strict=True):
        assert read == (None if "xn--a." in url.host else ["https:", url.host, "", "", "", url.target]), url
