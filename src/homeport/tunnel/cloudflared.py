"""Cloudflare's tunnel, where `cloudflared` is installed: a name of one's own by a token, or a new one at each start."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from homeport.foreign_text import clean
from homeport.origins import parse_public_url
from homeport.settings.private_file import write_private
from homeport.settings.private_folder import make_folder
from homeport.tunnel.base import Again, Capabilities, Happening, Heard, Limits, Preflight, TunnelFault, TunnelInfo
from homeport.tunnel.child import Child, clean_environment, end_leftover
from homeport.tunnel.programs import Program, on_path, unusable, version_of

STARTUP_SECONDS = 30.0
"""Cloudflare needs a few seconds until a new name is known everywhere."""
TOKEN_FILE = "cloudflared.token"
TITLE = "cloudflared"

_QUICK_URL = re.compile(r"https://(?!api\.)[a-z0-9-]+\.trycloudflare\.com")
_CONNECTED = re.compile(r"Registered tunnel connection", re.I)
_LOST = re.compile(r"Lost connection|Connection terminated|Retrying connection in|failed to (?:dial|serve)", re.I)
_NO_NETWORK = re.compile(r"no such host|network is unreachable|i/o timeout|failed to dial|connection refused", re.I)
_ERROR = re.compile(r"\bERR\b\s*(.*)|\berror=\"?([^\"]+)|^(?:Provided .*|.*(?:[Tt]oken|[Uu]nauthorized).*)$")


class CloudflaredTunnel:
    """`token` is asked at each start; with one, `public_url` is the name that Cloudflare leads here."""

    provider = "cloudflared"
    limits = Limits()

    def __init__(
        self, folder: Path, *, environ: Mapping[str, str], token: Callable[[], str], public_url: str = ""
    ) -> None:
        self.heard: Callable[[Heard], None] = lambda heard: None
        self.wanted = ""
        self._folder = folder
        self._environ = environ
        self._token = token
        self._public_url = public_url
        self._child: Child | None = None
        self._url = ""
        self._given = ""
        self._connections = 0
        self._said = ""
        self._up = asyncio.Event()
        self._over = asyncio.Event()
        self._stopping = False

    @property
    def capabilities(self) -> Capabilities:
        named = bool(self._token())
        return Capabilities(stable_host=named, needs_account=named)

    async def preflight(self) -> Preflight:
        problem = action = ""
        program = on_path(TITLE, self._environ)
        try:
            await self._checked()
        except TunnelFault as fault:
            problem, action = fault.message, fault.hint
        token = bool(self._token())
        return Preflight(
            self.provider,
            program=str(program.path) if program else "",
            program_source=program.source if program else "missing",
            token="kept" if token else "missing",
            problem=problem,
            action=action,
        )

    async def start(self, local_url: str) -> TunnelInfo:
        await self.stop()
        program = await self._checked()
        token = self._given = self._token()
        make_folder(self._folder)
        end_leftover(self._folder)
        arguments = [str(program.path), "tunnel", "--no-autoupdate"]
        if token:
            write_private(self._folder / TOKEN_FILE, token)
            arguments += ["run", "--token-file", str(self._folder / TOKEN_FILE)]
        else:
            arguments += ["--url", local_url]
        self._url = parse_public_url(self._public_url) if token else ""
        self._connections, self._said, self._stopping = 0, "", False
        self._up, self._over = asyncio.Event(), asyncio.Event()
        child = self._child = Child(self._folder, on_line=self._line, on_end=self._end)
        waiting = {asyncio.create_task(self._up.wait()), asyncio.create_task(self._over.wait())}
        try:
            await child.start(arguments, clean_environment(self._environ))
            await asyncio.wait(waiting, timeout=STARTUP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not self._up.is_set():
                raise self._why_not()
        except OSError as error:
            await self.stop()
            raise unusable(program.path, TITLE, error) from error
        except BaseException:
            await self.stop()
            raise
        finally:
            for each in waiting:
                each.cancel()
        return TunnelInfo(self._url, stable=bool(token), provider=self.provider)

    async def stop(self) -> None:
        self._stopping = True
        child, self._child = self._child, None
        if child is not None:
            await child.stop()
        (self._folder / TOKEN_FILE).unlink(missing_ok=True)

    async def alive(self) -> bool:
        return self._child is not None and self._child.runs and self._connections > 0

    def understands(self, error: str) -> TunnelFault | None:
        return None

    async def _checked(self) -> Program:
        program = on_path(TITLE, self._environ)
        if program is None:
            raise TunnelFault(
                "cloudflared is not installed on this computer, or only where other users can change it.",
                action="Install it (https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/"
                "downloads/), or choose another tunnel.",
                again=Again.NEVER,
            )
        await version_of(program.path, self._environ, title=TITLE)
        if bool(self._token()) != bool(self._public_url):
            missing, other = ("cloudflared_url", "the token") if self._token() else ("the token", "cloudflared_url")
            raise TunnelFault(
                f"A named Cloudflare tunnel needs both {other} and {missing}, and {missing} is not set.",
                action="Set the address with --cloudflared-url and the token with `homeport secrets set cloudflared`, "
                "or leave both out for a new address at each start.",
                again=Again.NEVER,
                tokenless=not self._token(),
            )
        return program

    def _line(self, line: str) -> None:
        if self._given:
            line = line.replace(self._given, "...")  # what it says is shown
        if not self._url and (found := _QUICK_URL.search(line)):
            self._url = found[0]
        if _CONNECTED.search(line):
            self._connections += 1
            self._said = ""
            if self._up.is_set() and not self._stopping:
                self.heard(Heard(Happening.BACK))
        elif _LOST.search(line):
            # It holds several connections; the way is lost when the last of them is.
            self._connections = max(0, self._connections - ("Lost connection" in line or "terminated" in line))
            self._said = line
            if self._up.is_set() and not self._connections and not self._stopping:
                self.heard(Heard(Happening.LOST, self._why_not()))
        elif found := _ERROR.search(line):
            self._said = found[1] or found[2] or line
        if self._url and self._connections:
            self._up.set()

    def _end(self, code: int) -> None:
        self._over.set()
        if self._up.is_set() and not self._stopping:
            self.heard(Heard(Happening.ENDED, self._why_not()))

    def _why_not(self) -> TunnelFault:
        said = self._said
        if re.search(r"token", said, re.I) and re.search(r"invalid|not valid|unauthorized", said, re.I):
            return TunnelFault(
                "Cloudflare does not accept the tunnel's token.",
                action="Copy it anew from Cloudflare's dashboard (Networks, Tunnels) and give it to Homeport: "
                "homeport secrets set cloudflared",
                again=Again.NEVER,
                tokenless=True,
            )
        if not said and not self._over.is_set() and not self._up.is_set():
            return TunnelFault(
                "cloudflared started and did not get a connection.",
                action="A firewall must let it out to port 7844; a security program may hold it back. "
                "Homeport tries again by itself.",
                again=Again.SOON,
            )
        if _NO_NETWORK.search(said) or (self._up.is_set() and not self._over.is_set()):
            return TunnelFault(
                "Cloudflare cannot be reached.",
                action="Look at this computer's internet connection; a firewall must let cloudflared out to port 7844. "
                "Homeport tries again by itself.",
                again=Again.NETWORK,
            )
        words = clean(said, 200)
        return TunnelFault(
            f"cloudflared ended: {words}." if words else "cloudflared ended without saying why.",
            action="Homeport starts it again by itself.",
            again=Again.SOON,
        )
