"""A program that behaves as cloudflared does towards Homeport, and refuses what the real one should never be given.

Steered by `cloudflared.json` in its folder; what it was started with stands in `runs.jsonl` there. What it is told to
do while it runs it reads from `orders`.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[0]).absolute().parent


def log(level: str, text: str) -> None:
    print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {level} {text}", file=sys.stderr, flush=True)


def refuse(why: str) -> None:
    print(why, file=sys.stderr, flush=True)
    raise SystemExit(2)


def token_in(arguments: list[str]) -> str:
    """The token of a named tunnel; empty: a quick one. Refuses everything else."""
    if arguments[:2] != ["tunnel", "--no-autoupdate"]:
        refuse(f"unknown command, or updates left on: {arguments!r}")
    rest = arguments[2:]
    if rest[:1] == ["--url"] and len(rest) == 2 and rest[1].startswith("http://127.0.0.1:"):
        return ""
    if rest[:2] == ["run", "--token-file"] and len(rest) == 3:
        file = Path(rest[2])
        if stat.S_IMODE(file.stat().st_mode) != 0o600:
            refuse("others can read the token")
        return file.read_text()
    refuse(f"unknown or unsafe arguments: {rest!r}")
    return ""


def main() -> None:
    file = FOLDER / "cloudflared.json"
    steer: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    if sys.argv[1:] == ["--version"]:
        print("cloudflared version 2026.9.1 (built 2026-09-20-1200 UTC)")
        return
    token = token_in(sys.argv[1:])
    if any(name.startswith(("TUNNEL_", "HOMEPORT_")) for name in os.environ):
        refuse("tokens in the environment")
    run = {"pid": os.getpid(), "arguments": sys.argv[1:], "environment": dict(os.environ), "token": token}
    with (FOLDER / "runs.jsonl").open("a") as runs:
        runs.write(json.dumps(run) + "\n")
    if steer.get("mode") == "bad token" and token:
        refuse("Provided Tunnel token is not valid.")
    if steer.get("mode") == "no network":
        log("ERR", 'Failed to get a quick tunnel error="dial tcp: lookup api.trycloudflare.com: no such host"')
        raise SystemExit(1)
    if steer.get("mode") == "silent":
        time.sleep(600)
    if not token:
        log("INF", "+------------------------------------------------------------+")
        log("INF", "|  https://four-random-words-here.trycloudflare.com          |")
    for index in range(2):
        log("INF", f"Registered tunnel connection connIndex={index} location=fra01 protocol=quic")
    done = 0
    orders = FOLDER / "orders"
    while True:
        given = orders.read_text().split() if orders.exists() else []
        for order in given[done:]:
            if order == "lose":
                for index in range(2):
                    log("ERR", f'Lost connection with the edge error="timeout: no recent activity" connIndex={index}')
                    log("INF", f"Retrying connection in up to 2s connIndex={index}")
            elif order == "back":
                log("INF", "Registered tunnel connection connIndex=0 location=fra01 protocol=quic")
            elif order == "die":
                log("ERR", "Register tunnel error from server side")
                raise SystemExit(1)
        done = len(given)
        time.sleep(0.02)


if __name__ == "__main__":
    main()
