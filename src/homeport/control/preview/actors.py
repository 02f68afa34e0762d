"""In whose name the preview calls tools: a tester nobody knows, or a person of this Homeport, also as one of their
sign-ins left them. It lets nobody in, and uses nobody's token.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from homeport.auth import grant_tables, scopes
from homeport.auth.grants import Grant
from homeport.engine.rooms import Rooms
from homeport.errors import NotFoundError
from homeport.foreign_text import clean
from homeport.mcp_server.callers import PREVIEW_CLIENT, LocalCaller
from homeport.people import tables as people_tables
from homeport.people.owner import label
from homeport.people.person import Person
from homeport.store import Transaction

TESTER = Person("tester", provider="preview", name="Tester")


@dataclass(frozen=True, slots=True)
class SignIn:
    """A live grant of a person: what a real sign-in allowed."""

    grant_id: str
    client: str
    scopes: list[str]
    path: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody to call as. `sign_ins` are their live ones, the newest first."""

    id: str
    name: str
    provider: str
    sign_ins: list[SignIn]


async def actors(rooms: Rooms, now: float) -> list[Actor]:
    """The tester, then everybody who is not blocked."""

    def work(tx: Transaction) -> list[Actor]:
        live = [grant for grant in grant_tables.all_grants(tx) if grant.lives(now)]
        live.sort(key=lambda grant: grant.created_at, reverse=True)
        found = [Actor(TESTER.id, "Tester", TESTER.provider, [])]
        for record in people_tables.all_people(tx):
            if record.blocked:
                continue
            own = [_sign_in(rooms, tx, grant) for grant in live if grant.person_id == record.person.id]
            found.append(Actor(record.person.id, label(record.person), record.person.provider, own))
        return found

    return await rooms.database.transaction(work)


async def caller_of(rooms: Rooms, who: str, grant_id: str, asked: Iterable[str], now: float) -> LocalCaller:
    """The caller for a person and one of their grants (empty: none, with the scopes that are `asked` for).

    Raises NotFoundError for a person who is unknown or blocked, and for a grant that is not theirs or has ended.
    """
    if who == TESTER.id:
        return _caller(TESTER, frozenset(asked), "")

    def work(tx: Transaction) -> LocalCaller:
        record = people_tables.find(tx, who)
        if record is None or record.blocked:
            raise NotFoundError("This person is not known here, or is blocked.", hint="Choose another one.")
        if not grant_id:
            return _caller(record.person, frozenset(asked), "")
        grant = grant_tables.find_grant(tx, grant_id)
        if grant is None or grant.person_id != who or not grant.lives(now):
            raise NotFoundError("This sign-in has ended.", hint="Choose another one, or sign in again.")
        return _caller(record.person, frozenset(scopes.parse(grant.scope)), grant.grant_id)

    return await rooms.database.transaction(work)


def _caller(person: Person, granted: frozenset[str], grant_id: str) -> LocalCaller:
    # As ChatGPT: a scope that lacks is then answered as ChatGPT is answered.
    return LocalCaller(
        person, granted, client_id=PREVIEW_CLIENT, client_name="Homeport preview", grant_id=grant_id, chatgpt=True
    )


def _sign_in(rooms: Rooms, tx: Transaction, grant: Grant) -> SignIn:
    client = rooms.auth.clients.find(tx, grant.client_id)
    name = client.name if client is not None else clean(grant.client_id)
    path = "/" + grant.resource.partition("://")[2].partition("/")[2]
    return SignIn(grant.grant_id, name, sorted(scopes.parse(grant.scope)), path)
