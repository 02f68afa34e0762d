"""Clients, redirect hosts and assertions in both databases, and on two replicas at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from homeport.auth import client_tables as tables
from homeport.auth.clients import Clients
from homeport.events import EventBus
from homeport.store import Database, Transaction, open_database
from tests.auth.outside import HandClock, Web, document, guard

URL = "https://client.example/app.json"
REGISTRATION = {"client_name": "ChatGPT", "redirect_uris": ["https://chatgpt.com/connector/oauth/abc"]}


@dataclass
class Replica:
    database: Database
    clients: Clients


@asynccontextmanager
async def replica(url: str, web: Web, clock: HandClock) -> AsyncIterator[Replica]:
    database = await open_database(url, clock=clock)
    fetcher = guard(web, clock=clock)
    try:
        yield Replica(
            database,
            Clients(
                database,
                fetcher,
                has_live_grant=lambda tx, client_id: False,
                has_live_request=lambda tx, client_id: False,
                events=EventBus(),
                clock=clock,
            ),
        )
    finally:
        await fetcher.aclose()
        await database.close()


def note(tx: Transaction, **changes: Any) -> bool:
    values: dict[str, Any] = {"assertion_digest": "a", "used_for": "u", "expires_at": 200, "now": 100, **changes}
    return tables.note_assertion(tx, "client", values.pop("jti", "j"), **values)


async def test_an_assertion_is_noted_once_until_it_has_expired(database_url: str) -> None:
    async with Web() as web, replica(database_url, web, HandClock()) as one:

        def work(tx: Transaction) -> list[bool]:
            return [
                note(tx),
                note(tx),
                note(tx, used_for="v"),
                note(tx, assertion_digest="b"),
                note(tx, jti="k", used_for=""),
                note(tx, jti="k", used_for=""),
                note(tx, assertion_digest="b", now=200),
                note(tx, assertion_digest="b", now=201, expires_at=400),
                note(tx, now=201),
            ]

        outcomes = await one.database.transaction(work)
        assert outcomes == [True, True, False, False, True, False, False, True, False]
        assert await one.database.transaction(lambda tx: tables.drop_expired_assertions(tx, 400)) == 1
        assert await one.database.transaction(lambda tx: tables.drop_expired_assertions(tx, 401)) == 1


async def test_clients_and_hosts_live_in_both_databases(database_url: str) -> None:
    async with Web() as web, replica(database_url, web, clock := HandClock()) as one:
        web.answers[URL] = document(
            {"client_id": URL, "client_name": "Some app", "redirect_uris": ["https://client.example/cb"]}
        )
        client = await one.clients.resolve(URL)
        registered = (await one.clients.register(REGISTRATION))["client_id"]
        await one.database.transaction(lambda tx: one.clients.mark_used(tx, URL))
        await one.database.transaction(lambda tx: one.clients.mark_used(tx, "chatgpt-connector"))
        assert not await one.clients.redirect_allowed("https://client.example/cb", client)
        await one.clients.allow_host("client.example")
        assert await one.clients.redirect_allowed("https://client.example/cb", client)
        clock.now += 30 * 86_400 + 1
        assert await one.database.transaction(lambda tx: one.clients.expire(tx, clock())) == 1
        assert await one.clients.known(registered) is None
        assert {summary.client_id for summary in await one.clients.summaries()} == {URL, "chatgpt-connector"}
        assert [host.host for host in await one.clients.hosts()] == ["client.example"]
        hosts = ("client.example", "client", "CLIENT.EXAMPLE", "client.exampl_", "%")
        used = await one.database.transaction(lambda tx: [tables.has_used_client_of(tx, host) for host in hosts])
        assert used == [True, False, False, False, False]


async def test_two_replicas_agree_on_one_client_and_let_one_assertion_win(database_url: str) -> None:
    clock = HandClock()
    async with Web() as web, replica(database_url, web, clock) as one, replica(database_url, web, clock) as two:
        answers = await asyncio.gather(*(side.clients.register(REGISTRATION) for side in (one, two) * 5))
        assert len({answer["client_id"] for answer in answers}) == 1

        async def exchange(side: Replica, code: str) -> bool:
            return await side.database.transaction(lambda tx: note(tx, used_for=code))

        outcomes = await asyncio.gather(*(exchange(side, f"code {n}") for n, side in enumerate((one, two) * 5)))
        assert outcomes.count(True) == 1
