"""The ways in lead to the emulator under its real names, verified, and nowhere else."""

from __future__ import annotations

import ssl

import httpcore2
import httpx2
import pytest

from homeport.network import Network
from tests.auth.outside import Web
from tests.privy.emulator import PrivyEmulator
from tests.privy.visitors import programs


async def ask(network: Network, host: str, target: str, *, named: str | None = None) -> bytes:
    """One request over the Network, as an engine makes it."""
    (address,) = await network.resolve(host)
    stream = await network.connect(address, 443, timeout=5)
    try:
        secure = await stream.start_tls(network.tls, server_hostname=named or host, timeout=5)
        await secure.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return await secure.read(65536, timeout=5)
    finally:
        await stream.aclose()


async def test_the_network_reaches_privys_hosts_with_their_certificates_only() -> None:
    async with PrivyEmulator() as privy:
        network = privy.network()
        assert b"emulated-1" in await ask(network, "api.privy.io", f"/v1/apps/{privy.app.app_id}/jwks.json")
        assert network.proxy("auth.privy.io") is None
        with pytest.raises(OSError, match=r"chatgpt\.com"):
            await network.resolve("chatgpt.com")
        with pytest.raises(httpcore2.ConnectError):
            await network.connect("127.0.0.1", privy.port, timeout=1)
        with pytest.raises(httpcore2.ConnectError):
            await network.connect((await network.resolve("auth.privy.io"))[0], 80, timeout=1)
        with pytest.raises(httpcore2.ConnectError):
            await ask(network, "auth.privy.io", "/", named="privy.example")


async def test_the_network_can_lead_on_to_another() -> None:
    async with PrivyEmulator() as privy, Web() as web:
        network = privy.network(beyond=web)
        assert b"404" in await ask(network, "client.example", "/")
        assert b"emulated-1" in await ask(network, "auth.privy.io", f"/api/v1/apps/{privy.app.app_id}/jwks.json")
        assert web.resolved == ["client.example"]


async def test_the_proxy_opens_no_other_host_or_port() -> None:
    async with PrivyEmulator() as privy, programs(privy) as client:
        for url in ("https://chatgpt.com/", "https://auth.privy.io:8443/"):
            with pytest.raises(httpx2.ProxyError):
                await client.get(url)
        assert privy.proxied == ["chatgpt.com", "auth.privy.io"]


async def test_a_program_without_the_authority_does_not_trust_it() -> None:
    async with PrivyEmulator() as privy:
        proxy = privy.connect_proxy()["HTTPS_PROXY"]
        async with httpx2.AsyncClient(proxy=proxy, verify=ssl.create_default_context(), trust_env=False) as client:
            with pytest.raises(httpx2.ConnectError):
                await client.get("https://auth.privy.io/")


async def test_a_failure_of_the_emulator_itself_is_not_overlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use_a_broken_one() -> None:
        async with PrivyEmulator() as privy, programs(privy) as client:
            monkeypatch.setattr(privy.tenant().keys, "jwks", lambda: object())
            with pytest.raises(httpx2.RemoteProtocolError):
                await client.get(f"https://auth.privy.io/api/v1/apps/{privy.app.app_id}/jwks.json")

    with pytest.raises(ExceptionGroup, match="the emulator itself"):
        await use_a_broken_one()
