"""What one can ask of an engine about its tunnel, and what one can have done with it."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod

from homeport.engine.protocol import TunnelCheck, TunnelStatus
from homeport.engine.public_door import PublicDoor
from homeport.engine.rooms import Rooms
from homeport.engine.secrets import NGROK_TOKEN, require_fit
from homeport.engine.tunnels import NGROK, Tunnels
from homeport.errors import TunnelError, VaultError
from homeport.tunnel import TunnelState, WatchedTunnel

SETTLE_SECONDS = 55.0
"""How long somebody waits for a tunnel that was begun anew. It goes on without them."""


class TunnelQuestions(ABC):
    """The EngineMethods about the tunnel."""

    _door: PublicDoor
    _tunnels: Tunnels

    @property
    @abstractmethod
    def rooms(self) -> Rooms: ...

    @abstractmethod
    async def _change_tunnel(self) -> None:
        """Read the settings again, and let the tunnel be what they say. Raises HomeportError."""

    async def tunnel_check(self) -> TunnelCheck:
        tunnel = self._door.tunnel
        can = tunnel.capabilities
        if not isinstance(tunnel, WatchedTunnel):
            return TunnelCheck(
                tunnel.provider, "", "missing", "missing", "", "", "", can.stable_host, can.needs_account
            )
        found = await tunnel.preflight()
        return TunnelCheck(
            found.provider,
            found.program,
            found.program_source,
            found.token,
            found.token_where,
            found.problem,
            found.action,
            can.stable_host,
            can.needs_account,
        )

    async def restart_tunnel(self) -> TunnelStatus:
        """Open it anew, as the settings say now; returns when it is up, or waits for something, or a minute passed."""
        await self._change_tunnel()
        return await self._settled()

    async def set_tunnel_token(self, token: str) -> TunnelStatus:
        """Try ngrok's token and keep it unless ngrok refuses it. Raises TunnelError, VaultError."""
        token = token.strip()
        require_fit(NGROK_TOKEN, token)
        async with self._tunnels.trying:
            return await self._try_token(token)

    async def _try_token(self, token: str) -> TunnelStatus:
        vault = self.rooms.vault
        if vault.is_fixed(NGROK_TOKEN) and vault.get(NGROK_TOKEN) != token:
            raise VaultError(
                f"{vault.where(NGROK_TOKEN)} gives ngrok's token already, and wins.", hint="Change it there."
            )
        if self._door.tunnel.provider != NGROK:
            raise TunnelError(
                f"The tunnel is {self._door.tunnel.provider}, which needs no token of ngrok.",
                hint="Set tunnel to ngrok first.",
            )
        if not self._door.is_open:
            # Nothing may lead here now, so nobody is asked whether it is right.
            await vault.set(NGROK_TOKEN, token)
            return self._door.status()
        self._tunnels.candidate = token
        try:
            self._door.again()
            status = await self._settled()
            if status.state == TunnelState.NEEDS_TOKEN:
                raise TunnelError(f"{status.cause} Nothing was stored.", hint=status.action)
            if vault.get(NGROK_TOKEN) != token:
                await vault.set(NGROK_TOKEN, token)
        except BaseException:
            self._tunnels.candidate = ""
            if vault.get(NGROK_TOKEN):
                self._door.again()  # with the one from before
            raise
        self._tunnels.candidate = ""
        return status

    async def adopt_tunnel_token(self) -> TunnelStatus:
        """Use the token that ngrok's own configuration has. Raises TunnelError when there is none."""
        found = self._tunnels.found_token()
        if found is None:
            raise TunnelError(
                "ngrok's own configuration has no authtoken on this computer.",
                hint="Give it by hand: homeport secrets set ngrok",
            )
        return await self.set_tunnel_token(found)

    async def _settled(self) -> TunnelStatus:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                return await self._door.settled()
        return self._door.status()
