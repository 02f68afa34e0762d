"""Sockets and the web server: both loopback families, named holders, an orderly and quick end."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from pathlib import Path

import pytest

from homeport.errors import PortTaken, SettingsError
from homeport.listening import Listener, Message, Receive, Send, bind, bind_or_move, holder_of, ipv6_exists, port_of


def close(sockets: list[socket.socket]) -> None:
    for each in sockets:
        each.close()


async def hello(scope: Message, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def say(port: int, target: str = "/", address: str = "127.0.0.1") -> str:
    reader, writer = await asyncio.open_connection(address, port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    return answer


def test_loopback_means_both_families_on_one_port() -> None:
    sockets = bind("127.0.0.1", 0)
    try:
        addresses = {(s.getsockname()[0], s.getsockname()[1]) for s in sockets}
        port = port_of(sockets)
        assert addresses <= {("127.0.0.1", port), ("::1", port)}
        assert len(sockets) == (2 if any(s.family == socket.AF_INET6 for s in sockets) else 1)
    finally:
        close(sockets)


def test_a_container_address_binds_as_asked() -> None:
    sockets = bind("0.0.0.0", 0)
    try:
        assert [s.getsockname()[0] for s in sockets] == ["0.0.0.0"]
    finally:
        close(sockets)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"] if ipv6_exists() else ["127.0.0.1"])
def test_a_port_is_taken_when_either_family_is_and_the_error_names_the_holder(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as other:
        other.bind((address, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken) as caught:
            bind("127.0.0.1", port)
        assert str(port) in caught.value.message
        assert f"(process {os.getpid()})" in caught.value.message


def test_nobody_holds_a_free_port_and_a_system_that_does_not_tell_is_no_error(tmp_path: Path) -> None:
    sockets = bind("127.0.0.1", 0)
    port = port_of(sockets)
    close(sockets)
    assert holder_of(port) == ""
    assert holder_of(port, proc=tmp_path) == ""


def test_an_address_that_is_not_ours_is_a_wrong_setting() -> None:
    for host in ("203.0.113.7", "homeport.example.com"):
        with pytest.raises(SettingsError) as caught:
            bind(host, 0)
        assert "127.0.0.1" in caught.value.hint


def test_a_taken_port_moves_and_comes_back_to_where_it_moved() -> None:
    taken = bind("127.0.0.1", 0)
    moved = bind_or_move("127.0.0.1", port_of(taken))
    there = port_of(moved)
    assert there != port_of(taken)
    close(moved)
    again = bind_or_move("127.0.0.1", port_of(taken), remembered=there)
    assert port_of(again) == there
    close(again)
    close(taken)


async def test_a_listener_answers_as_soon_as_start_returns() -> None:
    listener = Listener()
    await listener.start(hello, bind("127.0.0.1", 0))
    try:
        assert (await say(listener.port)).endswith("hello")
        assert (await say(listener.port, address="localhost")).endswith("hello")
    finally:
        await listener.stop()


async def test_a_listener_tells_nobody_what_serves_it_and_refuses_targets_in_absolute_form() -> None:
    listener = Listener()
    await listener.start(hello, bind("127.0.0.1", 0))
    try:
        assert "server:" not in (await say(listener.port)).lower()
        assert (await say(listener.port, "http://elsewhere.example/")).startswith("HTTP/1.1 400")
    finally:
        await listener.stop()


async def test_stopping_ends_open_connections_within_two_seconds_and_frees_the_port() -> None:
    entered = asyncio.Event()

    async def never_ends(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        entered.set()
        await asyncio.Event().wait()

    listener = Listener()
    await listener.start(never_ends, bind("127.0.0.1", 0))
    port = listener.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await entered.wait()
    started = time.monotonic()
    await listener.stop()
    assert time.monotonic() - started < 2
    await reader.read()
    writer.close()
    close(bind("127.0.0.1", port))


async def test_stopping_twice_or_before_the_start_does_nothing() -> None:
    listener = Listener()
    await listener.stop()
    await listener.start(hello, bind("127.0.0.1", 0))
    await listener.stop()
    await listener.stop()


async def test_an_access_line_holds_method_path_status_and_time_but_no_query(caplog: pytest.LogCaptureFixture) -> None:
    listener = Listener()
    await listener.start(hello, bind("127.0.0.1", 0))
    with caplog.at_level(logging.INFO, "homeport.access"):
        await say(listener.port, "/authorize?code=canary")
    await listener.stop()
    (line,) = [record.getMessage() for record in caplog.records if record.name == "homeport.access"]
    assert line.startswith("GET '/authorize' 200 ")
    assert "canary" not in caplog.text
