"""`homeport serve` in a process that was forked with everything imported, so that a test can kill it 200 times.

What runs is the real program, from its lock to its listeners; only the seconds of importing are saved.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from homeport.cli.compose import run_homeport
from homeport.cli.serving import real_engine
from homeport.settings import load_settings

# What a running Homeport imports late; here it is there before the fork.
LATE = (
    "homeport.apps.loader",
    "homeport.engine.engine",
    "homeport.items",
    "homeport.mcp_server.app_server",
    "homeport.mcp_server.kernel",
    "homeport.mcp_server.streams",
    "homeport.store.sqlite",
    "httptools",
    "uvicorn",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
)
for _name in LATE:
    importlib.import_module(_name)


def serve(data_dir: str, port: int, control_port: int, log: str) -> None:
    """Serve until somebody ends this process. All it says goes to the file `log`."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # it is a real file here
    options = {"data_dir": data_dir, "port": str(port), "control_port": str(control_port), "ephemeral": "true"}
    run_homeport(load_settings(options=options, environ={}, cwd=Path(data_dir).parent, serve=True), real_engine)
