"""A killed process loses nothing it has acknowledged."""

from __future__ import annotations

import os
import random
import subprocess
import sys

from tests.store.opened import opened

ROUNDS = 20


def write_until_killed(url: str, first: int, at_least: int) -> list[int]:
    """The numbers that were acknowledged before `kill -9`, which comes at some moment after `at_least` of them."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.writer_child", url, str(first)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    with process.stdout:
        lines = [process.stdout.readline() for _ in range(at_least)]
        process.kill()
        lines += process.stdout.readlines()
    process.wait(timeout=20)
    return [int(line) for line in lines if line.endswith(b"\n")]


async def test_every_acknowledged_row_is_there_after_each_of_twenty_kills(sqlite_url: str) -> None:
    acknowledged: list[int] = []
    for _ in range(ROUNDS):
        first = max(acknowledged, default=0) + 1_000
        acknowledged += write_until_killed(sqlite_url, first, at_least=random.randint(1, 400))
        async with opened(sqlite_url) as database:
            rows = await database.transaction(lambda tx: tx.all("SELECT number, text FROM notes"))
        stored = {row["number"] for row in rows}
        assert set(acknowledged) <= stored
        # No work is half there, not even one that was never acknowledged.
        assert all(row["text"] == "whole" for row in rows)
    assert len(acknowledged) >= ROUNDS
