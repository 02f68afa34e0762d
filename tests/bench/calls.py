"""Tool calls a second: Homeport through everything, beside a bare route, the SDK's own app and FastMCP, interleaved."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.bench.load import call_body, call_headers, requests_a_second
from tests.bench.rivals import AUDIENCE, ISSUER
from tests.program import free_ports, running_homeport
from tests.signing_in import sign_in

ERAS = ("2025-11-25", "2026-07-28")
ROUNDS = 5
RIVALS = ("starlette", "sdk", "fastmcp")
APP = Path(__file__).parent / "app"


@asynccontextmanager
async def rival(name: str, public_key: str) -> AsyncIterator[str]:
    """A rival that answers; the value is its URL."""
    (port,) = free_ports(1)
    environment = {**os.environ, "BENCH_PUBLIC_KEY": public_key}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.rivals", name, str(port), env=environment
    )
    try:
        async with httpx2.AsyncClient() as client, asyncio.timeout(30):
            while True:
                try:
                    await client.get(f"http://127.0.0.1:{port}/mcp")
                    break
                except httpx2.TransportError:
                    await asyncio.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        await process.wait()


def _key_and_token() -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "bench", "client_id": "bench", "exp": now + 3600, "iat": now}
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return public, jwt.encode(claims, key, algorithm="ES256")


async def measure_calls(folder: Path, rounds: int = ROUNDS) -> dict[tuple[str, str], list[float]]:
    """Requests a second of each server in each era, a value a round."""
    public_key, rival_token = _key_and_token()
    script = folder / "wrk.lua"
    measured: dict[tuple[str, str], list[float]] = {}
    async with AsyncExitStack() as stack:
        urls = {name: await stack.enter_async_context(rival(name, public_key)) for name in RIVALS}
        homeport = await stack.enter_async_context(running_homeport(folder / "calls", "--app", str(APP), command=()))
        tokens = dict.fromkeys(RIVALS, rival_token) | {"homeport": (await sign_in(homeport)).access_token}
        urls["homeport"] = f"http://127.0.0.1:{homeport.port}/mcp"
        # The token is for localhost, and so must be the Host.
        hosts = {"homeport": f"localhost:{homeport.port}"}
        for _ in range(rounds):
            for era in ERAS:
                for name, url in urls.items():
                    headers = call_headers(era, None if name == "starlette" else tokens[name])
                    if name in hosts:
                        headers["Host"] = hosts[name]
                    rate = await requests_a_second(url, call_body(era), headers, script)
                    measured.setdefault((name, era), []).append(rate)
    return measured


def median_ratio(measured: dict[tuple[str, str], list[float]], one: str, other: str, era: str) -> float:
    """The median over the rounds of how much faster `one` is than `other`."""
    pairs = zip(measured[one, era], measured[other, era], strict=True)
    return statistics.median(a / b for a, b in pairs)
