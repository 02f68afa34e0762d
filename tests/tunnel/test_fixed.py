"""The tunnels that need no program, and that every provider is what the engine expects of a tunnel."""

from __future__ import annotations

import pytest

from homeport.errors import SettingsError
from homeport.tunnel import Capabilities, FixedTunnel, NoTunnel, Tunnel, TunnelInfo


async def test_a_fixed_tunnel_is_the_url_it_was_given_as_an_origin_and_is_stable() -> None:
    tunnel: Tunnel = FixedTunnel("https://Home.example:443/")
    assert await tunnel.start("http://127.0.0.1:3002") == TunnelInfo("https://home.example", True, "fixed")
    await tunnel.stop()
    await tunnel.stop()
    assert tunnel.provider == "fixed"
    assert tunnel.capabilities == Capabilities(stable_host=True, needs_account=False, browser_interstitial="")


@pytest.mark.parametrize("url", ["http://home.example", "https://home.example/mcp", "home.example", ""])
def test_a_fixed_tunnel_refuses_what_is_no_https_origin(url: str) -> None:
    with pytest.raises(SettingsError):
        FixedTunnel(url)


async def test_no_tunnel_has_no_public_url_and_that_is_no_error() -> None:
    tunnel: Tunnel = NoTunnel()
    assert await tunnel.start("http://127.0.0.1:3002") is None
    await tunnel.stop()
    assert tunnel.provider == "none"
    assert not tunnel.capabilities.stable_host
