"""Origins: plain strings, compared byte for byte, with one writer. Every URL is built here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.errors import SettingsError
from homeport.origins import Origin, Origins, parse_public_url


def test_the_local_origins_are_the_loopback_names_with_our_port() -> None:
    origins = Origins(3002)
    assert [origin.url for origin in origins.allowed()] == [
        "http://localhost:3002",
        "http://127.0.0.1:3002",
        "http://[::1]:3002",
    ]
    assert all(origin.local and not origin.secure for origin in origins.allowed())
    assert origins.preferred is origins.local
    assert origins.local.url == "http://localhost:3002"


def test_each_origin_is_its_own_issuer_and_has_its_own_resource() -> None:
    origins = Origins(3002)
    origins.set_public("https://home.example")
    resources = {origin.resource("/mcp") for origin in origins.allowed()}
    assert len(resources) == 4
    assert {origin.issuer for origin in origins.allowed()} == {r.removesuffix("/mcp") for r in resources}
    assert origins.preferred.resource("/mcp") == "https://home.example/mcp"
    assert origins.preferred.endpoint("/token") == "https://home.example/token"


def test_a_host_is_found_whole_or_not_at_all() -> None:
    origins = Origins(3002)
    origins.set_public("https://home.example:8443")
    assert origins.by_host("home.example:8443") is origins.public
    assert origins.by_host("HOME.Example:8443") is origins.public
    for host in ("home.example", "home.example:443", "home.example:8443.", "home.example:8443 ", "localhost", ""):
        assert origins.by_host(host) is None


def test_a_new_public_origin_takes_the_place_of_the_old_one_at_once() -> None:
    origins = Origins(3002)
    origins.set_public("https://one.example")
    origins.set_public("https://two.example")
    assert origins.by_host("one.example") is None
    assert origins.by_issuer("https://one.example") is None
    assert origins.by_host("two.example") is origins.public
    origins.set_public(None)
    assert origins.public is None
    assert origins.by_host("two.example") is None
    assert len(origins.allowed()) == 3


def test_a_url_that_is_refused_leaves_the_old_origin_where_it_is() -> None:
    origins = Origins(3002)
    origins.set_public("https://one.example")
    with pytest.raises(SettingsError):
        origins.set_public("http://two.example")
    assert origins.by_host("one.example") is origins.public


def test_another_port_moves_the_local_origins_and_keeps_the_public_one() -> None:
    origins = Origins(3002)
    origins.set_public("https://home.example")
    origins.listen_on(4002)
    assert origins.by_host("localhost:3002") is None
    assert origins.by_host("localhost:4002") is origins.local
    assert origins.by_host("home.example") is origins.public


def test_an_issuer_is_compared_exactly() -> None:
    origins = Origins(3002)
    origins.set_public("https://home.example")
    assert origins.by_issuer("https://home.example") is origins.public
    for near in ("https://home.example/", "https://HOME.example", "http://home.example", "https://home.example:443"):
        assert origins.by_issuer(near) is None


def test_own_hosts_are_known_with_and_without_their_port() -> None:
    origins = Origins(3002)
    origins.set_public("https://home.example:8443")
    for host in ("home.example", "home.example:8443", "localhost", "127.0.0.1", "[::1]"):
        assert origins.is_own_host(host), host
    for host in ("example", "x.home.example", "home.example.evil", ""):
        assert not origins.is_own_host(host), host


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://home.example", "https://home.example"),
        ("https://home.example/", "https://home.example"),
        (" https://Home.Example \n", "https://home.example"),
        ("https://home.example:443", "https://home.example"),
        ("https://home.example:8443/", "https://home.example:8443"),
        ("HTTPS://home.example", "https://home.example"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_a_public_url_is_written_in_one_way(written: str, origin: str) -> None:
    assert parse_public_url(written) == origin


@pytest.mark.parametrize(
    "written",
    [
        *(
            "http://home.example",
            "home.example",
            "",
            "https://",
            "https:///mcp",
            "//home.example",
            "ftp://home.example",
        ),
        *("https://home.example/mcp", "https://home.example?x=1", "https://home.example#x", "https://me@home.example"),
        *("https://me:secret@home.example", "https://home.example:x", "https://home.example:99999", "https://h ome"),
        *(
            "https://höme.example",
            "https://[::1",
            "https://home.example\n.evil",
            "https://home.example/../",
            "https://:@h",
        ),
        *("https://home.example\\@evil.example", "https://home\x00.example", "https://home.example:", "https://a..b"),
        *("https://-home.example", "https://home_.example/?", "https://%68ome.example", "https://home,evil.example"),
    ],
)
def test_what_is_no_public_url_is_refused_with_an_example_of_one(written: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_public_url(written)
    assert "https://homeport.example.com" in caught.value.hint


@given(st.text(max_size=60))
def test_no_text_makes_an_origin_that_is_not_scheme_host_and_port(text: str) -> None:
    try:
        origin = Origin(parse_public_url(f"https://{text}"), local=False)
    except SettingsError:
        return
    assert parse_public_url(origin.url) == origin.url
    assert origin.host
    assert not set(origin.host) & set(" /?#@\\\t\r\n%,;\"'<>")
    assert origin.host.isascii()
    assert origin.host.isprintable()
