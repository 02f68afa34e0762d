"""The tunnel of ngrok, the default: needs a free account's token, keeps the account's own name from start to start."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from homeport.origins import parse_public_url
from homeport.settings.private_folder import make_folder
from homeport.tunnel import ngrok_faults
from homeport.tunnel.base import Again, Capabilities, Happening, Heard, Limits, Preflight, TunnelFault, TunnelInfo
from homeport.tunnel.child import end_leftover
from homeport.tunnel.ngrok_agent import NgrokAgent
from homeport.tunnel.ngrok_token import find_token
from homeport.tunnel.programs import Program, on_path, quarantined, unusable, version_of

Download = Callable[[Path, Callable[[str], None]], Awaitable[None]]
"""Puts the program at a path and tells how far it is. Raises TunnelFault."""

FREE_PLAN = Limits(requests=20_000, bytes_out=1_000_000_000)
"""https://ngrok.com/docs/pricing-limits/free-plan-limits"""

INTERSTITIAL = "ngrok's free plan shows a page of its own first: press Visit Site."
"""To browsers, once a week; ChatGPT's servers do not get it."""
_OF_THE_FREE_PLAN = (".ngrok-free.app", ".ngrok-free.dev")

# A name for one session only has this computer's address in it: 5f1e-203-0-113-7.ngrok-free.app
_FOR_ONE_SESSION = re.compile(r"[0-9a-f]{2,12}(?:-[0-9a-f]{0,4}){4,8}")


