"""The table `state`: facts Homeport learned (last public URL, where a port moved), never what a person chose."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from homeport.store import Transaction


@dataclass(frozen=True, slots=True)
class LastTunnel:
    """The tunnel that was up last; `stable` is whether its name comes back."""

    public_url: str
    stable: bool


def read(tx: Transaction, key: str) -> str | None:
    row = tx.one("SELECT value FROM state WHERE key = :key", key=key)
    return str(row["value"]) if row is not None else None


def write(tx: Transaction, key: str, value: str | None) -> None:
    if value is None:
        tx.execute("DELETE FROM state WHERE key = :key", key=key)
        return
    tx.execute(
        "INSERT INTO state (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        key=key,
        value=value,
    )


def ensure(tx: Transaction, key: str, make: Callable[[], str]) -> str:
    """The fact, made now if there is none; where several make it at once, all get the first one's."""
    if (known := read(tx, key)) is not None:
        return known
    tx.execute(
        "INSERT INTO state (key, value) VALUES (:key, :value) ON CONFLICT (key) DO NOTHING", key=key, value=make()
    )
    kept = read(tx, key)
    assert kept is not None
    return kept


def read_last_tunnel(tx: Transaction) -> LastTunnel | None:
    text = read(tx, "tunnel")
    if text is None:
        return None
    fields = json.loads(text)
    return LastTunnel(fields["public_url"], bool(fields["stable"]))


def write_last_tunnel(tx: Transaction, tunnel: LastTunnel | None) -> None:
    write(tx, "tunnel", json.dumps(asdict(tunnel)) if tunnel is not None else None)


def read_told_url(tx: Transaction) -> str | None:
    """The public URL that was told as the new one last: what ChatGPT knows, also while nothing leads here."""
    return read(tx, "last-told-url")


def write_told_url(tx: Transaction, public_url: str) -> None:
    write(tx, "last-told-url", public_url)


def read_tunnel_name(tx: Transaction, provider: str) -> str:
    """The public URL that this provider gave last and gives again, or empty."""
    return read(tx, f"tunnel-name-{provider}") or ""


def write_tunnel_name(tx: Transaction, provider: str, public_url: str) -> None:
    write(tx, f"tunnel-name-{provider}", public_url)


def read_port(tx: Transaction) -> int:
    """The public port that was moved to, or 0."""
    return int(read(tx, "port") or 0)


def write_port(tx: Transaction, port: int) -> None:
    write(tx, "port", str(port) if port else None)


def read_online(tx: Transaction) -> bool:
    """Whether Homeport was online when it ended on a desktop, or has never been there."""
    return read(tx, "online") != "no"


def write_online(tx: Transaction, online: bool) -> None:
    write(tx, "online", "yes" if online else "no")


def first_time(tx: Transaction, what: str) -> bool:
    """Whether this is the first time that somebody asks, which is written down: it is true once."""
    first = read(tx, what) is None
    if first:
        write(tx, what, "yes")
    return first


PAUSE_CHANNEL = "pause"
"""Tells every replica that the tools are paused ("yes") or run again ("no")."""


def read_paused(tx: Transaction) -> bool:
    """Whether the owner has paused the tools; that outlives a restart."""
    return read(tx, "paused") is not None


def write_paused(tx: Transaction, paused: bool) -> None:
    write(tx, "paused", "yes" if paused else None)
    tx.notify(PAUSE_CHANNEL, "yes" if paused else "no")
