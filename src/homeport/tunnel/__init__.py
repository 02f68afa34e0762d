"""How this computer gets a public URL. One interface; each provider is one file."""

from homeport.tunnel.base import Tunnel, TunnelInfo
from homeport.tunnel.fixed import FixedTunnel, NoTunnel

__all__ = ["FixedTunnel", "NoTunnel", "Tunnel", "TunnelInfo"]
