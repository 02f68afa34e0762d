"""Honest clients, thieves, retries, restarts and time against the real exchanges, with every answer foretold.

The model knows only the rules: which link of a family was presented, and when. The server must agree at every step.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from homeport.auth.errors import InvalidGrant
from homeport.auth.grants import CODE_SECONDS, GRACE_SECONDS, REFRESH_SECONDS, digest
from tests.auth.grants_at_work import ACCESS_SECONDS, ISSUER, Office, office
from tests.auth.outside import HandClock

T = TypeVar("T")

SOON = [0, 1, 1, 5, 20, 59, 60, 60, 118, 119, 120]
LATER = [3600, ACCESS_SECONDS, 40 * 86_400, REFRESH_SECONDS - 1, REFRESH_SECONDS]


@dataclass
class Family:
    """What must be true of one grant."""

    grant_id: str
    code: str
    code_until: int
    code_forgotten: bool = False
    links_forgotten: int = 0
    presented: bool = False
    ended: bool = False
    links: list[str] = field(default_factory=list)
    issued: list[int] = field(default_factory=list)
    access: list[tuple[str, int]] = field(default_factory=list)

    def lives(self, now: float) -> bool:
        return bool(self.links) and not self.ended and now < self.issued[-1] + REFRESH_SECONDS


class Grants(RuleBasedStateMachine):
    families = Bundle("families")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory(prefix="homeport-grants-")
        self.clock = HandClock()
        self.all: list[Family] = []
        self.stack = AsyncExitStack()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def open(self) -> Office:
        return self.run(self.stack.enter_async_context(office(Path(self.folder.name), self.clock)))

    @initialize()
    def begin(self) -> None:
        self.at = self.open()

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.loop.close()
        self.folder.cleanup()

    @property
    def now(self) -> int:
        return int(self.clock())

    @rule(target=families)
    def authorize(self) -> Family:
        return self.new_family()

    @rule(target=families)
    def sign_in(self) -> Family:
        family = self.new_family()
        self.present(family, knows_verifier=True)
        return family

    @rule(family=families, knows_verifier=st.booleans())
    def present_the_code(self, family: Family, knows_verifier: bool) -> None:
        self.present(family, knows_verifier=knows_verifier)

    def new_family(self) -> Family:
        code = self.run(self.at.authorize())
        (row,) = self.run(self.at.rows("SELECT grant_id FROM codes WHERE code_digest = :code", code=digest(code)))
        family = Family(row["grant_id"], code, self.now + CODE_SECONDS)
        self.all.append(family)
        return family

    def present(self, family: Family, *, knows_verifier: bool) -> None:
        """An honest client or a thief with the code in hand, the first time or again."""
        first, family.presented = not family.presented, True
        in_time = self.now < family.code_until
        if first and in_time and knows_verifier and not family.ended:
            answer = self.run(self.at.exchange(family.code))
            self.took(family, answer)
            return
        if not first and not (in_time and knows_verifier) and not family.code_forgotten:
            family.ended = True
        self.refused(self.at.exchange(family.code, verifier="v" * 64 if knows_verifier else "w" * 64))

    @rule(family=families, back=st.sampled_from([0, 0, 0, 1, 1, 2, 3]))
    def present_a_refresh_token(self, family: Family, back: int) -> None:
        """Whoever holds it: the newest link, the one before (a retry, or a thief), or an older one."""
        if len(family.links) <= back:
            return
        newest = len(family.links) - 1
        token = family.links[newest - back]
        alive = family.lives(self.now)
        in_grace = back == 1 and self.now < family.issued[newest] + GRACE_SECONDS
        if alive and back == 0:
            self.took(family, self.run(self.at.refresh(token)))
        elif alive and in_grace:
            # A retry never logs a live user out and never makes a second branch.
            answer = self.run(self.at.refresh(token))
            assert answer["refresh_token"] == family.links[newest]
            self.took(family, answer)
        else:
            if alive and newest - back >= family.links_forgotten:
                family.ended = True
            self.refused(self.at.refresh(token))

    @rule(family=families)
    def a_thief_inside_the_grace_ends_the_family_at_the_second_use(self, family: Family) -> None:
        if len(family.links) < 2 or not family.lives(self.now):
            return
        if self.now >= family.issued[-1] + GRACE_SECONDS:
            return
        stolen = self.run(self.at.refresh(family.links[-2]))["refresh_token"]
        assert stolen == family.links[-1]
        self.took(family, self.run(self.at.refresh(stolen)))  # the thief goes on alone
        self.clock.now += GRACE_SECONDS
        if not family.lives(self.now):
            return
        family.ended = True
        self.refused(self.at.refresh(stolen))  # the honest client comes with the same link

    @rule(family=families, by_access_token=st.booleans())
    def revoke(self, family: Family, by_access_token: bool) -> None:
        if not family.links:
            return
        live_access = [token for token, until in family.access if self.now < until]
        if by_access_token and not live_access:
            return
        token = live_access[-1] if by_access_token else family.links[0]
        client = self.run(self.at.client())
        self.run(self.at.server.exchanges.revoke(client, token, ISSUER))
        family.ended = True

    @rule(family=families)
    def the_owner_revokes(self, family: Family) -> None:
        if not family.access:
            return
        self.run(self.at.server.exchanges.revoke_grant(family.grant_id, "test"))
        family.ended = True

    @rule()
    def restart(self) -> None:
        self.run(self.stack.aclose())
        self.stack = AsyncExitStack()
        self.at = self.open()

    @rule(seconds=st.sampled_from(SOON))
    def time_passes(self, seconds: int) -> None:
        self.clock.now += seconds

    @rule(seconds=st.sampled_from(LATER))
    def much_time_passes(self, seconds: int) -> None:
        self.clock.now += seconds

    @rule()
    def housekeeping(self) -> None:
        """Codes are forgotten an hour after their end, replaced links after 90 days: refused from then on, no more."""
        self.run(self.at.server.housekeeping())
        for family in self.all:
            family.code_forgotten |= family.code_until < self.now - 3600
            replaced = [at for at in family.issued[1:] if at < self.now - REFRESH_SECONDS]
            family.links_forgotten = max(family.links_forgotten, len(replaced))

    @invariant()
    def no_token_outlives_its_grant_and_none_dies_early(self) -> None:
        if not hasattr(self, "at"):
            return
        for family in self.all[-6:]:
            alive = family.lives(self.now)
            for token, until in family.access[-3:]:
                bearer = self.run(self.at.call(token))
                assert (bearer is not None) is (alive and self.now < until)

    @invariant()
    def a_family_has_one_live_branch(self) -> None:
        if not hasattr(self, "at"):
            return
        rows = self.run(
            self.at.rows("SELECT COUNT(*) AS n FROM refresh_tokens WHERE rotated_at IS NULL GROUP BY grant_id")
        )
        assert all(row["n"] == 1 for row in rows)

    def took(self, family: Family, answer: dict[str, Any]) -> None:
        if not family.links or answer["refresh_token"] != family.links[-1]:
            family.links.append(answer["refresh_token"])
            family.issued.append(self.now)
        family.access.append((answer["access_token"], self.now + answer["expires_in"]))
        assert family.access[-1][1] <= family.issued[-1] + REFRESH_SECONDS

    def refused(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            self.run(work)
        except InvalidGrant:
            return
        raise AssertionError("this should have been invalid_grant")


Grants.TestCase.settings = settings(
    max_examples=80,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestGrants = Grants.TestCase
