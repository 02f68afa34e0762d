"""What the Dockerfile makes, at work twice: two replicas on one PostgreSQL behind one address."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx2

from tests.deploy.image import Image
from tests.deploy.replicas import Service, two_replicas
from tests.postgres_server import PostgresServer
from tests.whole.strict_client import Lost, StrictClient

WRITERS = 4
WRITES = 60
"""Of each writer: together fewer than one person may keep."""


async def status_of(client: httpx2.AsyncClient, signed_in: StrictClient) -> int:
    """Of one call with the client's access token."""
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    headers = {"authorization": f"Bearer {signed_in.access_token}"}
    return (await client.post(f"{signed_in.issuer}/mcp", json=message, headers=headers)).status_code


async def test_whoever_signs_in_on_one_is_known_to_the_other_and_refused_there_within_a_second_of_the_end(
    image: Image, space: Path, postgres: PostgresServer
) -> None:
    async with two_replicas(image, space, postgres.create_database()) as service:
        one, two = service.replicas
        signed_in = StrictClient(service.issuer, 1)
        async with one.client() as on_one, two.client() as on_two:
            await signed_in.register(on_one)
            await signed_in.sign_in(on_one, one.approve)
            assert await status_of(on_two, signed_in) == 200
            await signed_in.add_item(on_two, "kept on two")
            assert await signed_in.titles(on_one, "kept") == {"kept on two"}

            (line,) = [line for line in (await one.run("homeport", "grants")).splitlines() if "gr_" in line]
            grant = next(word for word in line.split() if word.startswith("gr_"))
            revoking = asyncio.create_task(one.run("homeport", "grants", "revoke", grant))
            while await status_of(on_one, signed_in) == 200:
                pass
            refused_on_one = time.monotonic()
            while await status_of(on_two, signed_in) == 200:
                assert time.monotonic() - refused_on_one < 1
            await revoking

        await one.run(image.health[0], *image.health[1:])
        for replica in service.replicas:
            assert replica.child is not None
            # Everything that has to last is in the database and in the env file.
            assert not (replica.folder / "secrets.json").exists()
            assert "Traceback" not in replica.child.output


async def test_a_replica_that_is_killed_under_load_loses_nothing_that_was_acknowledged(
    image: Image, space: Path, postgres: PostgresServer
) -> None:
    async with two_replicas(image, space, postgres.create_database()) as service:
        one, two = service.replicas
        person = StrictClient(service.issuer, 1)
        async with service.client() as http:
            await person.register(http)
            # The page of a sign-in may come from either: its code is known to both.
            await person.sign_in(http, one.approve)
            halfway = asyncio.Event()
            writers = [asyncio.create_task(write(service, person, number, halfway)) for number in range(WRITERS)]
            await halfway.wait()
            await one.kill()
            answers = await asyncio.gather(*writers)
            result = await person.call(http, "get-items", filter="written")
            await person.refresh(http)
        titles = [item["title"] for item in result["structuredContent"]["items"]]
        acknowledged, asked = ({title for answer in answers for title in answer[place]} for place in (0, 1))
        assert len(titles) == len(set(titles))
        assert acknowledged <= set(titles) <= asked
        assert len(asked) == WRITERS * WRITES
        # What was on its way to the dead one is lost; the address goes on answering.
        assert len(asked - acknowledged) < len(asked) / 8
        assert all(count > WRITES / 2 for count in service.balancer.given.values())
        assert two.child is not None
        assert "Traceback" not in two.child.output


async def write(
    service: Service, person: StrictClient, number: int, halfway: asyncio.Event
) -> tuple[set[str], set[str]]:
    """What was acknowledged, and what was asked for. Nothing is asked for twice."""
    writer = StrictClient(service.issuer, number, access_token=person.access_token)
    async with service.client() as http:
        for place in range(WRITES):
            if place == WRITES // 2:
                halfway.set()
            try:
                await writer.add_item(http, f"written by {number}: {place}")
            except Lost:
                continue
    return writer.items, writer.asked_items
