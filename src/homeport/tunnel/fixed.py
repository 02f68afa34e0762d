"""The two tunnels that need no program: a URL that already leads here, and none at all."""

from __future__ import annotations

from homeport.origins import parse_public_url
from homeport.tunnel.base import Capabilities, TunnelInfo


class FixedTunnel:
    """A public URL that a proxy or tunnel outside of Homeport leads to the public listener."""

    provider = "fixed"
    capabilities = Capabilities()

    def __init__(self, public_url: str) -> None:
        """Raises SettingsError for what is no https origin."""
        self._public_url = parse_public_url(public_url)

    async def start(self, local_url: str) -> TunnelInfo:
        return TunnelInfo(self._public_url, stable=True, provider=self.provider)

    async def stop(self) -> None:
        return None


class NoTunnel:
    """Clients on this computer only."""

    provider = "none"
    capabilities = Capabilities(stable_host=False)

    async def start(self, local_url: str) -> None:
        return None

    async def stop(self) -> None:
        return None
