"""The Engine: starts and stops one Homeport and answers for it. The only writer of the public origin.

It composes rooms and follows the table in `lifecycle`; what a grant, a client or a tool is, the rooms know, and what
one can ask of them is in `questions`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Coroutine, Mapping
from importlib.metadata import version as installed_version
from typing import Any

from homeport.clock import Clock, Randomness, system_clock, system_randomness
from homeport.engine import answers, facts
from homeport.engine.computer import computer_name
from homeport.engine.lifecycle import EngineState, Move, follow
from homeport.engine.probe import SelfProbe
from homeport.engine.protocol import Status
from homeport.engine.public_door import PublicDoor
from homeport.engine.questions import Questions
from homeport.engine.rooms import Rooms, Seams, open_rooms
from homeport.engine.self_check import SelfCheck, Surroundings
from homeport.engine.served import AppSource
from homeport.engine.sources import app_sources
from homeport.engine.tunnel_questions import TunnelQuestions
from homeport.engine.tunnels import Tunnels
from homeport.errors import HomeportError
from homeport.events import (
    AppLoaded,
    ApprovalRequested,
    EngineStateChanged,
    Event,
    EventBus,
    PastedWithoutPath,
    WidgetBuilt,
)
from homeport.foreign_text import clean
from homeport.listening import Listener, bind, bind_or_move, holder_of, port_of
from homeport.network import Network, SystemNetwork
from homeport.origins import Origins
from homeport.settings import LoadedSettings
from homeport.settings.as_typed import as_typed
from homeport.store import Database
from homeport.tunnel import Tunnel

logger = logging.getLogger(__name__)

HOUSEKEEPING_SECONDS = 60


class Engine(TunnelQuestions, Questions):
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
        self.events.subscribe(self._tell_of_changed_tools)
        self.events.subscribe(self._compare_networks)
        self.events.subscribe(self._check_itself)
        self._loaded = loaded
        self._clock = clock
        self._seams = Seams(clock, random, network or SystemNetwork(), os.environ if environ is None else environ)
        self._given_tunnel = tunnel
        self._moved = ""
        self.origins = Origins(loaded.settings.port)
        self._probe = SelfProbe(random, clock)
        self._tunnels = Tunnels(self._seams, lambda: self._rooms.vault if self._rooms is not None else None)
        self._door = PublicDoor(
            tunnel or self._tunnels.make(loaded),
            self.origins,
            self.events,
            self._probe,
            came_up=self._learn_own_network,
            clock=clock,
            random=random,
        )
        self._self_check = SelfCheck(self._surroundings())
        self._listener = Listener()
        self._rooms: Rooms | None = None
        self._state = EngineState.STOPPED
        self._problem = ""
        self._changing = asyncio.Lock()
        self._bringing_up: asyncio.Task[Rooms] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._started_at = clock()
        self._version = installed_version("homeport")

    # --- life -------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open database and secrets without going online: what is known can be asked, and nobody is let in."""
        async with self._changing:
            await self._open_rooms()

    async def start(self) -> None:
        """Listen, open the tunnel, be online. Starting twice is starting once. Raises HomeportError."""
        async with self._changing:
            if not self._move(Move.START):
                return
            self._read_settings_again()
            try:
                rooms = await self._interruptible(self._bring_up())
            except BaseException as error:
                self._problem = str(error) if isinstance(error, HomeportError) else _in_words(error)
                try:
                    await self._withdraw()
                except Exception:
                    logger.exception("What a failed start had opened could not all be closed")
                finally:
                    self._move(Move.FAIL, cause=self._problem)
                raise
            self._problem = ""
            self._move(Move.STARTED)
            self._run(self._warm(rooms))
            self._run(self._keep_house())
            self._learn_own_network()
            self._check_itself()

    async def stop(self) -> None:
        """Take tunnel and public listener away; grants and data stay. Stopping twice is stopping once.

        A start that is not done yet is broken off. Raises HomeportError when the tunnel does not let go.
        """
        if self._bringing_up is not None:
            self._bringing_up.cancel()
        async with self._changing:
            if not self._move(Move.STOP):
                return
            try:
                await self._withdraw()
            finally:
                self._problem = ""
                self._move(Move.STOPPED)

    async def close(self) -> None:
        """Stop, and let go of database and threads. The engine is not used afterwards."""
        try:
            await self.stop()
        finally:
            rooms, self._rooms = self._rooms, None
            if rooms is not None:
                try:
                    with contextlib.suppress(HomeportError):
                        await rooms.auth.housekeeping()
                finally:
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
        await rooms.database.transaction(lambda tx: rooms.people.admission.purge(tx, int(self._clock())))
        await rooms.signing.rotate_if_due()
        await rooms.backend.rotate_if_due()
        await self._door.keep_count()
        rooms.live.look()
        rooms.calls.purge()
        rooms.pause.paused = await rooms.database.transaction(facts.read_paused)

    async def status(self) -> Status:
        rooms = self._rooms
        waiting = grants = 0
        if rooms is not None:
            waiting = len(await rooms.auth.sign_in.pending())
            grants = await answers.live_grants(rooms, self._clock())
        settings = self._loaded.settings
        warnings = *self._door.warnings, *answers.warnings(rooms, self._loaded, self._moved), *self._self_check.warnings
        found = Status(
            state=self._state.value,
            problem=as_typed(self._problem),
            connector_url=self._connector_url(),
            local_url=self.origins.local.url,
            public_url=self.origins.public.url if self.origins.public else "",
            tunnel=self._door.tunnel.provider,
            apps=answers.app_status(rooms, self.origins.preferred) if rooms else [],
            waiting=waiting,
            grants=grants,
            secrets=rooms.vault.storage if rooms else "",
            database=rooms.database.describe() if rooms else "",
            data_dir=str(settings.data_dir),
            version=self._version,
            pid=os.getpid(),
            started_at=self._started_at,
            tunnel_state=self._door.status(),
            paused=rooms.pause.paused if rooms else False,
            calls_waiting=len(rooms.calls.open_questions()) if rooms else 0,
            computer=rooms.computer if rooms else computer_name(),
            warnings=[as_typed(warning) for warning in warnings],
        )
        return answers.stated(found)

    # --- how it is done -----------------------------------------------------------------------------------------

    async def _bring_up(self) -> Rooms:
        rooms = await self._open_rooms()
        await self._listen(rooms)
        await self._door.open(rooms)
        return rooms

    async def _interruptible(self, work: Coroutine[Any, Any, Rooms]) -> Rooms:
        """What `work` gives. `stop` may break it off: a keyring or a tunnel can keep a start waiting for minutes."""
        self._bringing_up = asyncio.create_task(work)
        try:
            return await self._bringing_up
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise HomeportError("Homeport was stopped before it had started.") from None
        finally:
            self._bringing_up = None

    async def _open_rooms(self) -> Rooms:
        if self._rooms is not None:
            return self._rooms
        opened = contextlib.AsyncExitStack()
        try:
            self._rooms = await open_rooms(
                self._loaded,
                self._seams,
                self.origins,
                self.events,
                self._probe,
                opened,
                sources=self._sources,
                pasted_without_path=lambda: self.events.publish(PastedWithoutPath(at=self._clock())),
                version=self._version,
            )
        except BaseException:
            await opened.aclose()
            raise
        return self._rooms

    def _sources(self, database: Database) -> Mapping[str, AppSource]:
        return app_sources(
            self._loaded.settings,
            database,
            self.events,
            # Where nobody sits at the computer nobody edits a widget.
            develops=not self._loaded.serve,
            clock=self._clock,
            random=self._seams.random,
        )

    async def _listen(self, rooms: Rooms) -> None:
        """A port given by hand, or one that a fixed URL leads to, never moves (SECURITY, listeners)."""
        settings = self._loaded.settings
        moves = not self._loaded.given("port") and settings.tunnel != "fixed"
        remembered = await rooms.database.transaction(facts.read_port) if moves else 0
        if moves:
            sockets = bind_or_move(settings.host, settings.port, remembered=remembered)
        else:
            # Port 0 is any free one, but the same one as long as this engine lives.
            sockets = bind(settings.host, settings.port or self.origins.port)
        port = port_of(sockets)
        self.origins.listen_on(port)
        self._moved = ""
        if moves and settings.port not in (0, port):
            holder = holder_of(settings.port) or "another program"
            self._moved = f"Port {settings.port} is taken by {holder}, so Homeport uses {port} from now on."
        # From here on the sockets are the listener's, and whatever fails next, closing it closes them.
        await self._listener.start(rooms.public, sockets)
        if moves and remembered != (moved_to := port if port != settings.port else 0):
            await rooms.database.transaction(lambda tx: facts.write_port(tx, moved_to))

    async def _withdraw(self) -> None:
        """The public side first. Each step is done, also when the one before it failed or was cancelled."""
        async with contextlib.AsyncExitStack() as last_step_first:
            last_step_first.push_async_callback(self._listener.stop)
            last_step_first.push_async_callback(self._door.leave, self._rooms)
            last_step_first.push_async_callback(self._door.end_tunnel)
            last_step_first.push_async_callback(self._end_background)

    async def _end_background(self) -> None:
        self._self_check.forget()
        for task in tuple(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def _warm(self, rooms: Rooms) -> None:
        if rooms.people.privy is not None:
            # So that nobody who signs in waits for Privy's keys.
            self._run(rooms.people.privy.warm())
        for endpoint in rooms.endpoints.values():
            await endpoint.warm()

    def _tell_of_changed_tools(self, event: Event) -> None:
        """An app was loaded again, or a widget has another address: clients that listen fetch the tools anew."""
        if isinstance(event, (AppLoaded, WidgetBuilt)) and self._rooms is not None:
            for path, source in self._rooms.served.sources.items():
                if isinstance(event, WidgetBuilt):
                    changed = not source.live and event.widget in source.app.widgets
                else:
                    changed = clean(source.app.name) == event.app
                if changed:
                    self._run(self._rooms.endpoints[path].tools_changed())

    async def _keep_house(self) -> None:
        async for _ in _every(HOUSEKEEPING_SECONDS):
            try:
                await self.housekeeping()
            except Exception:
                logger.exception("Housekeeping failed; it is tried again in a minute")

    def _compare_networks(self, event: Event) -> None:
        """Somebody waits: learn anew which network this computer is in, so that theirs can be compared with it."""
        if isinstance(event, ApprovalRequested) and self._state is EngineState.ONLINE:
            self._learn_own_network()

    def _learn_own_network(self) -> None:
        if (public := self.origins.public) is not None and self._probe.stale:
            self._run(self._ask_outside(public.url))

    async def _ask_outside(self, public_url: str) -> None:
        self._door.answered_outside(await self._probe.ask(public_url, self._seams.network))

    def _check_itself(self, event: Event | None = None) -> None:
        """There is a public URL since a moment: ask it what ChatGPT will ask."""
        if self._self_check.is_due(event):
            self._run(self._self_check.after_start())

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            origins=self.origins,
            probe=self._probe,
            network=self._seams.network,
            environ=self._seams.environ,
            events=self.events,
            clock=self._clock,
            random=self._seams.random,
            rooms=lambda: self._rooms,
            online=lambda: self._state is EngineState.ONLINE,
            loaded=lambda: self._loaded,
            tunnel=self._door.status,
        )

    def _read_settings_again(self) -> None:
        """What counts when the listener starts again: between a stop and a start the files may have changed."""
        if self._rooms is not None:
            self._rooms.live.look()
            self._loaded = self._rooms.live.loaded
        self._door.tunnel = self._given_tunnel or self._tunnels.make(self._loaded)

    async def _change_tunnel(self) -> None:
        async with self._changing:
            if self._state is not EngineState.ONLINE:
                raise HomeportError("Homeport is not online, and so is its tunnel.", hint="Start it: homeport start")
            before = self._loaded
            self._read_settings_again()
            now = self._loaded
            if "fixed" not in (before.tunnel, now.tunnel) or before.settings == now.settings:
                await self._door.renew(self.rooms)
                return
        # A fixed URL leads to a port that must not move: the listener has to begin anew as well.
        await self.stop()
        await self.start()

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


def _in_words(error: BaseException) -> str:
    return "The start was broken off." if isinstance(error, asyncio.CancelledError) else type(error).__name__


async def _every(seconds: float) -> AsyncIterator[None]:
    while True:
        await asyncio.sleep(seconds)
        yield
