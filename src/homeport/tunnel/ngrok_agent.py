"""One run of ngrok's agent: its configuration, its log, its API. What its errors mean is in `ngrok_faults`.

pyngrok reads the log; the process is `child`'s, because pyngrok's own puts the token where `ps` shows it, waits for a
silent program without end, and leaves it running when Homeport is killed. The API is asked here: pyngrok would ask it
through the proxy of this computer, which knows no way back.
"""

from __future__ import annotations

import asyncio
import http.client
import ipaddress
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.settings.private_file import write_private
from homeport.tunnel import ngrok_faults
from homeport.tunnel.base import Again, Happening, Heard, TunnelFault
from homeport.tunnel.child import Child, clean_environment

if TYPE_CHECKING:
    from pyngrok.log import NgrokLog

STARTUP_SECONDS = 15.0
"""How long the agent may take to reach ngrok's servers."""
DIAL_SECONDS = 3.0
"""How long it may go on trying after it has said that it cannot."""
API_SECONDS = 15.0
"""How long ngrok may take to give a name, and 4 for the question whether the agent lives."""
ALIVE_SECONDS = 4.0
MOST_SAID = 1_000_000
"""Bytes of an answer of the API that are read."""
ENDPOINT = "homeport"
CONFIGURATION = "ngrok.yml"


def configuration(token: str) -> str:
    """The agent's configuration. The inspector would keep requests with their tokens, open to every local program."""
    return (
        'version: "3"\n'
        "agent:\n"
        f'    authtoken: "{token}"\n'
        "    inspect_db_size: -1\n"
        "    remote_management: false\n"
        "    update_check: false\n"
        "    console_ui: false\n"
    )


