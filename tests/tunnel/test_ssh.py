"""The tunnel through a server of one's own, against a real SSH server: it leads here, is cut, and comes back."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from homeport.tunnel import Again, Capabilities, Happening, TunnelFault
from homeport.tunnel.ssh import SshTunnel
from tests.tunnel.agents import Listening, open_descriptors
from tests.tunnel.ssh_server import PUBLIC, Server


@asynccontextmanager
async def homeport() -> AsyncIterator[str]:
    """What stands for the public listener: it says hello. Its URL."""

    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    server = await asyncio.start_server(hello, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def said_at(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = await reader.read()
    writer.close()
    return said


async def refused(tunnel: SshTunnel) -> TunnelFault:
    with pytest.raises(TunnelFault) as caught:
        await tunnel.start("http://127.0.0.1:9")
    return caught.value


async def test_the_servers_port_leads_here_until_it_is_stopped() -> None:
    async with Server().open() as server, homeport() as local:
        tunnel = server.tunnel()
        info = await tunnel.start(local)
        assert (info.public_url, info.stable, info.provider) == (PUBLIC, True, "ssh")
        assert (info.expires_at, tunnel.capabilities) == (None, Capabilities(stable_host=True, needs_account=False))
        assert await said_at(server.remote_port) == b"hello"
        assert await tunnel.alive()
        await tunnel.stop()
        assert not await tunnel.alive()
        with pytest.raises(OSError, match="Connect call failed"):
            await said_at(server.remote_port)


async def test_a_cut_is_told_and_afterwards_it_can_be_started_again() -> None:
    async with Server().open() as server, homeport() as local:
        tunnel = server.tunnel()
        tunnel.heard = heard = Listening()
        await tunnel.start(local)
        descriptors: set[int] = set()
        for _ in range(3):
            server.cut()
            fault = (await heard.until(Happening.ENDED)).fault
            assert fault is not None
            assert "broke" in fault.message
            assert fault.again is Again.NETWORK
            assert not await tunnel.alive()
            heard.heard.clear()
            await tunnel.stop()
            await tunnel.start(local)
            assert await said_at(server.remote_port) == b"hello"
            for _ in range(5):  # closed transports let go in the loop's next turns
                await asyncio.sleep(0)
            descriptors.add(open_descriptors())
        assert len(descriptors) == 1
        await tunnel.stop()


async def test_a_stop_is_not_told_as_a_cut() -> None:
    async with Server().open() as server, homeport() as local:
        tunnel = server.tunnel()
        tunnel.heard = heard = Listening()
        await tunnel.start(local)
        await tunnel.stop()
        assert heard.heard == []


async def test_what_the_server_refuses_becomes_a_cause_and_an_action() -> None:
    async with Server().open() as server:
        unknown = await refused(server.tunnel(known_hosts=asyncssh.import_known_hosts("")))
        assert "is not known here" in unknown.message
        assert f"ssh -p {server.port} person@127.0.0.1" in unknown.hint
        assert unknown.again is Again.NEVER

        stranger = await refused(server.tunnel(client_keys=[asyncssh.generate_private_key("ssh-ed25519")]))
        assert "accepts none of this user's ssh keys" in stranger.message
        assert "ssh-copy-id" in stranger.hint
        assert stranger.again is Again.NEVER

        server.forwards = False
        forbidden = await refused(server.tunnel())
        assert f"port {server.remote_port}" in forbidden.message
        assert "AllowTcpForwarding" in forbidden.hint
        assert forbidden.again is Again.SOON
    away = await refused(server.tunnel())
    assert "cannot be reached" in away.message
    assert away.again is Again.NETWORK


async def test_a_port_there_that_is_taken_is_said_and_tried_again() -> None:
    async with Server().open() as server:
        with socket.create_server(("127.0.0.1", server.remote_port)):
            fault = await refused(server.tunnel())
        assert "it is taken, or not allowed" in fault.message
        assert fault.again is Again.SOON
        tunnel = server.tunnel()
        await tunnel.start("http://127.0.0.1:9")
        await tunnel.stop()


async def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "asyncssh", None)
    tunnel = SshTunnel("person@example.com", PUBLIC, 3002)
    assert "homeport[ssh]" in (await refused(tunnel)).hint
    assert "homeport[ssh]" in (await tunnel.preflight()).action


def test_this_reads_no_key_of_the_person_who_runs_the_tests(tmp_path: Path) -> None:
    assert "known_hosts" in Server().tunnel()._options
