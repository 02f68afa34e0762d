"""Two replicas on one PostgreSQL: any answers any request, and a revocation reaches the other within a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from homeport.auth.assertions import AssertionUse
from homeport.auth.errors import InvalidClient
from tests.auth.door import ChatApp, Door, code_on, open_door
from tests.auth.grants_at_work import Office, office
from tests.auth.outside import HandClock
from tests.auth.test_attacks import NASTY
from tests.postgres_server import PostgresServer, running_postgres


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as running:
        yield running


@asynccontextmanager
async def two_doors(folder: Path, server: PostgresServer) -> AsyncIterator[tuple[Door, Door]]:
    """Two engines with one database and the same secrets, behind one public name."""
    url, clock = server.create_database(), HandClock()
    async with open_door(folder, public=True, database_url=url, clock=clock) as one:
        second = folder / "second" / "data"
        second.mkdir(parents=True)
        for secret in one.folder.glob("*secret*"):
            (second / secret.name).write_bytes(secret.read_bytes())
            (second / secret.name).chmod(0o600)
        async with open_door(folder / "second", public=True, database_url=url, clock=clock) as two:
            yield one, two


def at(app: ChatApp, door: Door) -> ChatApp:
    """The same client, sent to another replica by the load balancer."""
    return replace(app, door=door)


async def test_sign_in_on_one_call_on_the_other_revoke_on_one_refused_on_the_other_within_a_second(
    tmp_path: Path, server: PostgresServer
) -> None:
    async with two_doors(tmp_path, server) as (one, two):
        signed = await one.sign_in(await one.register(public=True))
        there = at(signed.app, two)
        assert (await there.call(signed.access)).status_code == 200
        assert (await there.call(signed.access)).status_code == 200  # from memory now
        (grant,) = await one.engine.grants()
        await one.engine.revoke_grant(grant.grant_id)
        assert (await signed.app.call(signed.access)).status_code == 401
        began = time.perf_counter()
        while (await there.call(signed.access)).status_code == 200:
            assert time.perf_counter() - began < 1.0
        assert (await there.refresh(signed.refresh)).json()["error"] == "invalid_grant"


async def test_the_whole_way_goes_over_both(tmp_path: Path, server: PostgresServer) -> None:
    async with two_doors(tmp_path, server) as (one, two):
        app = await one.register(public=True)
        browser = two.browser(public=True)
        page = await browser.open(app.link())
        browser.door = one
        assert code_on(await browser.get(page.request.url.path)) == code_on(page)
        await one.approve(code_on(page), other_network=True)
        browser.door = two
        code = await two.walk_back(at(app, two), browser, page)
        tokens = (await app.exchange(code)).json()
        answers = await asyncio.gather(
            *(at(app, door).refresh(tokens["refresh_token"]) for door in (one, two, one, two))
        )
        assert [answer.status_code for answer in answers] == [200] * 4
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def test_of_exchanges_of_one_code_on_both_at_once_exactly_one_gets_tokens(
    tmp_path: Path, server: PostgresServer
) -> None:
    async with two_doors(tmp_path, server) as (one, two):
        app, browser = await one.register(public=True), one.browser(public=True)
        page = await browser.open(app.link())
        await one.approve(code_on(page), other_network=True)
        code = await one.walk_back(app, browser, page)
        answers = await asyncio.gather(*(at(app, door).exchange(code) for door in (one, two, one, two)))
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
        tokens = next(answer.json() for answer in answers if answer.status_code == 200)
        assert (await app.call(tokens["access_token"])).status_code == 200


async def test_nothing_that_strangers_send_is_a_500_on_postgresql_either(
    tmp_path: Path, server: PostgresServer
) -> None:
    async with open_door(tmp_path, database_url=server.create_database()) as door:
        app = await door.register()
        for value in NASTY:
            for name in ("state", "nonce", "scope", "client_id", "resource"):
                link = app.link(**{name: None}) + f"&{name}={value}"
                answer = await door.browser().open(link)
                assert answer.status_code in (200, 303, 400), (name, value)
            browser = door.browser(agent="\x01\xff" + value)
            browser.cookies[f"homeport_{door.port}"] = "c" * 43
            for suffix in ("", "/state", "/continue"):
                assert (await browser.get(f"/authorize/request/{value}{suffix}")).status_code in (400, 404)
            form = urlencode({"client_id": app.client_id, "grant_type": "refresh_token"})
            for path in ("/token", "/revoke"):
                answer = await door.send(
                    "POST",
                    path,
                    content=f"{form}&token={value}&refresh_token={value}",
                    headers={"content-type": "application/x-www-form-urlencoded"},
                )
                assert answer.status_code in (200, 400), (path, value)


@asynccontextmanager
async def two_offices(folder: Path, server: PostgresServer) -> AsyncIterator[tuple[Office, Office]]:
    url, clock = server.create_database(), HandClock()
    async with office(folder, clock, url=url) as one, office(folder, clock, url=url) as two:
        yield one, two


async def test_a_jti_replay_is_refused_on_the_other_replica(tmp_path: Path, server: PostgresServer) -> None:
    async with two_offices(tmp_path, server) as (one, two):
        use = AssertionUse("jti", "digest", "code 1", int(one.clock()) + 60, int(one.clock()))
        proven = replace(await one.client(), method="private_key_jwt", use=use)
        await one.exchange(await one.authorize(), client=proven)
        again = replace(proven, use=replace(use, used_for="code 2"))
        code = await two.authorize()
        with pytest.raises(InvalidClient):
            await two.exchange(code, client=again)


async def test_parallel_refreshes_on_both_never_make_two_branches(tmp_path: Path, server: PostgresServer) -> None:
    async with two_offices(tmp_path, server) as (one, two):
        token = (await one.signed_in())["refresh_token"]
        for _ in range(5):
            answers = await asyncio.gather(*(at_one.refresh(token) for at_one in (one, two) * 4))
            assert len({answer["refresh_token"] for answer in answers}) == 1
            token = answers[0]["refresh_token"]
        live = await one.rows("SELECT * FROM refresh_tokens WHERE rotated_at IS NULL")
        assert len(live) == 1
