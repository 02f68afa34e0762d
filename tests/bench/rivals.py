"""The servers Homeport is measured beside, each in a process of its own: `python -m tests.bench.rivals NAME PORT`.

All run on uvicorn with uvloop and httptools, one process, no access log. Those that check a token check an ES256 JWT.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

ISSUER = "http://localhost"
AUDIENCE = "http://localhost/mcp"


def starlette_app() -> Any:
    """A bare JSON route: what any Python server on this stack pays."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def call(request: Request) -> JSONResponse:
        arguments = (await request.json())["params"]["arguments"]
        return JSONResponse({"jsonrpc": "2.0", "id": 1, "result": {"sum": arguments["a"] + arguments["b"]}})

    return Starlette(routes=[Route("/mcp", call, methods=["POST"])])


def sdk_app() -> Any:
    """The SDK's own server and bearer middleware, stateless, JSON."""
    import jwt
    from mcp.server import MCPServer
    from mcp.server.auth.provider import AccessToken
    from mcp.server.auth.settings import AuthSettings
    from pydantic import AnyHttpUrl

    public_key = os.environ["BENCH_PUBLIC_KEY"]

    class Verifier:
        async def verify_token(self, token: str) -> AccessToken | None:
            claims = jwt.decode(token, public_key, algorithms=["ES256"], audience=AUDIENCE, issuer=ISSUER)
            return AccessToken(token=token, client_id="bench", scopes=["read"], expires_at=claims["exp"])

    settings = AuthSettings(
        issuer_url=AnyHttpUrl(ISSUER), resource_server_url=AnyHttpUrl(AUDIENCE), validate_token_resource=False
    )
    server = MCPServer("bench", token_verifier=Verifier(), auth=settings, log_level="ERROR")

    @server.tool()
    async def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    return server.streamable_http_app(json_response=True, stateless_http=True)


def fastmcp_app() -> Any:
    # Of the group `bench` only, so that the checks of types do not know it.
    verifier = importlib.import_module("fastmcp.server.auth.providers.jwt").JWTVerifier(
        public_key=os.environ["BENCH_PUBLIC_KEY"], issuer=ISSUER, audience=AUDIENCE, algorithm="ES256"
    )
    server = importlib.import_module("fastmcp").FastMCP("bench", auth=verifier)

    async def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    server.tool(add)
    return server.http_app(path="/mcp", json_response=True, stateless_http=True)


APPS = {"starlette": starlette_app, "sdk": sdk_app, "fastmcp": fastmcp_app}


def main(name: str, port: str) -> None:
    import uvicorn

    uvicorn.run(APPS[name](), host="127.0.0.1", port=int(port), log_level="error", access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