class NgrokTunnel:
    """`token` and `download` are asked at each start. `wanted` is the name that was had last, or empty."""

    provider = "ngrok"
    limits = FREE_PLAN

    def __init__(
        self,
        folder: Path,
        *,
        environ: Mapping[str, str],
        token: Callable[[], str],
        token_where: Callable[[], str],
        download: Download,
        domain: str = "",
    ) -> None:
        self.heard: Callable[[Heard], None] = lambda heard: None
        self.wanted = ""
        self._folder = folder
        self._environ = environ
        self._token = token
        self._token_where = token_where
        self._download = download
        self._domain = domain
        self._agent: NgrokAgent | None = None
        self._proven: tuple[Path, float, int] | None = None
        """The program that has said its version: path, time of change, size."""
        self._ran_from_data_folder = False
        self._proxies = True

    @property
    def capabilities(self) -> Capabilities:
        free = not self._domain or self._domain.endswith(_OF_THE_FREE_PLAN)
        return Capabilities(needs_account=True, browser_interstitial=INTERSTITIAL if free else "")

    @property
    def own_program(self) -> Path:
        """Where a downloaded program lies."""
        return self._folder / ("ngrok.exe" if "SYSTEMROOT" in self._environ else "ngrok")

    async def preflight(self) -> Preflight:
        found = find_token(self._environ)
        token = self._token()
        program = self._find()
        problem = action = ""
        if not token:
            fault = ngrok_faults.no_token(found.where if found else "")
            problem, action = fault.message, fault.hint
        elif program is not None:
            try:
                await self._prove(program)
            except TunnelFault as fault:
                problem, action = fault.message, fault.hint
        return Preflight(
            self.provider,
            program=str(program.path) if program else "",
            program_source=program.source if program else "missing",
            token="kept" if token else "found" if found else "missing",
            token_where=self._token_where() if token else found.where if found else "",
            problem=problem,
            action=action,
        )

    async def start(self, local_url: str) -> TunnelInfo:
        token = self._token()
        if not token:
            found = find_token(self._environ)
            raise ngrok_faults.no_token(found.where if found else "")
        make_folder(self._folder)
        program = await self._program()
        end_leftover(self._folder)
        try:
            return await self._open(program, token, local_url)
        except TunnelFault as fault:
            if fault.provider_code != f"ERR_NGROK_{ngrok_faults.PROXY_REFUSED}" or not self._proxies:
                raise
            # The free plan refuses the proxy, but many networks that have one need none.
            self._proxies = False
            try:
                return await self._open(program, token, local_url)
            except TunnelFault as second:
                self._proxies = True
                raise (fault if second.again is Again.NETWORK else second) from None

    async def stop(self) -> None:
        agent, self._agent = self._agent, None
        if agent is not None:
            await agent.stop()

    async def alive(self) -> bool:
        return self._agent is not None and await self._agent.alive()

    def understands(self, error: str) -> TunnelFault | None:
        fault = ngrok_faults.fault_for(error)
        return fault if fault.again is Again.HOURLY else None

    async def _open(self, program: Program, token: str, local_url: str) -> TunnelInfo:
        await self.stop()
        agent = self._agent = NgrokAgent(self._folder, heard=lambda heard: self.heard(heard))
        try:
            try:
                await agent.start(program.path, token, self._environ, proxies=self._proxies)
            except OSError as error:
                self._proven = None
                raise unusable(program.path, "ngrok", error) from error
            url = _outside(await self._name(agent, local_url))
        except BaseException:
            await self.stop()
            raise
        stable = self._is_stable(url)
        self.wanted = url if stable else ""
        return TunnelInfo(url, stable=stable, provider=self.provider)

    async def _name(self, agent: NgrokAgent, local_url: str) -> str:
        chosen = f"https://{self._domain}" if self._domain else self.wanted
        try:
            return await agent.open_endpoint(local_url, chosen)
        except TunnelFault as fault:
            not_yours = fault.provider_code in {f"ERR_NGROK_{code}" for code in ngrok_faults.NOT_YOURS}
            if self._domain or not self.wanted or not not_yours:
                raise
            # The token is another account's now: that account's own name it is.
            self.wanted = ""
            return await agent.open_endpoint(local_url, "")

    def _is_stable(self, url: str) -> bool:
        label = url.removeprefix("https://").split(".", 1)[0]
        return url == f"https://{self._domain}" or _FOR_ONE_SESSION.fullmatch(label) is None

    def _find(self) -> Program | None:
        found = on_path("ngrok", self._environ)
        if found is None and self.own_program.exists():
            found = Program(self.own_program, "data folder")
        return found

    async def _program(self) -> Program:
        """The program to run, downloaded if there is none. Raises TunnelFault."""
        program = self._find()
        if program is None:
            if self._ran_from_data_folder:
                # Fetching it again would make a security program take it away again, without end.
                self._ran_from_data_folder = False
                raise quarantined(self.own_program, "ngrok")
            await self._download(self.own_program, lambda words: self.heard(Heard(Happening.DOWNLOAD, words=words)))
            self.heard(Heard(Happening.DOWNLOADED))
            program = Program(self.own_program, "data folder")
        await self._prove(program)
        self._ran_from_data_folder = program.source == "data folder"
        return program

    async def _prove(self, program: Program) -> None:
        try:
            stat = program.path.stat()
        except OSError as error:
            raise unusable(program.path, "ngrok", error) from error
        stamp = (program.path, stat.st_mtime, stat.st_size)
        if stamp == self._proven:
            return
        version = await version_of(program.path, self._environ, title="ngrok")
        if version.split(".")[0] in ("1", "2"):
            raise ngrok_faults.fault_for("ERR_NGROK_121")
        self._proven = stamp


def _outside(url: str) -> str:
    """The origin of a name that ngrok gave. Raises SettingsError for what is none, TunnelFault for an address."""
    origin = parse_public_url(url)
    name = origin.removeprefix("https://").partition(":")[0]
    if "." not in name or re.fullmatch(r".*\.(?:[0-9]+|localhost)", name):
        # This computer's own would change what local requests mean here.
        raise TunnelFault(
            f"The ngrok program says that its public URL is {origin}, which is no name on the internet.",
            action="Remove that program, and Homeport downloads its own.",
            again=Again.NEVER,
        )
    return origin
