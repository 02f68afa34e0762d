"""Thirty days of a strict client, over real HTTP with a clock of the test's own: one sign-in, and never another one.

Nights with a tunnel that answers 404 HTML, lost answers retried after 33 and 76 seconds, four refreshes at once,
restarts, a rotation of the signing key, and in the end an absence of 80 days.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest

from homeport.auth.assertions import ASSERTION_TYPE
from homeport.engine.engine import Engine
from homeport.events import ApprovalRequested, GrantCreated, GrantRevoked
from tests.auth.desk import CLIENT, JWKS, ec_key, key_set
from tests.auth.door import REDIRECT, Browser, ChatApp, Door, code_on
from tests.auth.outside import HandClock, Web, document
from tests.auth.tiny import tiny_app
from tests.engine.engines import engine_for
from tests.program import free_ports
from tests.whole.sleeping_tunnel import PUBLIC_URL, SleepingTunnel

HOUR = 3600
DAY = 24 * HOUR

Prove = Callable[[], dict[str, str]]


class House(Door):
    """The installation, at whose public origin everything happens."""

    def __init__(self, folder: Path, tunnel: SleepingTunnel, web: Web) -> None:
        super().__init__(folder, HandClock(), public=False, database_url="", app=tiny_app())
        (self._port,) = free_ports(1)
        self.tunnel = tunnel
        self.web = web

    def make_engine(self) -> Engine:
        return engine_for(self.folder, tunnel=self.tunnel, network=self.web, clock=self.clock, port=self._port)

    async def pass_time(self, seconds: float) -> None:
        """Time goes by in hours, with the housekeeping that Homeport does meanwhile."""
        while seconds > 0:
            self.clock.now += min(seconds, HOUR)
            seconds -= HOUR
            await self.engine.housekeeping()

    def signing_kid(self) -> str:
        token = self.engine.rooms.signing.sign({}, typ="JWT")
        return str(json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"])


@dataclass
class Patient:
    """The client. `prove` is what it adds to a request to /token; it keeps what it has when no answer comes."""

    house: House
    http: httpx2.AsyncClient
    client_id: str
    prove: Prove
    access_token: str = ""
    refresh_token: str = ""
    expires_at: float = 0
    figures: dict[str, int] = field(default_factory=dict)

    def count(self, what: str) -> None:
        self.figures[what] = self.figures.get(what, 0) + 1

    async def send(self, path: str, **more: Any) -> httpx2.Response | None:
        """None: no answer came. A tunnel that speaks for itself is no answer either."""
        try:
            answer = await self.http.post(path, **more)
        except httpx2.TransportError:
            self.count("answers lost")
            return None
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.count("nights")
            return None
        return answer

    async def call(self) -> int | None:
        """The status of one tool call; None when no answer came."""
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "get-items"}}
        answer = await self.send("/mcp", json=message, headers={"authorization": f"Bearer {self.access_token}"})
        if answer is not None and answer.status_code == 200:
            assert not answer.json()["result"].get("isError"), answer.text
            self.count("calls")
        return answer.status_code if answer is not None else None

    async def ask_for_tokens(self, proof: dict[str, str]) -> dict[str, Any] | None:
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token, "client_id": self.client_id}
        answer = await self.send("/token", data={**form, **proof})
        if answer is None:
            return None
        assert answer.status_code == 200, f"a new login would be needed: {answer.text}"
        tokens = answer.json()
        assert isinstance(tokens, dict)
        return tokens

    def take(self, tokens: dict[str, Any]) -> None:
        self.access_token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        self.expires_at = self.house.clock.now + tokens["expires_in"]
        self.count("refreshes")

    async def refresh(self) -> bool:
        """Try now, after 33 and after 76 seconds: once with the very same proof, then with a new one."""
        proof = self.prove()
        for wait in (0, 33, 43):
            self.house.clock.now += wait
            tokens = await self.ask_for_tokens(proof if wait < 43 else self.prove())
            if tokens is not None:
                self.take(tokens)
                return True
        return False

    async def refresh_four_times_at_once(self) -> None:
        """As four tabs do: all get the same successor, and each of their access tokens counts."""
        four = await asyncio.gather(*(self.ask_for_tokens(self.prove()) for _ in range(4)))
        found = [tokens for tokens in four if tokens is not None]
        assert len(found) == 4
        assert len({tokens["refresh_token"] for tokens in found}) == 1
        for tokens in found:
            self.take(tokens)
            assert await self.call() == 200
        self.count("fours")

    async def an_hour(self) -> None:
        """Call; when the token is over, refresh and call again. At night nothing works, and nothing is thrown away."""
        status = await self.call()
        if status == 401:
            assert self.house.clock.now >= self.expires_at, "the access token was refused before its time"
            if await self.refresh():
                status = await self.call()
        assert status in (200, None), status


@asynccontextmanager
async def thirty_days(folder: Path) -> AsyncIterator[tuple[House, httpx2.AsyncClient]]:
    async with SleepingTunnel().open() as tunnel, Web() as web:
        web.answers[JWKS] = document(key_set())
        web.answers[CLIENT] = document(
            {
                "client_id": CLIENT,
                "client_name": "A patient app",
                "redirect_uris": [REDIRECT],
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks_uri": JWKS,
            }
        )
        house = House(folder / "data", tunnel, web)
        await house.start()
        base = f"http://127.0.0.1:{tunnel.port}"
        limits = httpx2.Limits(max_keepalive_connections=0)
        headers = {"host": PUBLIC_URL.removeprefix("https://")}
        try:
            async with httpx2.AsyncClient(base_url=base, headers=headers, trust_env=False, limits=limits) as http:
                yield house, http
        finally:
            await house.stop()


def with_nothing(house: House) -> Prove:
    return dict


def with_a_key(house: House) -> Prove:
    """A new assertion each time (RFC 7523 2.2)."""

    def prove() -> dict[str, str]:
        now = int(house.clock.now)
        claims = {"iss": CLIENT, "sub": CLIENT, "aud": f"{PUBLIC_URL}/token", "iat": now, "exp": now + 300}
        assertion = jwt.encode(
            {**claims, "jti": f"{now}-{next(numbers)}"}, ec_key(), algorithm="ES256", headers={"kid": "ec"}
        )
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}

    numbers = iter(range(1_000_000))
    return prove


async def sign_in(house: House, http: httpx2.AsyncClient, client_id: str, prove: Prove) -> Patient:
    """The only one."""
    app = ChatApp(house, PUBLIC_URL, client_id)
    browser = Browser(house, PUBLIC_URL, "203.0.113.7")
    page = await browser.open(app.link())
    await house.approve(code_on(page), other_network=True)
    answer = await app.exchange(await house.walk_back(app, browser, page), **prove())
    assert answer.status_code == 200, answer.text
    patient = Patient(house, http, client_id, prove)
    patient.take(answer.json())
    return patient


@pytest.mark.parametrize("proof", [with_nothing, with_a_key], ids=["public client", "private_key_jwt"])
async def test_thirty_days_and_an_absence_of_eighty_need_one_sign_in(
    proof: Callable[[House], Prove], tmp_path: Path
) -> None:
    async with thirty_days(tmp_path) as (house, http):
        # So old is the signing key already that it is replaced on the way, on day 15 at ten in the morning.
        await house.pass_time(75 * DAY - 10 * HOUR)
        client_id = CLIENT if proof is with_a_key else (await house.register()).client_id
        patient = await sign_in(house, http, client_id, proof(house))
        kids = {house.signing_kid()}

        for day in range(30):
            for hour in range(24):
                house.tunnel.asleep = hour < 6
                if hour == 12 and day % 4 == 1:
                    await patient.refresh_four_times_at_once()
                if hour == 13 and day % 3 == 1:
                    house.tunnel.answers_to_lose = 1 + day % 2
                    assert await patient.refresh()
                if hour == 14 and day % 5 == 2:
                    # The answer is lost, and before the client tries again, Homeport is restarted.
                    house.tunnel.answers_to_lose = 1
                    assert await patient.ask_for_tokens(patient.prove()) is None
                    await house.restart()
                    house.clock.now += 33
                    assert await patient.refresh()
                if hour == 20 and day % 3 == 2:
                    await house.restart()
                await patient.an_hour()
                await house.pass_time(HOUR)
                if house.signing_kid() not in kids:
                    # What the old key has signed counts on, also where nobody remembers having verified it.
                    kids.add(house.signing_kid())
                    await house.restart()

        house.tunnel.asleep = False
        await house.restart()
        await patient.an_hour()
        await house.pass_time(80 * DAY)
        await house.restart()
        assert await patient.call() == 401
        await patient.an_hour()

        assert len(kids) == 2
        assert [grant.state for grant in await house.engine.grants()] == ["live"]
        asked = [event for event in house.events if isinstance(event, ApprovalRequested | GrantCreated)]
        assert len(asked) == 2
        assert not [event for event in house.events if isinstance(event, GrantRevoked)]
        assert patient.figures["calls"] > 500
        assert patient.figures["refreshes"] > 60
        assert patient.figures["answers lost"] > 15
        assert patient.figures["nights"] > 170
        assert patient.figures["fours"] > 5


async def test_an_absence_of_more_than_ninety_days_ends_the_login_and_revokes_nothing(tmp_path: Path) -> None:
    async with thirty_days(tmp_path) as (house, http):
        patient = await sign_in(house, http, (await house.register()).client_id, dict)
        await house.pass_time(89 * DAY)
        assert await patient.refresh()
        house.clock.now += 90 * DAY
        answer = await patient.send(
            "/token",
            data={
                "grant_type": "refresh_token",
                "refresh_token": patient.refresh_token,
                "client_id": patient.client_id,
            },
        )
        assert answer is not None
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        assert not [event for event in house.events if isinstance(event, GrantRevoked)]


async def test_a_retry_after_the_grace_ends_the_family_as_a_thief_would(tmp_path: Path) -> None:
    async with thirty_days(tmp_path) as (house, http):
        patient = await sign_in(house, http, (await house.register()).client_id, dict)
        old = patient.refresh_token
        assert await patient.refresh()
        house.clock.now += 121
        form = {"grant_type": "refresh_token", "refresh_token": old, "client_id": patient.client_id}
        answer = await patient.send("/token", data=form)
        assert answer is not None
        assert answer.json()["error"] == "invalid_grant"
        assert await patient.call() == 401
        assert len([event for event in house.events if isinstance(event, GrantRevoked)]) == 1
