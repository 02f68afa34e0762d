"""The small judgements of which a visit is made: addresses, challenges, well-known places, resources, streams."""

from __future__ import annotations

import pytest

from homeport.doctor import challenge, hop, issuer
from homeport.doctor.address import read_address
from homeport.doctor.answer import Answer, origin_of
from homeport.doctor.hop import LOCAL_TITLES, TITLES
from homeport.errors import SettingsError


@pytest.mark.parametrize(
    ("pasted", "urls"),
    [
        ("home.test", ["https://home.test/mcp", "https://home.test/"]),
        (" https://HOME.test/ ", ["https://home.test/mcp", "https://home.test/"]),
        ("https://home.test/x/mcp", ["https://home.test/x/mcp"]),
        ("https://home.test:443/mcp/", ["https://home.test/mcp/"]),
        ("https://home.test:8443/mcp?a=b", ["https://home.test:8443/mcp?a=b"]),
        ("localhost:3002", ["http://localhost:3002/mcp", "http://localhost:3002/"]),
        ("127.0.0.1:3002/mcp", ["http://127.0.0.1:3002/mcp"]),
        ("http://[::1]:3002/mcp", ["http://[::1]:3002/mcp"]),
    ],
)
def test_an_address_is_read_as_it_is_pasted(pasted: str, urls: list[str]) -> None:
    assert list(read_address(pasted).urls) == urls


@pytest.mark.parametrize("pasted", ["", "https://", "ftp://x/mcp", "https://a:b@x/mcp", "https://x/mcp#y", "http://[x"])
def test_what_is_no_address_is_refused_in_words(pasted: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_address(pasted)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('Bearer resource_metadata="https://x/y", scope="a b"', {"resource_metadata": "https://x/y", "scope": "a b"}),
        ("bearer error=invalid_token", {"error": "invalid_token"}),
        ('Basic realm="x", Bearer resource_metadata="https://x/y"', {"resource_metadata": "https://x/y"}),
        (r'Bearer error_description="say \"no\""', {"error_description": 'say "no"'}),
        ("Bearer", {}),
    ],
)
def test_a_challenge_is_read_as_rfc_9110_writes_it(value: str, found: dict[str, str]) -> None:
    answer = Answer("https://x/mcp", 401, {"www-authenticate": value})
    assert challenge.challenge_of(answer) == {"": "Bearer", **found}
    assert challenge.challenge_of(Answer("https://x/mcp", 401, {"www-authenticate": "Basic realm=x"})) == {}


def test_the_well_known_places_are_those_of_the_rfcs() -> None:
    place = "/.well-known/oauth-protected-resource"
    assert challenge.metadata_urls("https://x/a/mcp") == (f"https://x{place}/a/mcp", f"https://x{place}")
    assert issuer.metadata_urls("https://x/") == (
        "https://x/.well-known/oauth-authorization-server",
        "https://x/.well-known/openid-configuration",
    )
    assert issuer.metadata_urls("https://x/tenant") == (
        "https://x/.well-known/oauth-authorization-server/tenant",
        "https://x/.well-known/openid-configuration/tenant",
        "https://x/tenant/.well-known/openid-configuration",
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://X.test/mcp", "https://x.test/mcp", True),
        ("https://x.test", "https://x.test/", True),
        ("https://x.test:443/mcp", "https://x.test/mcp", True),
        ("https://x.test/mcp/", "https://x.test/mcp", False),
        ("https://x.test/MCP", "https://x.test/mcp", False),
        ("http://x.test/mcp", "https://x.test/mcp", False),
        ("urn:x", "https://x.test/mcp", False),
    ],
)
def test_resources_are_compared_as_clients_compare_them(one: str, other: str, same: bool) -> None:
    assert challenge.same_resource(one, other) is same


def test_a_json_rpc_answer_is_found_in_a_stream() -> None:
    first = b'event: message\r\ndata: {"jsonrpc":"2.0","method":"x"}\r\n\r\n'
    stream = first + b'data: {"jsonrpc":"2.0",\ndata: "id":1,"result":{}}\n\n'
    assert Answer("https://x", 200, {"content-type": "text/event-stream"}, stream).message() == {
        "jsonrpc": "2.0",
        "id": 1,
        "result": {},
    }
    assert Answer("https://x", 200, {"content-type": "application/json"}, b"[" * 100_000).message() is None


def test_what_a_server_says_is_shown_without_its_tricks() -> None:
    page = Answer("https://x", 200, {"content-type": "text/html"}, "<title>\x1b]0;x\u202e</title>".encode())
    assert page.title == "]0;x"
    assert hop.failed("dns", "\x1b[2J" + "x" * 10_000, "y").detail == "[2J" + "x" * 496 + "…"
    assert origin_of("https://[::1") == ""


def test_every_hop_has_a_name_of_its_own() -> None:
    assert not TITLES.keys() & LOCAL_TITLES.keys()
