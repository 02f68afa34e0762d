"""An SSH server of one's own, as it stands at the other end of `ssh -R`: real, on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncssh

from homeport.tunnel.ssh import SshTunnel
from tests.program import free_ports

PUBLIC = "https://homeport.example.com"


class Server:
    """An SSH server that lets one key forward one port, and can drop its connections."""

    def __init__(self) -> None:
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        (self.remote_port,) = free_ports(1)
        self.forwards = True
        self.port = 0
        self.connections: list[asyncssh.SSHServerConnection] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Server]:
        keys = asyncssh.import_authorized_keys(self.key.export_public_key().decode())
        acceptor = await asyncssh.create_server(
            lambda: _Visit(self), "127.0.0.1", self.port, server_host_keys=[self.host_key], authorized_client_keys=keys
        )
        self.port = acceptor.get_port()
        try:
            yield self
        finally:
            acceptor.close()
            self.cut()
            await acceptor.wait_closed()

    def cut(self) -> None:
        for connection in self.connections:
            connection.abort()
        self.connections.clear()

    def tunnel(self, public_url: str = PUBLIC, **options: Any) -> SshTunnel:
        known = asyncssh.import_known_hosts(f"[127.0.0.1]:{self.port} {self.host_key.export_public_key().decode()}")
        given = {"client_keys": [self.key], "known_hosts": known, "agent_path": None, "config": None} | options
        return SshTunnel(f"person@127.0.0.1:{self.port}", public_url, self.remote_port, **given)


class _Visit(asyncssh.SSHServer):
    def __init__(self, server: Server) -> None:
        self._server = server

    def connection_made(self, connection: asyncssh.SSHServerConnection) -> None:
        self._server.connections.append(connection)

    def server_requested(self, listen_host: str, listen_port: int) -> bool:
        return self._server.forwards and (listen_host, listen_port) == ("127.0.0.1", self._server.remote_port)
