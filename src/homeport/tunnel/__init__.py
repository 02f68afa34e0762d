"""How this computer gets a public URL. One interface; each provider is one file, imported when it is used."""

from homeport.tunnel.base import (
    Again,
    Capabilities,
    Happening,
    Heard,
    Limits,
    Preflight,
    Tunnel,
    TunnelFault,
    TunnelInfo,
    WatchedTunnel,
)
from homeport.tunnel.fixed import FixedTunnel, NoTunnel
from homeport.tunnel.supervisor import Do, Standing, Supervisor, TunnelState

__all__ = [
    "Again",
    "Capabilities",
    "Do",
    "FixedTunnel",
    "Happening",
    "Heard",
    "Limits",
    "NoTunnel",
    "Preflight",
    "Standing",
    "Supervisor",
    "Tunnel",
    "TunnelFault",
    "TunnelInfo",
    "TunnelState",
    "WatchedTunnel",
]
