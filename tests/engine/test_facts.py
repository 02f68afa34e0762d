"""What Homeport learned and keeps in the table `state`."""

from __future__ import annotations

from pathlib import Path

from homeport.engine import facts
from homeport.engine.facts import LastTunnel
from homeport.store import Transaction, open_database


async def test_facts_are_kept_replaced_and_forgotten(tmp_path: Path) -> None:
    def work(tx: Transaction) -> list[object]:
        seen: list[object] = [facts.read_last_tunnel(tx), facts.read_port(tx)]
        for name in ("one", "two"):
            facts.write_last_tunnel(tx, LastTunnel(f"https://{name}.example", stable=name == "two"))
        facts.write_port(tx, 4002)
        seen += [facts.read_last_tunnel(tx), facts.read_port(tx)]
        facts.write_last_tunnel(tx, None)
        facts.write_last_tunnel(tx, None)
        facts.write_port(tx, 0)
        return [*seen, facts.read_last_tunnel(tx), facts.read_port(tx)]

    database = await open_database(f"sqlite:///{tmp_path}/homeport.sqlite3")
    try:
        seen = await database.transaction(work)
    finally:
        await database.close()
    assert seen == [None, 0, LastTunnel("https://two.example", True), 4002, None, 0]
