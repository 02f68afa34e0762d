"""The healthy servers of these tests: Homeport in each of its modes, FastMCP and the SDK's own server, all real."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fastmcp import FastMCP
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.providers.in_memory import InMemoryOAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.auth import OAuthClientInformationFull
from pydantic import AnyHttpUrl
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from homeport.engine.engine import Engine
from homeport.events import SelfChecked
from homeport.network import Network
from homeport.settings import load_settings
from tests.doctor.front import Front
from tests.doctor.internet import Internet
from tests.judges.tls import Authority

HOME, SDK, FAST = "home.test", "sdk.test", "fast.test"
SECURE_PAGE = {"Content-Security-Policy": "frame-ancestors 'none'"}


@asynccontextmanager
async def homeport(
    folder: Path,
    network: Network,
    front: Front,
    /,
    *,
    serve: bool = False,
    environ: Mapping[str, str] | None = None,
    **options: str,
) -> AsyncIterator[Engine]:
    """Homeport at https://home.test behind `front`; it has checked itself once when the block begins."""
    given = {"data_dir": str(folder / "data"), "port": "0", "public_url": f"https://{HOME}", **options}
    loaded = load_settings(options=given, environ=environ or {}, cwd=folder, serve=serve)
    engine = Engine(loaded, environ=environ or {}, network=network)
    checked = asyncio.Event()
    engine.events.subscribe(lambda event: checked.set() if isinstance(event, SelfChecked) else None)
    await engine.start()
    front.port = engine.origins.port
    try:
        await checked.wait()
        yield engine
    finally:
        await engine.close()


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[int]:
    """An ASGI app on a port of this computer."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", proxy_headers=False))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        assert not running.done(), "the server has ended"
        await asyncio.sleep(0)
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        server.force_exit = True
        await running
        listening.close()


class AsksFirst(InMemoryOAuthProvider):
    """Registers and gives codes in memory, after a page that somebody must see."""

    async def authorize(self, client: OAuthClientInformationFull, params: Any) -> str:
        return f"https://{SDK}/login"


def sdk_app(*, signs_in: bool = True, name: str = SDK) -> Any:
    """The SDK's own server, with its own authorization server or open to everybody; it answers to `name` only."""
    server = _sdk_server_with_sign_in() if signs_in else MCPServer("sums")

    @server.tool()
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    security = TransportSecuritySettings(enable_dns_rebinding_protection=True, allowed_hosts=[name])
    return server.streamable_http_app(transport_security=security)


def _sdk_server_with_sign_in() -> MCPServer:
    server = MCPServer(
        "sums",
        auth_server_provider=AsksFirst(base_url=f"https://{SDK}"),
        auth=AuthSettings(
            issuer_url=AnyHttpUrl(f"https://{SDK}"),
            resource_server_url=AnyHttpUrl(f"https://{SDK}/mcp"),
            validate_token_resource=True,
            client_registration_options=ClientRegistrationOptions(enabled=True),
        ),
    )

    server.custom_route("/login", methods=["GET"])(_login)
    return server


async def _login(request: Request) -> Response:
    return HTMLResponse("<!doctype html><title>Sign in</title>", headers=SECURE_PAGE)


class Signer:
    """The keys of FastMCP's authorization server, and tokens of it."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self.public_pem = self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def token(self, **changes: Any) -> str:
        now = int(time.time())
        claims = {"iss": f"https://{SDK}", "aud": f"https://{FAST}/mcp", "sub": "p", "client_id": "c", "scope": "read"}
        pem = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return jwt.encode({**claims, "iat": now, "exp": now + 60, **changes}, pem, algorithm="ES256")


def fast_app(signer: Signer) -> Any:
    """FastMCP, which verifies tokens that the SDK's authorization server gives."""
    verifier = JWTVerifier(
        public_key=signer.public_pem.decode(),
        issuer=f"https://{SDK}",
        audience=f"https://{FAST}/mcp",
        algorithm="ES256",
    )
    auth = RemoteAuthProvider(verifier, [AnyHttpUrl(f"https://{SDK}")], f"https://{FAST}")
    server: FastMCP[Any] = FastMCP("sums", auth=auth)

    @server.tool
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    return server.http_app(path="/mcp", host_origin_protection=False)


@asynccontextmanager
async def others(folder: Path) -> AsyncIterator[tuple[Internet, Signer]]:
    """The SDK's server and FastMCP, whose people sign in at the former."""
    authority, signer = Authority(folder), Signer()
    internet = Internet(authority)
    async with (
        serving(sdk_app()) as sdk,
        serving(fast_app(signer)) as fast,
        authority.place(SDK, Front(sdk).answer) as sdk_place,
        authority.place(FAST, Front(fast).answer) as fast_place,
    ):
        internet.has(sdk_place, fast_place)
        yield internet, signer
