"""Makes the tunnel that the settings name, and tries a token for one. Only the tunnel that is used is imported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from homeport.engine.rooms import Seams
from homeport.engine.secrets import CLOUDFLARED_TOKEN, NGROK_TOKEN
from homeport.settings import LoadedSettings
from homeport.tunnel import FixedTunnel, NoTunnel, Tunnel
from homeport.vault import Vault

NGROK = "ngrok"
FOLDER = "tunnel"


class Tunnels:
    """One per engine. `vault` is None before the first start."""

    def __init__(self, seams: Seams, vault: Callable[[], Vault | None]) -> None:
        self._seams = seams
        self._vault = vault
        self.candidate = ""
        """An ngrok token that is tried before it is kept."""
        self.trying = asyncio.Lock()
        """Two at once would each be judged by what ngrok says of the other."""
        self._made: tuple[LoadedSettings, Tunnel] | None = None

    def make(self, loaded: LoadedSettings) -> Tunnel:
        """The tunnel of these settings; the same one while they stay the same."""
        if self._made is not None and self._made[0].settings == loaded.settings:
            return self._made[1]
        self._made = (loaded, self._tunnel(loaded))
        return self._made[1]

    def _tunnel(self, loaded: LoadedSettings) -> Tunnel:
        settings = loaded.settings
        folder = settings.data_dir / FOLDER
        match loaded.tunnel:
            case "fixed":
                return FixedTunnel(settings.public_url)
            case "ngrok":
                return self._ngrok(folder, settings.ngrok_domain)
            case "cloudflared":
                from homeport.tunnel.cloudflared import CloudflaredTunnel

                return CloudflaredTunnel(
                    folder,
                    environ=self._seams.environ,
                    token=lambda: self._secret(CLOUDFLARED_TOKEN),
                    public_url=settings.cloudflared_url,
                )
            case "ssh":
                from homeport.tunnel.ssh import SshTunnel

                return SshTunnel(settings.ssh_server, settings.ssh_public_url, settings.ssh_remote_port)
            case _:
                return NoTunnel()

    def found_token(self) -> str | None:
        """ngrok's token as ngrok's own configuration on this computer has it."""
        from homeport.tunnel.ngrok_token import find_token

        found = find_token(self._seams.environ)
        return found.token if found is not None else None

    def _ngrok(self, folder: Path, domain: str) -> Tunnel:
        from homeport.tunnel.ngrok import NgrokTunnel

        async def download(to: Path, tell: Callable[[str], None]) -> None:
            from homeport.tunnel.download import download_ngrok

            await download_ngrok(to, tell, self._seams.network)

        return NgrokTunnel(
            folder,
            environ=self._seams.environ,
            token=lambda: self.candidate or self._secret(NGROK_TOKEN),
            token_where=self._where,
            download=download,
            domain=domain,
        )

    def _secret(self, name: str) -> str:
        vault = self._vault()
        return (vault.get(name) or "") if vault is not None else ""

    def _where(self) -> str:
        vault = self._vault()
        return vault.where(NGROK_TOKEN) if vault is not None else ""
