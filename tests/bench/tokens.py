"""Refreshes a second at /token on durable SQLite, with a thousand grants in the database and with a million."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

import httpx2

from tests.program import Homeport, running_homeport
from tests.signing_in import SignedIn, sign_in

FAMILIES = 16
SECONDS = 5.0


async def measure_tokens(folder: Path, grants: tuple[int, int] = (1_000, 1_000_000)) -> tuple[float, float]:
    """Refreshes a second with so many grants stored, for both numbers, measured in turns."""
    rates: list[list[float]] = [[], []]
    async with running_homeport(folder / "few") as few, running_homeport(folder / "many") as many:
        families: list[list[SignedIn]] = []
        for homeport, stored in ((few, grants[0]), (many, grants[1])):
            families.append([await sign_in(homeport) for _ in range(FAMILIES)])
            await homeport.stop()
            await asyncio.to_thread(_fill, homeport.data_dir / "homeport.sqlite3", stored)
            await homeport.start()
        for _ in range(3):
            for place, homeport in enumerate((few, many)):
                rate, families[place] = await _refresh(homeport, families[place])
                rates[place].append(rate)
    return sorted(rates[0])[1], sorted(rates[1])[1]


async def _refresh(homeport: Homeport, families: list[SignedIn]) -> tuple[float, list[SignedIn]]:
    done = 0
    async with httpx2.AsyncClient(base_url=homeport.issuer) as client:
        until = time.perf_counter() + SECONDS

        async def family(member: SignedIn) -> SignedIn:
            nonlocal done
            token = member.refresh_token
            while time.perf_counter() < until:
                form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": member.client_id}
                answer = await client.post("/token", data=form)
                answer.raise_for_status()
                token = answer.json()["refresh_token"]
                done += 1
            return SignedIn(member.client_id, member.access_token, token)

        began = time.perf_counter()
        after = await asyncio.gather(*(family(member) for member in families))
        return done / (time.perf_counter() - began), list(after)


def _fill(path: Path, grants: int) -> None:
    """Grants of people who come back now and then: each with a family of three refresh tokens."""
    now = int(time.time())
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA synchronous=OFF")
        template = database.execute("SELECT * FROM grants LIMIT 1")
        columns = [column[0] for column in template.description]
        row = dict(zip(columns, template.fetchone(), strict=True))
        names, marks = ", ".join(columns), ", ".join("?" for _ in columns)
        database.executemany(
            f"INSERT INTO grants ({names}) VALUES ({marks})",
            (tuple((row | {"grant_id": f"gr_bench{n:09d}"}).values()) for n in range(grants)),
        )
        database.executemany(
            "INSERT INTO refresh_tokens (token_digest, grant_id, generation, issued_at, rotated_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                (f"bench{generation}{n:030d}", f"gr_bench{n:09d}", generation, now, now if generation < 2 else None)
                for n in range(grants)
                for generation in range(3)
            ),
        )
