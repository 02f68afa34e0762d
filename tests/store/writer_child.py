"""A process that writes as fast as it can and prints each number once it is acknowledged, until somebody kills it."""

from __future__ import annotations

import asyncio
import os
import sys

from homeport.store import Transaction
from tests.store.opened import add, opened


async def main(url: str, first: int) -> None:
    counter = iter(range(first, 10**9))
    async with opened(url) as database:

        async def client() -> None:
            for number in counter:

                def work(tx: Transaction, number: int = number) -> None:
                    add(tx, str(number), number)
                    tx.execute("UPDATE notes SET text = 'whole' WHERE id = :id", id=str(number))

                await database.transaction(work)
                # One write to the pipe for each line: what the parent reads was acknowledged.
                os.write(1, f"{number}\n".encode())

        await asyncio.gather(*(client() for _ in range(16)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
