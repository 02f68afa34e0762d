"""`kill -9` at random moments under load: nothing that was acknowledged is lost, and nobody has to sign in again."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx2
import pytest

from homeport.control.client import RemoteEngine
from homeport.control.instance import find_running
from homeport.errors import HomeportError
from tests.program import free_ports
from tests.whole.served_child import serve
from tests.whole.strict_client import Lost, StrictClient

ROUNDS = 50
VETERANS = 3
MOST_SENT = 60
"""A kill comes after at most so many requests: counted, so that a busy machine gets as far between two of them."""
AFTERWARDS_SECONDS = 0.005
KILLED_AT_START = 0.2
"""How often the next start is killed as well, at some moment before or after it answers."""
START_SECONDS = 20


class Mortal:
    """One installation that is started and killed again and again."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "data"
        self.log = folder / "log"
        self.port, self._control_port = free_ports(2)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.whole.served_child"])
        self._process: ForkServerProcess | None = None

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    async def begin(self) -> None:
        """Let it start; whether it comes up is another question."""
        arguments = (str(self.data_dir), self.port, self._control_port, str(self.log))
        self._process = self._context.Process(target=serve, args=arguments, daemon=True)
        await asyncio.to_thread(self._process.start)

    async def start(self) -> None:
        await self.begin()
        assert self._process is not None
        async with asyncio.timeout(START_SECONDS):
            while not await self._healthy():
                assert self._process.is_alive(), self.log.read_text()
                await asyncio.sleep(0.005)

    async def kill(self) -> None:
        """SIGKILL, and wait until the system has taken it away."""
        process, self._process = self._process, None
        assert process is not None
        assert process.is_alive(), self.log.read_text()
        process.kill()
        await asyncio.to_thread(process.join)
        process.close()

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()

    async def approve(self, code: str, who: str) -> None:
        """As the owner does, through the control listener."""
        try:
            running = await asyncio.to_thread(find_running, self.data_dir, wait_seconds=0)
            owner = RemoteEngine(running)
            await owner.approve(code, who=who, read_only=False, consent_in_browser=False, other_network=False)
        except HomeportError as error:
            if error.code != "not_running":
                raise
            raise Lost from error

    async def owner(self) -> RemoteEngine:
        return RemoteEngine(await asyncio.to_thread(find_running, self.data_dir))

    async def _healthy(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        try:
            writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return b" 200 " in await reader.readline()
        except OSError:
            return False
        finally:
            writer.close()


@asynccontextmanager
async def mortal(folder: Path) -> AsyncIterator[Mortal]:
    homeport = Mortal(folder)
    try:
        yield homeport
    finally:
        homeport.end()


class Sent:
    """Counts requests; `enough` is done once as many were sent."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self.enough: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def __call__(self, request: httpx2.Request) -> None:
        self._wanted -= 1
        if self._wanted == 0:
            self.enough.set_result(None)


def new_connections(*each: Callable[[httpx2.Request], Awaitable[None]]) -> httpx2.AsyncClient:
    """`each` hears of every request that is sent."""
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx2.AsyncClient(trust_env=False, timeout=20, cookies=no_cookies, event_hooks={"request": [*each]})


async def check(http: httpx2.AsyncClient, clients: list[StrictClient], homeport: Mortal) -> None:
    """Everything these clients were promised is there."""
    owner = await homeport.owner()
    for client in clients:
        if client.code is not None:
            await check_code(http, client)
    known = {client.client_id for client in await owner.clients()}
    live = {grant.client_id for grant in await owner.grants() if grant.state == "live"}
    for client in clients:
        assert not client.client_id or client.client_id in known
        if not client.refresh_token:
            continue
        assert client.client_id in live
        # An access token that was acknowledged works, and so does the newest refresh token, or the retry of it.
        assert client.items <= await client.titles(http, f"client{client.number}:") <= client.asked_items
        await client.refresh(http)


async def check_code(http: httpx2.AsyncClient, client: StrictClient) -> None:
    """Once more: it gives tokens if it never did, and then never again. Answers lost in a crash count as given."""
    assert client.code is not None
    lost_its_answer = not client.refresh_token
    first = await client.exchange(http)
    second = await client.exchange(http)
    assert second.status_code == 400
    assert second.json()["error"] == "invalid_grant"
    assert client.code.successes <= 1
    if first.status_code == 200:
        assert lost_its_answer
        client._take(first)
    client.code = None


@pytest.mark.parametrize("seed", range(4))
async def test_fifty_kills_under_load_lose_nothing_that_was_acknowledged(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    started = time.perf_counter()
    everybody: list[StrictClient] = []
    async with mortal(tmp_path) as homeport:
        await homeport.start()
        for _ in range(ROUNDS):
            # Some who are signed in already, and one who has just arrived.
            veterans = chance.sample(everybody, min(VETERANS, len(everybody)))
            newcomer = StrictClient(homeport.issuer, len(everybody))
            everybody.append(newcomer)
            active = [*veterans, newcomer]
            sent = Sent(chance.randint(1, MOST_SENT))
            async with new_connections(sent) as http:
                load = [asyncio.create_task(client.work(http, homeport.approve)) for client in active]
                await asyncio.wait([*load, sent.enough], return_when=asyncio.FIRST_COMPLETED)
                await asyncio.sleep(chance.uniform(0, AFTERWARDS_SECONDS))
                await homeport.kill()
                await asyncio.gather(*load)
            if chance.random() < KILLED_AT_START:
                await homeport.begin()
                await asyncio.sleep(chance.uniform(0, 0.1))
                await homeport.kill()
            await homeport.start()
            async with new_connections() as http:
                await check(http, active, homeport)
        signed_in = [client for client in everybody if client.refresh_token]
        async with new_connections() as http:
            await check(http, everybody, homeport)
        await homeport.kill()
    assert len(signed_in) > ROUNDS / 3
    assert all(client.logins <= 1 for client in everybody)
    assert sum(client.refreshes for client in everybody) > ROUNDS
    assert sum(len(client.items) for client in everybody) > ROUNDS / 3
    assert "Traceback" not in homeport.log.read_text()
    print(f"{ROUNDS} kills in {time.perf_counter() - started:.1f} s, {len(signed_in)} of {len(everybody)} signed in")
