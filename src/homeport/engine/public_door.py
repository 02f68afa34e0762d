"""The way in from outside: opens the tunnel, follows what happens to it, and writes the public origin.

The only writer of the public origin. What a tunnel's troubles lead to is decided by `tunnel.supervisor`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from homeport.clock import Clock, Randomness
from homeport.engine import facts
from homeport.engine.interruptions import TICK, Interruptions
from homeport.engine.probe import SelfProbe
from homeport.engine.protocol import TunnelStatus
from homeport.engine.rooms import Rooms
from homeport.engine.usage import Usage
from homeport.errors import HomeportError
from homeport.events import EventBus, PublicUrlChanged, TunnelStateChanged
from homeport.foreign_text import clean
from homeport.origins import Origins, parse_public_url
from homeport.settings.as_typed import as_typed
from homeport.store import Transaction
from homeport.tunnel import (
    Again,
    Do,
    Happening,
    Heard,
    Limits,
    Standing,
    Supervisor,
    Tunnel,
    TunnelFault,
    TunnelInfo,
    TunnelState,
    WatchedTunnel,
)

logger = logging.getLogger(__name__)

QUICK_TICK = 2.0
"""Seconds between two looks at clock and network while the tunnel is down."""
DEAF_FOR = 2
"""So many unanswered questions mean that the program does not live any more."""


class PublicDoor:
    """One per engine. `tunnel` may be replaced while the door is closed."""

    def __init__(
        self,
        tunnel: Tunnel,
        origins: Origins,
        events: EventBus,
        probe: SelfProbe,
        *,
        came_up: Callable[[], None],
        clock: Clock,
        random: Randomness,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tunnel = tunnel
        self._origins = origins
        self._events = events
        self._probe = probe
        self._came_up = came_up
        self._clock = clock
        self._random = random
        self._timer = timer
        self._opened: Tunnel = tunnel
        """What leads here now, or did last; `tunnel` is what shall."""
        self._info: TunnelInfo | None = None
        self._usage: Usage | None = None
        self._supervisor = Supervisor(timer=timer, random=random)
        self._following: asyncio.Task[None] | None = None
        self._attempt: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._heard: asyncio.Queue[Heard | TunnelInfo] = asyncio.Queue()
        self._moved = asyncio.Event()
        self._told = ("", "", "", "", "")

    # --- for the engine -------------------------------------------------------------------------------------------

    async def open(self, rooms: Rooms) -> None:
        """Let the tunnel lead here. One that takes its time goes on in the background. Raises HomeportError."""
        tunnel = self._opened = self.tunnel
        limits = tunnel.limits if isinstance(tunnel, WatchedTunnel) else Limits()
        self._usage = Usage(
            tunnel.provider,
            limits,
            rooms.public.traffic,
            rooms.database,
            self._events.publish,
            clock=self._clock,
        )
        await self._usage.begin()
        if isinstance(tunnel, WatchedTunnel):
            tunnel.wanted = await rooms.database.transaction(lambda tx: facts.read_tunnel_name(tx, tunnel.provider))
            await self._end_what_was_left(rooms)
            self._supervisor = Supervisor(timer=self._timer, random=self._random)
            self._heard = asyncio.Queue()
            tunnel.heard = self._heard.put_nowait
            self._following = asyncio.create_task(self._follow(tunnel, rooms), name="tunnel")
            return
        info = await tunnel.start(self._local_url)
        await self._enter(rooms, info)

    async def end_tunnel(self) -> None:
        """Nothing leads here any more. Raises HomeportError when the tunnel does not let go."""
        following, self._following = self._following, None
        for task in (following, self._attempt, self._asking):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._attempt = self._asking = None
        try:
            await self._opened.stop()
        finally:
            self._supervisor = Supervisor(timer=self._timer, random=self._random)
            self._tell()

    async def leave(self, rooms: Rooms | None) -> None:
        """The public origin is refused from now on."""
        info, self._info = self._info, None
        public = self._origins.public
        self._origins.set_public(None)
        self._probe.forget()
        try:
            await self.keep_count()
        finally:
            if info is not None and not info.stable and public is not None and rooms is not None:
                await self._end_unstable_grants(rooms, public.url)

    async def keep_count(self) -> None:
        """Write down what went out."""
        if self._usage is not None:
            await self._usage.keep()

    def again(self) -> None:
        """Begin anew with the tunnel: a token is another one, or somebody wants it so."""
        self._heard.put_nowait(Heard(Happening.CHANGED))

    async def renew(self, rooms: Rooms) -> None:
        """Begin anew, with `tunnel` where that was replaced. Raises HomeportError."""
        if self.is_open and self._opened is self.tunnel:
            self.again()
            return
        await self.end_tunnel()
        await self.leave(rooms)
        await self.open(rooms)

    def answered_outside(self, error: str) -> None:
        """The provider answered a request to the public URL in our place, with this error of its own; empty: it did
        not. Its program does not hear of a used-up month, for one.
        """
        fault = self._opened.understands(error) if error and isinstance(self._opened, WatchedTunnel) else None
        if fault is not None and self.is_open:
            self._heard.put_nowait(Heard(Happening.ENDED, fault))

    async def settled(self) -> TunnelStatus:
        """How it is once nothing is under way any more."""
        while self.is_open and (not self._heard.empty() or self._supervisor.standing.state in _UNDER_WAY):
            self._moved.clear()
            await self._moved.wait()
        return self.status()

    @property
    def is_open(self) -> bool:
        return self._following is not None and not self._following.done()

    @property
    def warnings(self) -> list[str]:
        """That ChatGPT cannot get in, and why; empty while it can, or while the tunnel is on its way."""
        standing = self._standing()
        if standing.state not in (TunnelState.ERROR, TunnelState.DOWN):
            return []
        return [" ".join(filter(None, ("ChatGPT cannot reach this computer.", standing.cause, standing.action)))]

    def status(self) -> TunnelStatus:
        standing = self._standing()
        usage = self._usage
        month = usage.now if usage is not None else None
        public = self._origins.public
        tunnel = self._opened if self.is_open else self.tunnel
        return TunnelStatus(
            provider=tunnel.provider,
            state=standing.state.value,
            cause=as_typed(standing.cause),
            action=as_typed(standing.action),
            public_url=public.url if public is not None else "",
            stable=self._info.stable if self._info is not None else False,
            requests=month.requests if month is not None else 0,
            request_limit=usage.limits.requests if usage is not None else 0,
            bytes_out=month.bytes_out if month is not None else 0,
            byte_limit=usage.limits.bytes_out if usage is not None else 0,
            month=month.month if month is not None else "",
            progress=standing.progress,
            interstitial=tunnel.capabilities.browser_interstitial,
            expires_at=(self._info.expires_at or 0.0) if self._info is not None else 0.0,
        )

    # --- how it is done -------------------------------------------------------------------------------------------

    @property
    def _local_url(self) -> str:
        return f"http://127.0.0.1:{self._origins.port}"

    def _standing(self) -> Standing:
        if isinstance(self._opened, WatchedTunnel):
            return self._supervisor.standing
        return Standing(TunnelState.UP if self._info is not None else TunnelState.OFF)

    async def _follow(self, tunnel: WatchedTunnel, rooms: Rooms) -> None:
        """Until it is cancelled: hear what happens, and do what the supervisor says."""
        do = self._supervisor.heard(Heard(Happening.BEGIN))
        look = Interruptions(self._clock, self._timer)
        deaf = 0
        while True:
            if do is Do.START:
                try:
                    await self._begin(tunnel, rooms)
                except HomeportError as error:
                    self._supervisor.heard(_not_written(error))
            self._tell()
            heard = await self._next(look)
            if heard is None:
                do = self._look_around(tunnel, look)
                continue
            if isinstance(heard, TunnelInfo):
                try:
                    await self._enter(rooms, heard)
                except HomeportError as error:
                    self._heard.put_nowait(_not_written(error))
                    do = Do.NOTHING
                    continue
                self._supervisor.came_up(stable=heard.stable)
                deaf, do = 0, Do.NOTHING
                self._came_up()
                continue
            if heard.what is Happening.LOST and heard.fault is _DEAF:
                deaf += 1
                if deaf < DEAF_FOR:
                    look.ask_soon()
                    do = Do.NOTHING
                    continue
            elif heard.what is Happening.BACK:
                deaf = 0
            do = self._supervisor.heard(heard)
            if heard.what is Happening.ENDED and do is Do.NOTHING:
                try:
                    await self._gone(rooms)
                except HomeportError as error:
                    logger.warning("%s", error)  # it is made good before the next name is had

    async def _next(self, look: Interruptions) -> Heard | TunnelInfo | None:
        """What is heard next; None: it is time to look around."""
        tick = QUICK_TICK if self._supervisor.standing.state in _AWAY else TICK
        left = self._supervisor.seconds_left
        # What is heard does not put the look off: a program that cannot connect says so twice a second.
        patience = min(look.seconds_until(tick), tick if left is None else left + 0.01)
        try:
            async with asyncio.timeout(patience):
                return await self._heard.get()
        except TimeoutError:
            return None

    def _look_around(self, tunnel: WatchedTunnel, look: Interruptions) -> Do:
        do = self._supervisor.overdue()
        if look.something_changed(watch_network=self._supervisor.standing.state in _AWAY):
            do = self._supervisor.heard(Heard(Happening.WOKE)) if do is Do.NOTHING else do
            look.ask_soon()
        if self._supervisor.standing.state in _HELD and self._asking is None and look.time_to_ask():
            self._asking = asyncio.create_task(self._ask(tunnel))
        return do

    async def _begin(self, tunnel: WatchedTunnel, rooms: Rooms) -> None:
        for task in (self._attempt, self._asking):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._asking = None
        with contextlib.suppress(HomeportError):
            await tunnel.stop()
        await self._gone(rooms)
        while not self._heard.empty():  # of what is over
            self._heard.get_nowait()
        self._attempt = asyncio.create_task(self._try(tunnel))

    async def _try(self, tunnel: WatchedTunnel) -> None:
        try:
            info = await tunnel.start(self._local_url)
        except TunnelFault as fault:
            self._heard.put_nowait(Heard(Happening.ENDED, fault))
        except HomeportError as error:
            lasting = TunnelFault(error.message, action=error.hint, again=Again.NEVER)
            self._heard.put_nowait(Heard(Happening.ENDED, lasting))
        except Exception as error:
            logger.exception("The tunnel could not be started")
            cause = f"The tunnel could not be started: {clean(str(error) or type(error).__name__, 200)}."
            self._heard.put_nowait(Heard(Happening.ENDED, TunnelFault(cause, action=_SEE_LOG, again=Again.SOON)))
        else:
            if info is not None:
                self._heard.put_nowait(info)

    async def _ask(self, tunnel: WatchedTunnel) -> None:
        lives = await tunnel.alive()
        self._asking = None
        if lives and self._supervisor.standing.state is TunnelState.RECONNECTING:
            self._heard.put_nowait(Heard(Happening.BACK))
        elif not lives and self._supervisor.standing.state is TunnelState.UP:
            self._heard.put_nowait(Heard(Happening.LOST, _DEAF))

    async def _enter(self, rooms: Rooms, info: TunnelInfo | None) -> None:
        """This is the public origin now."""
        if self._info is None:
            # Once more: the database may have been away when the name before this one ended.
            await self._end_what_was_left(rooms)
        new = parse_public_url(info.public_url) if info is not None else None
        now_up = facts.LastTunnel(new, info.stable) if info is not None and new is not None else None

        def write(tx: Transaction) -> str | None:
            last = facts.read_last_tunnel(tx)
            before = last.public_url if last is not None else None
            facts.write_last_tunnel(tx, now_up)
            if now_up is None:
                return before
            if now_up.stable and isinstance(self._opened, WatchedTunnel):
                facts.write_tunnel_name(tx, self._opened.provider, now_up.public_url)
            # A name that nobody may have twice is forgotten as soon as it ends, and ChatGPT knows it still.
            told = facts.read_told_url(tx)
            facts.write_told_url(tx, now_up.public_url)
            return before if told == now_up.public_url else told or before

        # Written down before anybody can sign in there: a killed process must know whose grants to end.
        old = await rooms.database.transaction(write)
        self._info = info
        if new != (self._origins.public.url if self._origins.public else None):
            self._origins.set_public(new)
            self._probe.forget()
        if old != new and (old is not None or new is not None):
            self._events.publish(PublicUrlChanged(at=self._clock(), old=old, new=new))

    async def _gone(self, rooms: Rooms) -> None:
        """What held the name is gone. A stable one comes back, and until then nothing else can answer there."""
        if self._info is not None and not self._info.stable:
            await self.leave(rooms)

    async def _end_what_was_left(self, rooms: Rooms) -> None:
        last = await rooms.database.transaction(facts.read_last_tunnel)
        if last is not None and not last.stable:
            # It ended without `stop`: the process was killed. Who had its name meanwhile, nobody knows.
            await self._revoke(rooms, last.public_url)

    async def _end_unstable_grants(self, rooms: Rooms, issuer: str) -> None:
        await self._revoke(rooms, issuer)
        await rooms.database.transaction(lambda tx: facts.write_last_tunnel(tx, None))

    async def _revoke(self, rooms: Rooms, issuer: str) -> None:
        """SECURITY, origins: whoever gets this tunnel name next must find no grant of ours alive."""
        await rooms.auth.exchanges.revoke_issuer(issuer, "its tunnel ended")

    def _tell(self) -> None:
        self._moved.set()
        status = self.status()
        now = (status.state, status.cause, status.action, status.public_url, status.progress)
        if now == self._told or not isinstance(self._opened, WatchedTunnel):
            return
        self._told = now
        self._events.publish(
            TunnelStateChanged(
                at=self._clock(),
                provider=status.provider,
                state=status.state,
                cause=status.cause,
                action=status.action,
                public_url=status.public_url,
                progress=status.progress,
            )
        )


def _not_written(error: HomeportError) -> Heard:
    return Heard(Happening.ENDED, TunnelFault(error.message, action=error.hint, again=Again.SOON))


_UNDER_WAY = frozenset({TunnelState.OFF, TunnelState.STARTING, TunnelState.DOWNLOADING})
_HELD = frozenset({TunnelState.UP, TunnelState.RECONNECTING})
_AWAY = frozenset({TunnelState.DOWN, TunnelState.RECONNECTING})
_SEE_LOG = "See the log. Homeport tries again by itself."
_DEAF = TunnelFault(
    "The program that holds the tunnel does not answer.",
    action="Homeport waits a moment for it, then starts it anew.",
    again=Again.SOON,
)