class NgrokAgent:
    """Start it once, stop it once. `heard` is told what happens after it was ready."""

    def __init__(self, folder: Path, *, heard: Callable[[Heard], None]) -> None:
        self._folder = folder
        self._heard = heard
        self._child = Child(folder, on_line=self._line, on_end=self._end)
        self._ready = asyncio.Event()
        self._dialled_in_vain = asyncio.Event()
        self._api = ""
        self._session = False
        self._connected = False
        self._said = ""
        """The last error it spoke of."""
        self._over = asyncio.Event()
        self._code = 0
        self._stopping = False
        self._program = Path()
        self._token = ""

    async def start(self, program: Path, token: str, environ: Mapping[str, str], *, proxies: bool) -> None:
        """Run it until it has reached ngrok's servers. Raises TunnelFault, and OSError when it cannot be run."""
        self._program, self._token = program, token
        file = self._folder / CONFIGURATION
        write_private(file, configuration(token))
        arguments = [str(program), "start", "--none", "--log", "stdout", "--config", str(file)]
        await self._child.start(arguments, clean_environment(environ, proxies=proxies))
        waiting = {
            asyncio.create_task(self._ready.wait()),
            asyncio.create_task(self._over.wait()),
            asyncio.create_task(self._gave_up()),
        }
        try:
            await asyncio.wait(waiting, timeout=STARTUP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
            # It has read it, or never will: the token need not lie there longer.
            if not self._ready.is_set():
                file.unlink(missing_ok=True)
        if not self._ready.is_set():
            raise self._why_not()

    async def open_endpoint(self, local_url: str, url: str) -> str:
        """Ask for a name; `url` is the one wanted, or empty. The URL that leads here. Raises TunnelFault."""
        options: dict[str, Any] = {"name": ENDPOINT, "upstream": {"url": local_url}, "inspect": False}
        if url:
            options["url"] = url
        answer = await self._ask("/api/endpoints", "POST", options, API_SECONDS)
        public = answer.get("public_url") or answer.get("url")
        if not isinstance(public, str):
            raise ngrok_faults.fault_for("the program gave no URL")
        return public

    async def alive(self) -> bool:
        """Whether the agent answers and has its connection."""
        if not self._child.runs or not self._connected:
            return False
        try:
            await self._ask("/api/endpoints", "GET", None, ALIVE_SECONDS)
        except TunnelFault:
            return False
        return True

    async def stop(self) -> None:
        self._stopping = True
        await self._child.stop()
        (self._folder / CONFIGURATION).unlink(missing_ok=True)

    async def _gave_up(self) -> None:
        await self._dialled_in_vain.wait()
        await asyncio.sleep(DIAL_SECONDS)

    def _why_not(self) -> TunnelFault:
        if self._said:
            return ngrok_faults.fault_for(self._said)
        if not self._over.is_set():
            return ngrok_faults.silent() if not self._api else ngrok_faults.no_network()
        if self._code < 0 or self._code == 137:
            return ngrok_faults.killed(str(self._program))
        return ngrok_faults.fault_for(f"exit code {self._code}")

    async def _ask(self, path: str, method: str, data: dict[str, Any] | None, seconds: float) -> dict[str, Any]:
        try:
            async with asyncio.timeout(2 * seconds):
                status, said = await asyncio.to_thread(_answer, self._api, method, path, data, seconds)
        except (OSError, http.client.HTTPException) as error:
            raise ngrok_faults.silent() from error
        if status == 404 and data is not None:
            raise ngrok_faults.fault_for("ERR_NGROK_121")  # an agent before endpoints: too old
        if not 200 <= status < 300:
            # ngrok's number stands in the answer's body only.
            raise ngrok_faults.fault_for(self._without_token(said))
        try:
            answer = json.loads(said)
        except (ValueError, RecursionError) as error:
            raise ngrok_faults.silent() from error
        return answer if isinstance(answer, dict) else {}

    def _without_token(self, said: str) -> str:
        """ngrok repeats a token that it refuses, and what it said is shown."""
        return said.replace(self._token, "...") if self._token else said

    def _line(self, line: str) -> None:
        from pyngrok.log import NgrokLog

        try:
            entry = NgrokLog(self._without_token(line))
        except (TypeError, AttributeError):
            return  # no line of the agent's: a name in it is one that Python keeps for itself
        message = entry.msg or ""
        if "starting web service" in message and entry.addr and _is_loopback(entry.addr):
            self._api = entry.addr
        elif "tunnel session started" in message:
            self._session = True
        elif "client session established" in message:
            self._connected = True
        if not self._ready.is_set():
            if self._api and self._session and self._connected:
                self._said = ""
                self._ready.set()
            elif error := _error(entry):
                self._said = error
                if ngrok_faults.fault_for(error).again is Again.NETWORK:
                    self._dialled_in_vain.set()
            return
        self._watch(message, _error(entry))

    def _watch(self, message: str, error: str) -> None:
        if self._stopping:
            return
        if "client session established" in message:
            self._said = ""
            self._heard(Heard(Happening.BACK))
        elif "failed to reconnect session" in message or "starting reconnect loop" in message:
            self._connected = False
            self._said = error if ngrok_faults.code_in(error) else ""
            lost = ngrok_faults.fault_for(error) if self._said else ngrok_faults.no_network()
            self._heard(Heard(Happening.LOST, lost))
        elif "failed to open private leg" in message:
            self._heard(Heard(Happening.LOST, ngrok_faults.fault_for("ERR_NGROK_8012")))
        elif error:
            self._said = error

    def _end(self, code: int) -> None:
        self._code = code
        self._over.set()
        if self._ready.is_set() and not self._stopping:
            self._heard(Heard(Happening.ENDED, self._why_not()))


def _is_loopback(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        return port.isdecimal() and ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _answer(address: str, method: str, path: str, data: dict[str, Any] | None, seconds: float) -> tuple[int, str]:
    """Status and body. Raises OSError and HTTPException."""
    connection = http.client.HTTPConnection(address, timeout=seconds)
    try:
        body = json.dumps(data).encode() if data is not None else None
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read(MOST_SAID).decode("utf-8", "replace")
    finally:
        connection.close()


def _error(entry: NgrokLog) -> str:
    """What an entry says went wrong; empty: nothing did. The agent writes err=nil where all is well."""
    if entry.lvl not in ("ERROR", "CRITICAL", "WARNING"):
        return ""
    said = entry.err if entry.err and entry.err != "nil" else ""
    return said or (entry.msg or "" if entry.lvl != "WARNING" else "")
