"""What happened, for a person: entries of the activity log with the names of people and clients."""

from __future__ import annotations

from homeport.activity import tables
from homeport.activity.tables import Entry, Sought
from homeport.engine.protocol import ActivityLine
from homeport.engine.rooms import Rooms
from homeport.foreign_text import clean
from homeport.mcp_server.callers import PREVIEW_CLIENT
from homeport.people import tables as people_tables
from homeport.people.owner import label
from homeport.store import Transaction

MOST_NAMED = 50
"""People, and clients, whose names may match a query."""


async def activity(rooms: Rooms, limit: int, before: str, query: str) -> list[ActivityLine]:
    """The newest first. `query` is looked for in everything that a line shows but its time."""
    await rooms.activity.flush()
    wanted = query.strip().casefold()

    def work(tx: Transaction) -> list[ActivityLine]:
        people = {record.person.id: label(record.person) for record in people_tables.all_people(tx)}
        sought = Sought()
        if wanted:
            clients = {client_id: _client(rooms, tx, client_id) for client_id in tables.client_ids(tx)}
            sought = Sought(wanted, _named(people, wanted), _named(clients, wanted))
        entries = tables.page(tx, limit, before=before, sought=sought)
        names: dict[str, str] = {}
        for entry in entries:
            if entry.client_id and entry.client_id not in names:
                names[entry.client_id] = _client(rooms, tx, entry.client_id)
        return [_line(entry, people, names) for entry in entries]

    return await rooms.database.transaction(work)


def _named(names: dict[str, str], wanted: str) -> list[str]:
    return [each for each, name in names.items() if wanted in name.casefold()][:MOST_NAMED]


def _client(rooms: Rooms, tx: Transaction, client_id: str) -> str:
    if client_id == PREVIEW_CLIENT:
        return "Homeport preview"
    client = rooms.auth.clients.find(tx, client_id)
    return client.name if client is not None else clean(client_id)


def _line(entry: Entry, people: dict[str, str], clients: dict[str, str]) -> ActivityLine:
    return ActivityLine(
        activity_id=entry.activity_id,
        at=entry.at,
        kind=entry.kind,
        tool=clean(entry.tool or ""),
        person=people.get(entry.person_id or "", clean(entry.person_id or "")),
        client=clients.get(entry.client_id or "", ""),
        http=entry.http or 0,
        rpc=entry.rpc or 0,
        outcome=clean(entry.outcome or ""),
        milliseconds=(entry.microseconds or 0) / 1000,
        detail=clean(entry.detail, 2_000),
        preview=entry.client_id == PREVIEW_CLIENT,
    )
