"""How much of a tunnel's monthly limit is used: counted in memory, written down once a minute and at the end.

The provider's own count decides; this one is beside it so that nobody is surprised.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from homeport.clock import Clock
from homeport.engine import facts
from homeport.events import Event, TunnelLimitNear
from homeport.public import Traffic
from homeport.store import Database, Transaction
from homeport.tunnel import Limits

NEAR = 0.8


@dataclass(frozen=True, slots=True)
class Month:
    """What one provider's month amounts to so far. `told`: the limits whose nearness was said."""

    month: str
    requests: int = 0
    bytes_out: int = 0
    told: tuple[str, ...] = ()


class Usage:
    """One per opened public side."""

    def __init__(
        self,
        provider: str,
        limits: Limits,
        traffic: Traffic,
        database: Database,
        publish: Callable[[Event], None],
        *,
        clock: Clock,
    ) -> None:
        self.limits = limits
        self._provider = provider
        self._traffic = traffic
        self._database = database
        self._publish = publish
        self._clock = clock
        self._kept = Month(self._this_month())

    @property
    def now(self) -> Month:
        """With what is not written down yet."""
        month = self._this_month()
        kept = self._kept if self._kept.month == month else Month(month)
        return Month(month, kept.requests + self._traffic.requests, kept.bytes_out + self._traffic.bytes_out, kept.told)

    async def begin(self) -> None:
        """Learn what is known of this month. What went through before belongs to another tunnel."""
        self._traffic.take()
        self._kept = await self._database.transaction(self._read)

    async def keep(self) -> None:
        """Write down what came since the last time, if anything did; say once a month that a limit is near."""
        requests, bytes_out = self._traffic.take()
        if not requests and not bytes_out:
            return

        def add(tx: Transaction) -> Month:
            before = self._read(tx)
            month = Month(before.month, before.requests + requests, before.bytes_out + bytes_out, before.told)
            near = tuple(what for what, used, limit in self._of(month) if limit and used >= NEAR * limit)
            facts.write(tx, self._key, json.dumps(asdict(month) | {"told": near or before.told}))
            return month

        try:
            month = await self._database.transaction(add)
        except BaseException:
            # Not written, so not forgotten either.
            self._traffic.requests += requests
            self._traffic.bytes_out += bytes_out
            raise
        told = list(month.told)
        for what, used, limit in self._of(month):
            if limit and used >= NEAR * limit and what not in told:
                told.append(what)
                self._publish(
                    TunnelLimitNear(at=self._clock(), provider=self._provider, used=used, limit=limit, what=what)
                )
        self._kept = Month(month.month, month.requests, month.bytes_out, tuple(told))

    @property
    def _key(self) -> str:
        return f"traffic-{self._provider}"

    def _of(self, month: Month) -> list[tuple[str, int, int]]:
        return [
            ("requests", month.requests, self.limits.requests),
            ("bytes", month.bytes_out, self.limits.bytes_out),
        ]

    def _read(self, tx: Transaction) -> Month:
        fresh = Month(self._this_month())
        text = facts.read(tx, self._key)
        if text is None:
            return fresh
        fields = json.loads(text)
        if fields["month"] != fresh.month:
            return fresh
        return Month(fresh.month, int(fields["requests"]), int(fields["bytes_out"]), tuple(fields["told"]))

    def _this_month(self) -> str:
        # Providers count in UTC.
        return time.strftime("%Y-%m", time.gmtime(self._clock()))
