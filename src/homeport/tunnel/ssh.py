"""The tunnel through a server of one's own, as `ssh -R` makes it: that server's web server leads its port back here.

asyncssh uses the keys, the agent, the configuration and the known hosts of this user's ssh, and never a password.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from homeport.foreign_text import clean
from homeport.origins import parse_public_url
from homeport.tunnel.base import Again, Capabilities, Happening, Heard, Limits, Preflight, TunnelFault, TunnelInfo

if TYPE_CHECKING:
    import asyncssh

CONNECT_SECONDS = 15.0
KEEPALIVE_SECONDS = 5.0
KEEPALIVES = 3
GOODBYE_SECONDS = 0.4

logger = logging.getLogger(__name__)


class SshTunnel:
    """`options` go to asyncssh as they are; tests give keys and known hosts by them."""

    provider = "ssh"
    limits = Limits()
    capabilities = Capabilities()

    def __init__(self, server: str, public_url: str, remote_port: int, **options: Any) -> None:
        self.heard: Callable[[Heard], None] = lambda heard: None
        self.wanted = ""
        self._user, _, rest = server.partition("@")
        self._host, _, port = rest.partition(":")
        self._port = int(port or 22)
        self._public_url = public_url
        self._remote_port = remote_port
        self._options = options
        self._connection: asyncssh.SSHClientConnection | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def _server(self) -> str:
        return f"{self._user}@{self._host}" + ("" if self._port == 22 else f":{self._port}")

    async def preflight(self) -> Preflight:
        problem = action = ""
        try:
            _library()
        except TunnelFault as fault:
            problem, action = fault.message, fault.hint
        return Preflight(self.provider, problem=problem, action=action)

    async def start(self, local_url: str) -> TunnelInfo:
        library = _library()
        public = parse_public_url(self._public_url)
        local = urlsplit(local_url)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                connection = await library.connect(
                    self._host,
                    self._port,
                    username=self._user,
                    password=None,
                    keepalive_interval=KEEPALIVE_SECONDS,
                    keepalive_count_max=KEEPALIVES,
                    **self._options,
                )
        except (OSError, library.Error, TimeoutError) as error:
            raise self._fault(library, error) from error
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await connection.forward_remote_port(
                    "127.0.0.1", self._remote_port, local.hostname or "127.0.0.1", local.port or 80
                )
        except (OSError, library.Error, library.ChannelListenError, TimeoutError) as error:
            connection.abort()
            raise TunnelFault(
                f"{self._server} does not let its port {self._remote_port} lead here: it is taken, or not allowed.",
                action="A connection from before may hold it for a moment longer. Otherwise choose another "
                "ssh_remote_port, or allow it there (AllowTcpForwarding, PermitListen). Homeport tries again itself.",
                again=Again.SOON,
            ) from error
        except BaseException:
            connection.abort()
            raise
        self._connection = connection
        self._watching = asyncio.create_task(self._watch(connection))
        return TunnelInfo(public, stable=True, provider=self.provider)

    async def stop(self) -> None:
        connection, self._connection = self._connection, None
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        if connection is not None:
            connection.close()
            try:
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await connection.wait_closed()
            except TimeoutError:
                connection.abort()

    async def alive(self) -> bool:
        return self._connection is not None and not self._connection.is_closed()

    def understands(self, error: str) -> TunnelFault | None:
        return None

    async def _watch(self, connection: asyncssh.SSHClientConnection) -> None:
        await connection.wait_closed()
        self.heard(
            Heard(
                Happening.ENDED,
                TunnelFault(
                    f"The connection to {self._server} broke.",
                    action="Homeport connects again by itself.",
                    again=Again.NETWORK,
                ),
            )
        )

    def _fault(self, library: Any, error: BaseException) -> TunnelFault:
        by_hand = f"ssh {'' if self._port == 22 else f'-p {self._port} '}{self._user}@{self._host}"
        if isinstance(error, library.HostKeyNotVerifiable):
            return TunnelFault(
                f"The key of {self._host} is not known here, or is another one than before.",
                action=f"Connect once by hand and compare it: {by_hand}. Then start the tunnel again.",
                again=Again.NEVER,
            )
        if isinstance(error, library.PermissionDenied):
            return TunnelFault(
                f"{self._server} accepts none of this user's ssh keys.",
                action=f"Make `{by_hand}` work without a password (ssh-copy-id), then start the tunnel again.",
                again=Again.NEVER,
            )
        if isinstance(error, library.Error) and not isinstance(error, library.ConnectionLost | library.DisconnectError):
            return TunnelFault(
                f"ssh cannot be used as it is set up: {clean(str(error), 200)}.",
                action=f"Make `{by_hand}` work in a terminal, then start the tunnel again.",
                again=Again.NEVER,
            )
        why = clean(str(error), 120)
        return TunnelFault(
            f"{self._server} cannot be reached" + (f": {why}." if why else "."),
            action="See that the server runs and this computer is online. Homeport tries again by itself.",
            again=Again.NETWORK,
        )


def _library() -> Any:
    try:
        import asyncssh
    except ImportError:
        raise TunnelFault(
            "The tunnel ssh needs a library that is not installed.",
            action="Install it with: pip install 'homeport[ssh]', then start Homeport again.",
            again=Again.NEVER,
        ) from None
    return asyncssh
