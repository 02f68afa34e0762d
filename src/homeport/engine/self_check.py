"""Asks the own public URL what ChatGPT would ask: once after each start with one, and on demand. Never on a timer.

At most MOST_REQUESTS requests go there, the one that learns the own network among them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from homeport.clock import Clock, Randomness
from homeport.doctor import hop as hops
from homeport.doctor.hop import Hop, Report
from homeport.engine.probe import SelfProbe
from homeport.engine.protocol import DoctorReport, HopLine, TunnelStatus
from homeport.engine.rooms import Rooms
from homeport.events import Event, EventBus, PublicUrlChanged, SelfChecked, SelfCheckFailed, TunnelStateChanged
from homeport.network import Network
from homeport.origins import Origin, Origins
from homeport.settings import LoadedSettings
from homeport.settings.as_typed import as_typed

logger = logging.getLogger(__name__)

MOST_REQUESTS = 12
_FOR_THE_NETWORK = 1
"""The request to /health by which the engine learns its own network, at the same start; none goes there on demand."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a check needs of its engine. `rooms` is None before the first start; `online` is whether it serves."""

    origins: Origins
    probe: SelfProbe
    network: Network
    environ: Mapping[str, str]
    events: EventBus
    clock: Clock
    random: Randomness
    rooms: Callable[[], Rooms | None]
    online: Callable[[], bool]
    loaded: Callable[[], LoadedSettings]
    tunnel: Callable[[], TunnelStatus | None]


class SelfCheck:
    """One per engine."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._checking = asyncio.Lock()
        self._checked = ""
        """The public URL that was checked since the start."""
        self._found: Report | None = None

    @property
    def warnings(self) -> list[str]:
        """What the last check of today's public URL found, as sentences."""
        found, public = self._found, self._around.origins.public
        if found is None or public is None or not found.url.startswith(public.url + "/"):
            return []
        return [f"{trouble.title}: {trouble.detail} {trouble.fix}" for trouble in found.troubles]

    def forget(self) -> None:
        """The engine stops: the next start is checked anew."""
        self._checked, self._found = "", None

    def is_due(self, event: Event | None = None) -> bool:
        """Whether there is a public URL that was not checked since the start; `event` is what may have changed that."""
        if event is not None and not isinstance(event, (PublicUrlChanged, TunnelStateChanged)):
            return False
        public = self._around.origins.public
        return public is not None and self._around.online() and public.url != self._checked

    async def after_start(self) -> None:
        """The check of a new public URL. Whatever goes wrong in it stops nothing."""
        public = self._around.origins.public
        if public is None or public.url == self._checked:
            return
        self._checked = public.url
        try:
            await self._check_own(public, others=MOST_REQUESTS - _FOR_THE_NETWORK)
        except Exception:
            logger.exception("The self-check could not be done")

    async def doctor(self, url: str) -> DoctorReport:
        """The report about any MCP server; empty, or the own address: this computer and what others see of it."""
        from homeport.doctor.visit import visit

        around = self._around
        own = self._own_origin(url)
        if own is None:
            report, _ = await visit(url, around.network, clock=around.clock)
            return to_lines(report)
        if not around.online():
            not_there = hops.failed("running", "Homeport is stopped: nobody is answered.", "Run `homeport start`.")
            local = await self._local(("", 0.0, ""))
            return to_lines(Report(own.url, hops.in_order([*local, not_there])))
        report, date = await self._check_own(own, others=MOST_REQUESTS)
        local = await self._local(date)
        return to_lines(Report(report.url, hops.in_order([*local, *report.hops])))

    def _own_origin(self, url: str) -> Origin | None:
        from homeport.doctor.answer import origin_of

        origins = self._around.origins
        return origins.preferred if not url else origins.by_issuer(origin_of(url))

    async def _check_own(self, origin: Origin, *, others: int) -> tuple[Report, tuple[str, float, str]]:
        """The report about ourselves, told to everybody where it is about the public URL; and the Date of an answer.

        Where several apps are served, the addresses of the others are asked until there were as many requests.
        """
        from homeport.doctor.visit import visit
        from homeport.engine.self_check_access import SelfCheckAccess

        around = self._around
        rooms = around.rooms()
        assert rooms is not None, "only an engine that serves checks itself"
        async with self._checking:
            access = SelfCheckAccess(rooms, origin, clock=around.clock, random=around.random)
            try:
                path = next(iter(rooms.served.sources))
                report, asked = await visit(
                    origin.resource(path),
                    around.network,
                    tokens=access.token,
                    own_headers=around.probe.headers,
                    own_tunnel=self._tunnel_of(origin),
                    most=MOST_REQUESTS - _FOR_THE_NETWORK,
                    clock=around.clock,
                )
            finally:
                await asyncio.shield(access.close())
            if report.ok:
                paths = list(rooms.served.sources)[1:]
                report = await self._with_other_paths(report, origin, paths[: max(0, others - asked.requests)])
        if not origin.local:
            self._tell(report)
        return report, (asked.date, asked.date_read_at, origin.host)

    async def _with_other_paths(self, report: Report, origin: Origin, paths: list[str]) -> Report:
        """The report, and where the address of another app does not lead here: with that."""
        from homeport.doctor.knock import knock

        around = self._around
        for path in paths:
            url = origin.resource(path)
            found = await knock(url, around.network, own_headers=around.probe.headers, clock=around.clock)
            if found.state == "failed":
                return replace(report, hops=tuple(found if hop.name == found.name else hop for hop in report.hops))
        return report

    def _tunnel_of(self, origin: Origin) -> str:
        """Whose tunnel gave this origin its name; empty where a person has typed it."""
        tunnel, settings = self._around.tunnel(), self._around.loaded().settings
        typed = (settings.ngrok_domain, settings.cloudflared_url, settings.ssh_public_url)
        if tunnel is None or tunnel.provider in ("none", "fixed") or any(origin.host in name for name in typed):
            return ""
        return tunnel.provider if tunnel.public_url == origin.url else ""

    def _tell(self, report: Report) -> None:
        around = self._around
        self._found = report
        around.events.publish(SelfChecked(at=around.clock(), ok=report.ok))
        first = next((each for each in report.hops if each.name == report.first_failed), None)
        if first is not None:
            around.events.publish(
                SelfCheckFailed(at=around.clock(), hop=first.name, cause=first.detail, fix=as_typed(first.fix))
            )

    async def _local(self, date: tuple[str, float, str]) -> list[Hop]:
        from homeport.engine.local_check import check_locally

        around = self._around
        public = around.origins.public
        ports = {"port": around.origins.port, "control_port": around.loaded().settings.control_port}
        return await check_locally(
            around.loaded(),
            environ=around.environ,
            network=around.network,
            clock=around.clock,
            ours=lambda name: ports[name] if name == "control_port" or around.online() else 0,
            date=date,
            tunnel=around.tunnel(),
            public_url=public.url if public is not None else "",
        )


def to_lines(report: Report) -> DoctorReport:
    """The report as it crosses the engine's border."""
    lines = [HopLine(h.name, h.title, h.state, h.detail, as_typed(h.fix), h.milliseconds) for h in report.hops]
    return DoctorReport(url=report.url, ok=report.ok, hops=lines, first_failed=report.first_failed)
