"""What a tunnel is to the engine: something that starts, has a public URL, and stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TunnelInfo:
    """A public URL that leads here now. `stable`: the same name comes back after a restart."""

    public_url: str
    stable: bool
    provider: str


class Tunnel(Protocol):
    """One provider. `start` may raise TunnelError, with the cause and what to do."""

    @property
    def provider(self) -> str: ...

    async def start(self, local_url: str) -> TunnelInfo | None:
        """Lead a public URL to `local_url`; None: there is no public URL, and that is as it should be."""
        ...

    async def stop(self) -> None: ...
