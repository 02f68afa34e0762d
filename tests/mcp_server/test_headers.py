"""Which header fields count, and how they are read."""

from __future__ import annotations

import pytest

from homeport.mcp_server.headers import read_headers


def test_values_are_stripped_and_repeated_names_are_known() -> None:
    headers = read_headers([(b"mcp-method", b"\ta "), (b"mcp-method", b"b"), (b"cookie", b"c"), (b"cookie", b"d")])
    assert headers.fields == {b"mcp-method": b"b"}
    assert headers.repeated == (b"mcp-method",)


def test_routing_fields_are_read_as_text_and_no_others() -> None:
    headers = read_headers([(b"mcp-param-Region", b"eu\xe9"), (b"authorization", b"Bearer x")])
    assert headers.routing() == {"mcp-param-Region": "eu\xe9"}


@pytest.mark.parametrize(
    ("version", "modern"), [(None, False), ("2025-03-26", False), ("2026-07-28", True), ("nonsense", True)]
)
def test_every_version_that_is_not_of_the_handshake_is_the_modern_eras_to_judge(
    version: str | None, modern: bool
) -> None:
    headers = read_headers([] if version is None else [(b"mcp-protocol-version", version.encode())])
    assert (headers.version, headers.modern) == (version, modern)


@pytest.mark.parametrize(
    ("accept", "takes"),
    [
        (b"application/json, Text/Event-Stream", True),
        (b"application/json", False),
        (b"text/event-stream", False),
        (b"*/*", False),
    ],
)
def test_only_who_asks_for_streams_takes_them(accept: bytes, takes: bool) -> None:
    assert read_headers([(b"accept", accept)]).takes_streams is takes


@pytest.mark.parametrize(
    ("accept", "refuses"),
    [(b"application/json", True), (b"", True), (b"*/*", False), (b"text/*", False), (b"TEXT/event-stream", False)],
)
def test_who_accepts_no_form_of_stream_refuses_them(accept: bytes, refuses: bool) -> None:
    assert read_headers([(b"accept", accept)]).refuses_streams is refuses
