"""The Engine: starts and stops one Homeport and answers for it. The only writer of the public origin.

It composes rooms and follows the table in `lifecycle`; what a grant, a client or a tool is, the rooms know.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Coroutine, Mapping
from importlib.metadata import version as installed_version
from typing import Any

from homeport.auth.network import Network, SystemNetwork
from homeport.clock import Clock, Randomness, system_clock, system_randomness
from homeport.engine import answers, facts
from homeport.engine.lifecycle import EngineState, Move, follow
from homeport.engine.probe import SelfProbe
from homeport.engine.protocol import (
    ApprovalPreview,
    Approved,
    ClientSummary,
    GrantSummary,
    PendingRequest,
    PersonSummary,
    Status,
    WaitingHost,
)
from homeport.engine.rooms import Rooms, Seams, open_rooms
from homeport.engine.served import AppSource
from homeport.engine.sources import app_sources
from homeport.errors import HomeportError, NotFoundError
from homeport.events import EngineStateChanged, EventBus, PastedWithoutPath, PublicUrlChanged
from homeport.listening import Listener, bind, bind_or_move, port_of
from homeport.origins import Origins
from homeport.settings import LoadedSettings
from homeport.store import Database
from homeport.tunnel import FixedTunnel, NoTunnel, Tunnel, TunnelInfo

logger = logging.getLogger(__name__)

HOUSEKEEPING_SECONDS = 60


class Engine:
    """One Homeport. Build it, `start` and `stop` it any number of times, `close` it once.

    `network` and `tunnel` are what tests hand in to play the outside world.
    """

    def __init__(
        self,
        loaded: LoadedSettings,
        *,
        environ: Mapping[str, str] | None = None,
        clock: Clock = system_clock,
        random: Randomness = system_randomness,
        network: Network | None = None,
        tunnel: Tunnel | None = None,
    ) -> None:
        self.events = EventBus()
        self._loaded = loaded
        self._clock = clock
        self._seams = Seams(clock, random, network or SystemNetwork(), os.environ if environ is None else environ)
        self._tunnel = tunnel or _tunnel_of(loaded)
        self.origins = Origins(loaded.settings.port)
        self._probe = SelfProbe(random)
        self._listener = Listener()
        self._rooms: Rooms | None = None
        self._state = EngineState.STOPPED
        self._problem = ""
        self._tunnel_info: TunnelInfo | None = None
        self._changing = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()
        self._started_at = clock()
        self._version = installed_version("homeport")

    # --- life -------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen, open the tunnel, be online. Starting twice is starting once. Raises HomeportError."""
        async with self._changing:
            if not self._move(Move.START):
                return
            try:
                rooms = await self._open_rooms()
                await self._listen(rooms)
                await self._open_tunnel(rooms)
            except BaseException as error:
                await self._withdraw()
                self._problem = str(error) if isinstance(error, HomeportError) else type(error).__name__
                self._move(Move.FAIL, cause=self._problem)
                raise
            self._problem = ""
            self._move(Move.STARTED)
            self._run(self._warm(rooms))
            self._run(self._keep_house())
            if (public := self.origins.public) is not None:
                self._run(self._probe.ask(public.url))

    async def stop(self) -> None:
        """Take tunnel and public listener away; grants and data stay. Stopping twice is stopping once."""
        async with self._changing:
            if not self._move(Move.STOP):
                return
            await self._withdraw()
            self._move(Move.STOPPED)

    async def close(self) -> None:
        """Stop, and let go of database and threads. The engine is not used afterwards."""
        await self.stop()
        rooms, self._rooms = self._rooms, None
        if rooms is not None:
            with contextlib.suppress(HomeportError):
                await rooms.auth.housekeeping()
            await rooms.close()

    @property
    def state(self) -> EngineState:
        return self._state

    @property
    def rooms(self) -> Rooms:
        """The open rooms. Raises HomeportError before the first start."""
        if self._rooms is None:
            raise HomeportError("Homeport has not started.", hint="Start it with `homeport start`.")
        return self._rooms

    async def housekeeping(self) -> None:
        """What happens once a minute: forget what is over, rotate keys that are due."""
        rooms = self.rooms
        await rooms.auth.housekeeping()
        await rooms.signing.rotate_if_due()

    # --- what one can ask ---------------------------------------------------------------------------------------

    async def status(self) -> Status:
        rooms = self._rooms
        waiting = grants = 0
        if rooms is not None:
            waiting = len(await rooms.auth.sign_in.pending())
            grants = await answers.live_grants(rooms, self._clock())
        settings = self._loaded.settings
        return Status(
            state=self._state.value,
            problem=self._problem,
            connector_url=self._connector_url(),
            local_url=self.origins.local.url,
            public_url=self.origins.public.url if self.origins.public else "",
            tunnel=self._tunnel.provider,
            apps=answers.app_status(rooms, self.origins.preferred) if rooms else [],
            waiting=waiting,
            grants=grants,
            secrets=rooms.vault.storage if rooms else "",
            database=rooms.database.describe() if rooms else "",
            data_dir=str(settings.data_dir),
            version=self._version,
            pid=os.getpid(),
            started_at=self._started_at,
            warnings=self._warnings(),
        )

    async def pending(self) -> list[PendingRequest]:
        waiting = await self.rooms.auth.sign_in.pending()
        return [answers.pending_request(*one, now=self._clock()) for one in waiting]

    async def preview_approval(self, code: str) -> ApprovalPreview:
        return answers.preview(await self.rooms.auth.sign_in.preview(code), now=self._clock())

    async def approve(
        self, code: str, *, who: str, read_only: bool, consent_in_browser: bool, other_network: bool
    ) -> Approved:
        decision = answers.decision(who, read_only, consent_in_browser, other_network)
        return answers.approved(*await self.rooms.auth.sign_in.approve(code, decision))

    async def deny(self, number: int | None) -> int:
        return await self.rooms.auth.sign_in.deny(number)

    async def clients(self) -> list[ClientSummary]:
        return await answers.clients(self.rooms, self._clock())

    async def hosts(self) -> list[WaitingHost]:
        found = await self.rooms.auth.clients.hosts()
        return [WaitingHost(h.host, h.client, h.asked_at, h.allowed_at) for h in found]

    async def allow_host(self, host: str) -> None:
        await self.rooms.auth.clients.allow_host(host)

    async def people(self) -> list[PersonSummary]:
        return await answers.people(self.rooms, self._clock())

    async def grants(self) -> list[GrantSummary]:
        return await answers.grants(self.rooms, self._clock())

    async def revoke_grant(self, grant_id: str) -> None:
        if not await self.rooms.auth.exchanges.revoke_grant(grant_id, "revoked by the owner"):
            raise NotFoundError(f"No live grant has the id {grant_id!r}.", hint="`homeport grants` lists them.")

    # --- how it is done -----------------------------------------------------------------------------------------

    async def _open_rooms(self) -> Rooms:
        if self._rooms is None:
            self._rooms = await open_rooms(
                self._loaded,
                self._seams,
                self.origins,
                self.events,
                self._probe,
                sources=self._sources,
                pasted_without_path=lambda: self.events.publish(PastedWithoutPath(at=self._clock())),
                version=self._version,
            )
        return self._rooms

    def _sources(self, database: Database) -> Mapping[str, AppSource]:
        return app_sources(self._loaded.settings, database, self.events, clock=self._clock, random=self._seams.random)

    async def _listen(self, rooms: Rooms) -> None:
        """A port given by hand, or one that a fixed URL leads to, never moves (SECURITY, listeners)."""
        settings = self._loaded.settings
        if self._loaded.given("port") or settings.tunnel == "fixed":
            # Port 0 is any free one, but the same one as long as this engine lives.
            sockets = bind(settings.host, settings.port or self.origins.port)
        else:
            remembered = await rooms.database.transaction(facts.read_port)
            sockets = bind_or_move(settings.host, settings.port, remembered=remembered)
            moved_to = port_of(sockets) if port_of(sockets) != settings.port else 0
            if moved_to != remembered:
                await rooms.database.transaction(lambda tx: facts.write_port(tx, moved_to))
        self.origins.listen_on(port_of(sockets))
        await self._listener.start(rooms.public, sockets)

    async def _open_tunnel(self, rooms: Rooms) -> None:
        info = await self._tunnel.start(f"http://127.0.0.1:{self.origins.port}")
        last = await rooms.database.transaction(facts.read_last_tunnel)
        if last is not None and not last.stable and (info is None or info.public_url != last.public_url):
            await self._end_unstable_grants(rooms, last.public_url)
        self._tunnel_info = info
        self.origins.set_public(info.public_url if info else None)
        new = self.origins.public.url if self.origins.public else None
        if info is not None:
            now_up = facts.LastTunnel(self.origins.preferred.url, info.stable)
            await rooms.database.transaction(lambda tx: facts.write_last_tunnel(tx, now_up))
        old = last.public_url if last else None
        if old != new and (old is not None or new is not None):
            self.events.publish(PublicUrlChanged(at=self._clock(), old=old, new=new))

    async def _withdraw(self) -> None:
        for task in tuple(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._tunnel.stop()
        info, self._tunnel_info = self._tunnel_info, None
        public = self.origins.public
        self.origins.set_public(None)
        self._probe.forget()
        if info is not None and not info.stable and public is not None and self._rooms is not None:
            await self._end_unstable_grants(self._rooms, public.url)
        await self._listener.stop()

    async def _end_unstable_grants(self, rooms: Rooms, issuer: str) -> None:
        """SECURITY, origins: whoever gets this tunnel name next must find no grant of ours alive."""
        await rooms.auth.exchanges.revoke_issuer(issuer, "its tunnel ended")
        await rooms.database.transaction(lambda tx: facts.write_last_tunnel(tx, None))

    async def _warm(self, rooms: Rooms) -> None:
        for endpoint in rooms.endpoints.values():
            await endpoint.warm()

    async def _keep_house(self) -> None:
        async for _ in _every(HOUSEKEEPING_SECONDS):
            try:
                await self.housekeeping()
            except HomeportError:
                logger.exception("Housekeeping failed; it is tried again in a minute")

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _move(self, move: Move, *, cause: str = "") -> bool:
        to = follow(self._state, move)
        if to is None:
            return False
        self._state = to
        self.events.publish(EngineStateChanged(at=self._clock(), state=to.value, cause=cause))
        return True

    def _connector_url(self) -> str:
        if self._rooms is None:
            return ""
        return self.origins.preferred.resource(next(iter(self._rooms.served.sources)))

    def _warnings(self) -> list[str]:
        rooms = self._rooms
        problems = [rooms.vault.warning, *(s.problem for s in rooms.served.sources.values())] if rooms else []
        return [*(problem for problem in problems if problem), *self._loaded.notices]


def _tunnel_of(loaded: LoadedSettings) -> Tunnel:
    settings = loaded.settings
    return FixedTunnel(settings.public_url) if settings.tunnel == "fixed" else NoTunnel()


async def _every(seconds: float) -> AsyncIterator[None]:
    while True:
        await asyncio.sleep(seconds)
        yield
