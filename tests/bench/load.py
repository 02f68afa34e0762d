"""Drives one URL with wrk and reads what it counted. Nothing is judged here."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any

CONNECTIONS = 8
SECONDS = 2

_LUA = """
wrk.method = "POST"
wrk.body = %s
%s
local bad = 0
function response(status, headers, body)
  if status ~= 200 then bad = bad + 1 end
end
function done(summary, latency, requests)
  io.write(string.format("requests=%%d duration=%%d errors=%%d\\n", summary.requests, summary.duration,
    summary.errors.status + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""


class LoadFailed(RuntimeError):
    """wrk is missing, or the server did not answer every request well."""


async def requests_a_second(url: str, body: str, headers: dict[str, str], script: Path) -> float:
    """The throughput of one POST repeated for two seconds. Raises LoadFailed."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise LoadFailed("wrk is missing: apt-get install wrk")
    lines = "\n".join(f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items())
    script.write_text(_LUA % (json.dumps(body), lines))
    process = await asyncio.create_subprocess_exec(
        *(wrk, "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode()
    counted = re.search(r"requests=(\d+) duration=(\d+) errors=(\d+)", output)
    if counted is None or int(counted[3]) or not int(counted[1]):
        raise LoadFailed(f"{url}: {output}")
    return int(counted[1]) / (int(counted[2]) / 1e6)


def call_body(era: str) -> str:
    """tools/call add(2, 3) as a client of this era sends it."""
    params: dict[str, Any] = {"name": "add", "arguments": {"a": 2, "b": 3}}
    if era == "2026-07-28":
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": era,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
        }
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})


def call_headers(era: str, token: str | None) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": era,
    }
    if era == "2026-07-28":
        headers |= {"Mcp-Method": "tools/call", "Mcp-Name": "add"}
    return headers if token is None else headers | {"Authorization": f"Bearer {token}"}
