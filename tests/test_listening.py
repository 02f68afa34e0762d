"""Sockets and the web server: both loopback families, named holders, an orderly and quick end."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from homeport.errors import PortTaken, SettingsError
from homeport.listening import (
    AsgiApp,
    Listener,
    Message,
    Receive,
    Send,
    bind,
    bind_or_move,
    holder_of,
    ipv6_exists,
    port_of,
)
from homeport.listening.limits import HEAD_SECONDS, most_by_descriptors


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


async def opened(port: int, sent: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent.encode())
    return reader, writer


async def closed(reader: asyncio.StreamReader) -> bytes:
    """Wait until the other side closes; what came until then."""
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionResetError):
            return await reader.read()
    return b""


@asynccontextmanager
async def serving(app: AsgiApp = hello, **limits: float) -> AsyncIterator[int]:
    listener = Listener(**limits)  # type: ignore[arg-type]
    await listener.start(app, bind("127.0.0.1", 0))
    try:
        yield listener.port
    finally:
        await listener.stop()


REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("sent", ["", "\r\n", "G", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_connection_without_a_complete_head_is_closed_in_time(sent: str) -> None:
    async with serving(head_seconds=0.05) as port:
        reader, writer = await opened(port, sent)
        assert await closed(reader) == b""
        writer.close()


async def test_a_head_that_comes_drop_by_drop_is_not_waited_for() -> None:
    async with serving(head_seconds=0.1) as port:
        for before in ("", REQUEST):
            reader, writer = await opened(port, before)
            if before:
                await reader.readuntil(b"hello")
            writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
            end = asyncio.create_task(closed(reader))
            async with asyncio.timeout(5):
                while not end.done():
                    writer.write(b"x")
                    await asyncio.wait({end}, timeout=0.01)
            assert b"HTTP" not in await end
            writer.close()


async def test_a_body_that_never_comes_after_its_answer_is_not_waited_for() -> None:
    async with serving(head_seconds=0.05) as port:
        reader, writer = await opened(port, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        assert (await closed(reader)).endswith(b"hello")
        writer.close()


@pytest.mark.parametrize("drop", [b"\r\n", b"x"], ids=["empty lines", "a body nobody asked for"])
async def test_drops_after_an_answer_do_not_keep_a_connection_open(drop: bytes) -> None:
    body = "" if drop == b"\r\n" else "Content-Length: 1000000\r\n"
    async with serving(head_seconds=0.1) as port:
        reader, writer = await opened(port, f"POST / HTTP/1.1\r\nHost: x\r\n{body}\r\n")
        await reader.readuntil(b"hello")
        end = asyncio.create_task(closed(reader))
        async with asyncio.timeout(5):
            while not end.done():
                writer.write(drop)
                await asyncio.wait({end}, timeout=0.01)
        writer.close()


async def test_an_idle_connection_is_kept_for_its_next_request_longer_than_a_head_may_take() -> None:
    async with serving(head_seconds=0.05) as port:
        kept_reader, kept = await opened(port, REQUEST)
        await kept_reader.readuntil(b"hello")
        reader, writer = await opened(port)
        await closed(reader)
        writer.close()
        kept.write(REQUEST.encode())
        await kept_reader.readuntil(b"hello")
        kept.close()


async def test_neither_a_slow_answer_nor_a_body_that_is_read_is_cut_off_by_the_time_for_heads() -> None:
    async def reads_first(scope: Message, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        if scope["path"] == "/slow":
            await asyncio.wait({go_on})
        await hello(scope, receive, send)

    go_on = asyncio.get_running_loop().create_future()
    async with serving(reads_first, head_seconds=0.05) as port:
        upload_reader, upload = await opened(port, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na")
        # The next head comes early, and only in part.
        slow_reader, slow = await opened(port, REQUEST.replace("/", "/slow", 1) + "GET")
        reader, writer = await opened(port)
        await closed(reader)
        upload.write(b"bc")
        go_on.set_result(None)
        await upload_reader.readuntil(b"hello")
        await slow_reader.readuntil(b"hello")
        for each in (writer, upload, slow):
            each.close()


async def test_at_the_limit_a_new_connection_takes_the_place_of_the_one_that_waited_longest() -> None:
    async with serving(most_connections=3) as port:
        waiting = [await opened(port) for _ in range(2)]
        kept_reader, kept = await opened(port, REQUEST)
        await kept_reader.readuntil(b"hello")
        assert (await say(port)).endswith("hello")
        assert await closed(waiting[0][0]) == b""
        kept.write(REQUEST.encode())
        await kept_reader.readuntil(b"hello")
        for _, writer in (*waiting, (None, kept)):
            writer.close()


async def test_at_the_limit_answers_that_are_being_given_go_on_and_new_connections_are_refused() -> None:
    entered: asyncio.Queue[None] = asyncio.Queue()
    go_on = asyncio.Event()

    async def slow(scope: Message, receive: Receive, send: Send) -> None:
        entered.put_nowait(None)
        await go_on.wait()
        await hello(scope, receive, send)

    async with serving(slow, most_connections=2) as port:
        busy = [await opened(port, REQUEST) for _ in range(2)]
        for _ in busy:
            await entered.get()
        for _ in range(3):
            reader, writer = await opened(port)
            assert await closed(reader) == b""
            writer.close()
        go_on.set()
        for reader, writer in busy:
            await reader.readuntil(b"hello")
            writer.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize(("descriptors", "connections"), [(256, 102), (1_024, 400), (1_048_576, 400), (1, 1)])
def test_a_listener_takes_no_more_connections_than_descriptors_allow(
    monkeypatch: pytest.MonkeyPatch, descriptors: int, connections: int
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda which: (descriptors, descriptors))
    assert most_by_descriptors() == connections


def test_a_head_may_take_twenty_seconds_and_an_idle_connection_sixty_five() -> None:
    assert HEAD_SECONDS == 20
    assert inspect.signature(Listener).parameters["keep_alive_seconds"].default == 65
